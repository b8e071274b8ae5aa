import Fetch
import Foundation
import Host
import Synchronization
import TestSupport
import Testing
import WireCore

/// What a diagnosis tells, as it tells it.
private final class Listener: Sendable {
    private let heard = Mutex<[Diagnosis.Progress]>([])

    var all: [Diagnosis.Progress] { heard.withLock { $0 } }

    func hear(_ progress: Diagnosis.Progress) { heard.withLock { $0.append(progress) } }

    /// The names of the stages that have ended, in order.
    var ended: [String] { all.compactMap { if case .ended(let stage) = $0 { stage.name } else { nil } } }

    /// What is under way last.
    var underWay: String? { if case .underWay(let name, let detail) = all.last { "\(name): \(detail)" } else { nil } }

    /// Waits until this is under way; false when five seconds were not enough.
    func waits(for words: String) async -> Bool {
        let end = ContinuousClock.now + .seconds(5)
        while ContinuousClock.now < end {
            if underWay?.contains(words) == true { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return false
    }
}

/// A door that a server's answer waits at.
private final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    func open() { semaphore.signal() }
    /// False when nobody opened it in time.
    func pass() -> Bool { semaphore.wait(timeout: .now() + 10) == .success }
}

private let feed = Array("<rss version=\"2.0\"><channel><title>T</title><item><guid>1</guid><title>A</title></item></channel></rss>".utf8)

@Suite("Diagnosis") struct DiagnosisTests {
    private static func with(_ body: (ScriptedServer, CurlFetcher, Listener) async throws -> Void) async throws {
        let server = try ScriptedServer()
        defer { server.stop() }
        var configuration = FetcherConfiguration()
        configuration.policy = try AddressPolicy(parsing: "127.0.0.1/32")
        let fetcher = CurlFetcher(configuration: configuration)
        try await body(server, fetcher, Listener())
        await fetcher.shutdown()
    }

    private static func diagnose(
        _ url: String, _ fetcher: CurlFetcher, _ listener: Listener, environment: [String: String] = [:],
        _ change: (inout SourceConfiguration) -> Void = { _ in }
    ) async throws -> Diagnosis {
        var source = try SourceConfiguration.unregistered(url: url)
        source.ceilings.wallTime = .seconds(20)
        change(&source)
        let diagnostician = Diagnostician(fetcher: fetcher, store: nil, clock: SystemClock(), environment: environment)
        return try await diagnostician.diagnose(source, isRegistered: false) { listener.hear($0) }
    }

    /// A header field whose value is the environment's KEY.
    private static func headersWithKey() throws -> [HeaderSetting] {
        let text = #"{"version":1,"sources":[{"id":"s","kind":"feed","url":"https://s.example/","headers":{"X-Key":{"env":"KEY"}}}]}"#
        return try RegistryReader.read(Array(text.utf8), file: "x").sources[0].headers
    }

    private static let all = [
        "registry", "dns", "connect", "tls", "request", "response", "kind", "parse", "items", "duplicates", "breaker", "schedule",
    ]

    @Test("Each stage is told when it happens: a source that hangs shows what stands and what is waited for")
    func live() async throws {
        try await Self.with { server, fetcher, listener in
            let (head, rest) = (Gate(), Gate())
            server.on("/slow") { connection in
                guard head.pass() else { return }
                connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: \(feed.count)\r\n\r\n")
                guard rest.pass() else { return }
                connection.write(feed)
            }
            async let diagnosing = Self.diagnose(server.url("/slow"), fetcher, listener)
            #expect(await listener.waits(for: "response: the request is out; waiting for 127.0.0.1 to answer"))
            #expect(listener.ended == ["registry", "dns", "connect", "tls", "request"])
            head.open()
            #expect(await listener.waits(for: "response: status 200; the document is coming"))
            #expect(listener.ended == ["registry", "dns", "connect", "tls", "request"])
            rest.open()
            let diagnosis = try await diagnosing
            #expect(listener.ended == Self.all)
            #expect(diagnosis.stages.map(\.name) == Self.all)
            #expect(diagnosis.isHealthy)
        }
    }

    @Test("What hangs before it answers fails at response, with the stages before it well")
    func hanging() async throws {
        try await Self.with { server, fetcher, listener in
            server.on("/never") { $0.waitForClose(10) }
            let diagnosis = try await Self.diagnose(server.url("/never"), fetcher, listener) { $0.ceilings.wallTime = .seconds(1) }
            #expect(diagnosis.stages.prefix(6).map(\.ok) == [true, true, true, true, true, false])
            #expect(diagnosis.stages[5].detail == "time ran out while waiting for 127.0.0.1 to answer")
            #expect(listener.ended == Self.all)
        }
    }

    @Test("The target of a redirect is told anew")
    func redirect() async throws {
        try await Self.with { server, fetcher, listener in
            server.respond("/old", 301, ["Location: /new"])
            server.respond("/new", 500)
            let diagnosis = try await Self.diagnose(server.url("/old"), fetcher, listener)
            let transfer = ["dns", "connect", "tls", "request", "response"]
            #expect(Array(listener.ended.prefix(11)) == ["registry"] + transfer + transfer)
            let responses = listener.all.compactMap { if case .ended(let stage) = $0, stage.name == "response" { stage } else { nil } }
            #expect(responses.map(\.ok) == [true, false])
            #expect(responses.first?.detail == "status 301, leads to \(server.url("/new"))")
            #expect(diagnosis.stages.count == 12)
        }
    }

    @Test("An entry that cannot be asked is told as such, and nothing before it")
    func wrongEntry() async throws {
        let headers = try Self.headersWithKey()
        try await Self.with { server, fetcher, listener in
            _ = try await Self.diagnose(server.url("/"), fetcher, listener) { $0.headers = headers }
            #expect(listener.all.first.flatMap { if case .ended(let stage) = $0 { stage.ok } else { nil } } == false)
            #expect(listener.ended == Self.all)
            #expect(server.requests(to: "/").isEmpty)
        }
    }

    @Test("A key is told neither while it goes on nor in the end, though a server sends it back")
    func secrets() async throws {
        let headers = try Self.headersWithKey()
        try await Self.with { server, fetcher, listener in
            server.respond("/here", 302, ["Location: /there/hunter2secret"])
            server.respond("/there/hunter2secret", 403)
            _ = try await Self.diagnose(server.url("/here"), fetcher, listener, environment: ["KEY": "hunter2secret"]) { $0.headers = headers }
            #expect(server.requests(to: "/there/hunter2secret").count == 1)
            #expect(listener.all.contains { if case .ended(let stage) = $0 { stage.detail.contains("/there/") } else { false } })
            #expect(!listener.all.contains { String(describing: $0).contains("hunter2secret") })
        }
    }

    @Test("A diagnosis that is called off ends at once")
    func calledOff() async throws {
        try await Self.with { server, fetcher, listener in
            server.on("/never") { $0.waitForClose(10) }
            let url = server.url("/never")
            let diagnosing = Task { try await Self.diagnose(url, fetcher, listener) }
            #expect(await listener.waits(for: "waiting for 127.0.0.1"))
            let began = ContinuousClock.now
            diagnosing.cancel()
            _ = await diagnosing.result
            #expect(began.duration(to: .now) < .seconds(6))
        }
    }
}
