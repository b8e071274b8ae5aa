import Foundation
import Host
import Kit
import SourcePlugins
import Synchronization
import Testing
import WireCore

/// A folder of its own, and the program.
private struct Bench {
    let folder = NSTemporaryDirectory() + "wiredesk-kit-" + UUID().uuidString
    static let wiredesk = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appendingPathComponent(
        "wiredesk"
    ).path

    static func with(_ body: (Bench) async throws -> Void) async throws {
        let bench = Bench()
        try FileManager.default.createDirectory(atPath: bench.folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: bench.folder) }
        try await body(bench)
    }

    /// Runs a command to its end; gives its status and what it printed.
    func run(_ command: String, within seconds: Double = 100) async throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", command + " > output 2>&1"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = ProcessInfo.processInfo.environment.merging(["WIREDESK": Self.wiredesk]) { $1 }
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let end = ContinuousClock.now + .seconds(seconds)
        while process.isRunning {
            guard ContinuousClock.now < end else {
                kill(process.processIdentifier, SIGKILL)
                throw DeskError(.failure, "“\(command)” did not end within \(seconds) s")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        return (process.terminationStatus, (try? String(contentsOfFile: folder + "/output", encoding: .utf8)) ?? "")
    }

    func plugin(_ script: String) throws -> SourceConfiguration {
        let path = folder + "/plugin.sh"
        try "#!/bin/sh\n\(script)\n".write(toFile: path, atomically: true, encoding: .utf8)
        chmod(path, 0o755)
        var source = try SourceConfiguration.unregistered(url: "http://news.example/list")
        source.kind = .exec(ExecConfiguration(command: ["./plugin.sh"], folder: folder))
        return source
    }
}

@Suite("The kit for authors", .timeLimit(.minutes(4))) struct KitTests {
    private static func examples() throws -> Registry {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../docs/examples/apis.json")
            .standardizedFileURL
        return try RegistryReader.read([UInt8](Data(contentsOf: file)), file: "apis.json")
    }

    @Test(
        "Sources of the desk's own kinds pass the suite that plugins are tested by",
        arguments: ["feed", "coindesk", "hackernews", "spaceflight", "worldnews", "nvd"])
    func adapters(_ name: String) async throws {
        var source = try SourceConfiguration.unregistered(url: "https://news.example/feed")
        switch name {
        case "feed": break
        case "coindesk": source.kind = .coindesk(.init(), key: .environment("KEY"))
        default: source = try #require(try Self.examples().sources.first { $0.id.text == name })
        }
        let results = try await Conformance(source, environment: [:], wallTime: .seconds(1)).run()
        #expect(results.count == HostileCase.all.count)
        for result in results { #expect(result.isRight, "\(result.name): \(result.faults) \(result.message)") }
    }

    @Test("A new plugin works as it is made, and passes its own test", arguments: ["python", "sh", "swift"])
    func templates(_ language: String) async throws {
        try await Bench.with { bench in
            let made = try await bench.run("\"$WIREDESK\" plugins new --lang \(language) my-source")
            #expect(made.status == 0, "\(made.output)")
            let test = try await bench.run("my-source/test.sh")
            #expect(test.status == 0, "\(test.output)")
            #expect(test.output.contains("Passed: 24 cases."))
            let again = try await bench.run("\"$WIREDESK\" plugins new --lang \(language) my-source")
            #expect(again.status == 64)
            #expect(again.output.contains("there is such a folder already"))
        }
    }

    @Test("A plugin that calls everything well is found out")
    func liar() async throws {
        try await Bench.with { bench in
            let script = """
                echo '{"type":"hello","version":1}'; read -r poll
                echo '{"type":"fetch","id":"1","url":"http://news.example/a"}'; read -r answer
                echo '{"type":"item","id":"1","title":"One"}'; echo '{"type":"done","outcome":"ok"}'
                """
            let results = try await Conformance(try bench.plugin(script), environment: [:], wallTime: .seconds(2)).run(only: ["html", "gone"])
            #expect(results.map(\.isRight) == [true, false, false])
            #expect(results.last?.faults == ["ok where gone was due"])
        }
    }

    @Test("A plugin that has nothing fetched is told that the server saw nothing of it")
    func unseen() async throws {
        try await Bench.with { bench in
            let script =
                "echo '{\"type\":\"hello\",\"version\":1}'; read -r poll; echo '{\"type\":\"item\",\"id\":\"1\",\"title\":\"One\"}'; echo '{\"type\":\"done\"}'"
            let results = try await Conformance(try bench.plugin(script), environment: [:]).run()
            #expect(results.map(\.name) == ["good"])
            #expect(results.first?.isRight == true)
            #expect(results.first?.remarks.first?.contains("nothing fetched by the host") == true)
        }
    }

    @Test("What a plugin had started outlives a host that is killed, until the next plugin starts")
    func leftovers() async throws {
        try await Bench.with { bench in
            let mark = "0.\(UInt32.random(in: 100_000_000...999_999_999))"
            func write(_ name: String, _ text: String) throws {
                try text.write(toFile: bench.folder + "/" + name, atomically: true, encoding: .utf8)
                chmod(bench.folder + "/" + name, 0o755)
            }
            func running() -> Bool {
                let ids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.filter { Int($0) != nil } ?? []
                return ids.contains {
                    FileManager.default.contents(atPath: "/proc/\($0)/cmdline").map { String(decoding: $0, as: UTF8.self).contains(mark) } ?? false
                }
            }
            let hello = "#!/bin/sh\necho '{\"type\":\"hello\",\"version\":1}'; read -r poll\n"
            try write("hang.sh", hello + "setsid sleep 1000 \(mark) >/dev/null 2>&1 &\nsleep 1000 \(mark)\n")
            try write("good.sh", hello + "echo '{\"type\":\"done\"}'\n")
            let entries = ["hang", "good"].map { "{\"id\":\"\($0)\",\"kind\":\"exec\",\"config\":{\"command\":[\"./\($0).sh\"]}}" }
            try write("Plugins.json", "{\"version\":1,\"sources\":[\(entries.joined(separator: ","))]}")
            let host = Process()
            host.executableURL = URL(fileURLWithPath: Self.program)
            host.arguments = ["poll", "hang"]
            host.currentDirectoryURL = URL(fileURLWithPath: bench.folder)
            host.standardOutput = FileHandle.nullDevice
            host.standardError = FileHandle.nullDevice
            try host.run()
            let end = ContinuousClock.now + .seconds(10)
            while !running(), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
            #expect(running())
            kill(host.processIdentifier, SIGKILL)
            host.waitUntilExit()
            let poll = try await bench.run("\"$WIREDESK\" poll good")
            #expect(poll.status == 0, "\(poll.output)")
            #expect(!running())
        }
    }

    private static let program = Bench.wiredesk

    @Test("The command line says what it cannot test")
    func usage() async throws {
        try await Bench.with { bench in
            #expect(try await bench.run("\"$WIREDESK\" plugins test").status == 64)
            let wrong = try await bench.run("\"$WIREDESK\" plugins test --only cycel -- ./x")
            #expect(wrong.status == 64)
            #expect(wrong.output.contains("Did you mean cycle?"))
            let missing = try await bench.run("\"$WIREDESK\" plugins test -- ./nowhere.py")
            #expect(missing.status == 1)
            #expect(missing.output.contains("config where ok was due"))
            #expect(try await bench.run("\"$WIREDESK\" plugins new --lang cobol x").status == 64)
        }
    }
}
