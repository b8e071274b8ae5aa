import Demo
import Foundation
import Testing

/// What a hostile or clumsy caller does to the program.
@Suite("The command line's edges") struct EdgeTests {
    private static let control = "\u{1B}[31m\u{202E}"

    /// True when nothing in it can colour a terminal or turn its lines round.
    private func isSafe(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || (0x7F...0x9F).contains($0.value) || $0.value == 0x202E }
    }

    @Test("What was typed, or stands in the registry, is never printed raw")
    func rawText() async throws {
        try await Rig.with { rig in
            let reason = Self.control + "\n" + String(repeating: "x", count: 5000)
            _ = try await rig.run("sources", "disable", "decrypt", "--reason", reason)
            try "x".write(toFile: rig.folder + "/\(Self.control)\n.xml", atomically: true, encoding: .utf8)
            let calls = [
                ["poll", "decrypt"], ["sources", "list"], ["sources", "add", Self.control], ["parse", "\(Self.control)\n.xml"],
                ["completions", Self.control], [Self.control], ["diagnose", Self.control], ["sources", "list", "--registry", Self.control],
                ["articles", "--store", "sqlite:\(Self.control)"], ["articles", "--data", Self.control], ["run", "--roles", Self.control],
            ]
            for arguments in calls {
                let running = try rig.start(arguments)
                try await running.ended(within: 30)
                #expect(isSafe(running.output) && isSafe(running.log), "\(arguments)")
                #expect(running.log.utf8.count < 1500, "\(arguments)")
            }
        }
    }

    @Test(
        "Empty words are wrong usage, told in words",
        arguments: [["diagnose", ""], ["sources", "add", ""], ["sources", "add", "not a url"], ["run", "--roles", ""], ["run", "--roles", ","]])
    func emptyWords(_ arguments: [String]) async throws {
        try await Rig.with { rig in
            let running = try rig.start(arguments)
            try await running.ended(within: 30)
            #expect(running.process.terminationStatus == 64, "\(running.log)")
            #expect(running.log.hasPrefix("wiredesk: "))
        }
    }

    @Test("Looking at a store that is not there makes nothing")
    func lookingMakesNothing() async throws {
        try await Rig.with { rig in
            let store = ["--store", "sqlite:\(rig.folder)/not/there.db"]
            for arguments in [["articles"], ["sources", "list"], ["sources", "show", "decrypt"], ["doctor"], ["diagnose", "decrypt"]] {
                let running = try rig.start(arguments + store)
                try await running.ended(within: 30)
                #expect(running.process.terminationStatus == 0, "\(arguments) \(running.log)")
            }
            #expect(!FileManager.default.fileExists(atPath: rig.folder + "/not"))
            #expect(try await rig.run("articles", "--store", store[1]).output.contains("Nothing is stored yet in sqlite:"))
        }
    }

    @Test("A data folder that is a file is called one", arguments: [["articles"], ["sources", "list"], ["poll", "decrypt"], ["run"]])
    func dataIsAFile(_ arguments: [String]) async throws {
        try await Rig.with { rig in
            try "x".write(toFile: rig.folder + "/file", atomically: true, encoding: .utf8)
            let running = try rig.start(arguments + ["--data", "file"])
            try await running.ended(within: 30)
            #expect(running.process.terminationStatus == 78)
            #expect(running.log.contains("file: the data folder cannot be used: it, or what it lies in, is a file"))
        }
    }

    @Test("A diagnosis is shown though its recording cannot be kept; no file is overwritten; both options at once make no sense")
    func recordings() async throws {
        try await Rig.with { rig in
            let lost = try await rig.run("diagnose", "decrypt", "--record", "/nonexistent/x")
            #expect(lost.status == 64)
            #expect(lost.output.contains("✓ schedule"))
            #expect(lost.errors.contains("the recording cannot be written: No such file or directory"))
            try "mine".write(toFile: rig.folder + "/kept", atomically: true, encoding: .utf8)
            let asked = rig.newsroom.requests["decrypt"]
            #expect(try await rig.run("diagnose", "decrypt", "--record", "kept").status == 64)
            #expect(try await rig.run("diagnose", "decrypt", "--record", "new", "--replay", "kept").status == 64)
            #expect(try String(contentsOfFile: rig.folder + "/kept", encoding: .utf8) == "mine")
            #expect(rig.newsroom.requests["decrypt"] == asked)
        }
    }

    /// Runs a line of the shell in which $0 is the program.
    private func shell(_ line: String, _ rig: Rig) async throws -> (status: Int32, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", line, Rig.binary.path]
        process.currentDirectoryURL = URL(fileURLWithPath: rig.folder)
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        try await eventually { !process.isRunning }
        return (process.terminationStatus, String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self))
    }

    @Test("A program that is killed leaves nothing in shared memory")
    func killed() async throws {
        try await Rig.with { rig in
            let host = try rig.start(["run", "--listen", "127.0.0.1:0"])
            try await eventually { host.log.contains("listening") }
            kill(host.process.processIdentifier, SIGKILL)
            try await host.ended(within: 30)
            #expect(!FileManager.default.fileExists(atPath: "/dev/shm/mongoc-\(host.process.processIdentifier)"))
        }
    }

    @Test("A full disk and a closed stdout are told on stderr; a reader that goes away is not")
    func output() async throws {
        try await Rig.with { rig in
            let full = try await shell("\"$0\" sources list > /dev/full", rig)
            #expect(full.status == 1 && full.errors.contains("the output cannot be written: No space left on device"))
            let closed = try await shell("\"$0\" sources list >&-", rig)
            #expect(closed.status == 1 && closed.errors.contains("the output cannot be written"))
            let gone = try await shell("{ \"$0\" plugins schema; echo $? >&2; } | true", rig)
            #expect(gone.errors == "0\n")
        }
    }

    @Test("A list with bad addresses enters the good ones and says what was wrong with the others")
    func badAddresses() async throws {
        try await Rig.with { rig in
            let urls = ["http://x.example/&#10;x", "http://good.example/feed", "javascript:1", "http://u:p@x.example/"]
            let list = "<opml><body>\(urls.map { "<outline xmlUrl=\"\($0)\"/>" }.joined())</body></opml>"
            try list.write(toFile: rig.folder + "/list.opml", atomically: true, encoding: .utf8)
            let result = try await rig.run("sources", "import", "list.opml", "--registry", "new.json")
            #expect(result.status == 0)
            #expect(result.output.contains("1 entered into new.json, 3 passed over"))
            #expect(result.errors.contains("passed over: http://x.example/\\nx, which is not an absolute"))
            #expect(!result.errors.contains("u:p"))
        }
    }

    @Test(
        "A slip in an option is told before anything is asked or begun",
        arguments: [
            (["sources", "add", "http://127.0.0.1:1/", "--interval", "0s"], "the interval “0s” is not from 1 s to 30 d"),
            (["sources", "add", "http://127.0.0.1:1/", "--interval", "often"], "the interval “often” is no duration"),
            (["sources", "add", "http://127.0.0.1:1/", "--tag", ""], "a tag is empty"),
            (["demo", "--once", "--week"], "--once and --week are two demos"),
        ])
    func slips(_ arguments: [String], _ words: String) async throws {
        try await Rig.with { rig in
            let result = try await rig.run(arguments)
            #expect(result.status == 64)
            #expect(result.errors.contains(words), "\(result.errors)")
        }
    }

    @Test("The diagnosis of an address in no registry promises nothing that a host would do")
    func strangeAddress() async throws {
        try await Rig.with { rig in
            let sick = try await rig.run("diagnose", "http://127.0.0.1:1/feed")
            #expect(sick.status == 1 && !sick.output.contains("The host goes on trying"), "\(sick.output)")
            let known = try await rig.run("diagnose", "messari")
            #expect(known.status == 1 && known.output.contains("The host goes on trying"), "\(known.output)")
        }
    }
}
