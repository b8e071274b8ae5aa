import Fetch
import Foundation
import Host
import Logging
import SQLiteStore
import Stores
import Synchronization
import TestSupport
import Testing
import WireCore

@Suite("Delivery of alerts") struct DeliveryTests {
    private static let alert = Notice(id: "cost:day:2026-11-24:0.5", message: "$0.61 spent today – more than $0.50")

    private func withStore(_ body: (SQLiteStore) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "wiredesk-alerts-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStore(path: folder + "/desk.db")
        _ = try await store.raiseAlert(id: Self.alert.id, message: Self.alert.message, at: Date())
        try await body(store)
        try await store.close()
    }

    private func deliver(over channel: Delivery.Channel, _ store: SQLiteStore) async {
        var configuration = ExchangerConfiguration()
        configuration.policy = .unrestricted
        let exchanger = CurlExchanger(configuration: configuration)
        let delivery = Delivery(
            channels: [channel], exchanger: exchanger, store: store, clock: AcceleratedClock(start: Date(), factor: 6000),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        await delivery.deliver(Self.alert)
        await exchanger.shutdown()
    }

    @Test("A webhook gets the alert as JSON, once more after a failure, and the store notes it")
    func webhook() async throws {
        let turns = Turns()
        let server = try ScriptedServer()
        server.on("/hook") { connection in connection.answer(turns.next(connection.request.body) == 1 ? 503 : 204) }
        defer { server.stop() }
        try await withStore { store in
            await deliver(over: .webhook(url: server.url("/hook")), store)
            #expect(turns.bodies.count == 2)
            let body = try #require(turns.bodies.last.flatMap { try? JSONSerialization.jsonObject(with: Data($0)) as? [String: String] })
            #expect(body["id"] == Self.alert.id && body["message"] == Self.alert.message)
            let raised = try await store.raisedAlerts(limit: 1)
            #expect(raised.first?.deliveredTo == ["webhook"])
        }
    }

    @Test("A mail server gets a letter that says what was spent")
    func mail() async throws {
        let mailbox = Process()
        mailbox.executableURL = URL(filePath: "/usr/bin/env")
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Clients/mailbox.py")
            .path
        mailbox.arguments = ["python3", script]
        let pipe = Pipe()
        mailbox.standardOutput = pipe
        try mailbox.run()
        defer { if mailbox.isRunning { kill(mailbox.processIdentifier, SIGKILL) } }
        let first = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        let port = try #require(Int(first.trimmingCharacters(in: .whitespacesAndNewlines)))
        try await withStore { store in
            await deliver(
                over: .mail(server: MailServer(url: "smtp://127.0.0.1:\(port)"), from: "desk@example.com", to: ["a@example.com", "b@example.com"]),
                store)
            let letter = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            #expect(
                letter.contains("MAIL FROM:<desk@example.com>") && letter.contains("RCPT TO:<a@example.com>")
                    && letter.contains("RCPT TO:<b@example.com>"))
            #expect(letter.contains("letter: To: <a@example.com>, <b@example.com>"))
            #expect(letter.contains("letter: Subject: =?utf-8?Q?wiredesk=3A"))
            #expect(letter.contains("letter: \(Self.alert.message)"))
            let raised = try await store.raisedAlerts(limit: 1)
            #expect(raised.first?.deliveredTo == ["mail"])
        }
    }

    @Test("What a registry says of mail is read, and a password that stands in it is refused")
    func registry() throws {
        func read(_ mail: String) throws(RegistryRefusal) -> Registry {
            try RegistryReader.read(Array(#"{"version":1,"gateway":{"alerts":{"mail":\#(mail)}},"sources":[]}"#.utf8), file: "r.json")
        }
        let mail = try read(#"{"server":"smtps://m.example","from":"a@b.c","to":["d@e.f"],"password":{"env":"P"}}"#).gateway.mail
        #expect(mail?.password == .environment("P"))
        for wrong in [
            #"{"server":"smtps://m.example","from":"a@b.c","to":["d@e.f"],"password":"secret"}"#,
            #"{"server":"m.example","from":"a@b.c","to":["d@e.f"]}"#,
            #"{"server":"smtp://m.example","from":"a","to":["d@e.f"]}"#, #"{"from":"a@b.c","to":["d@e.f"]}"#,
        ] {
            #expect(throws: RegistryRefusal.self, "\(wrong)") { try read(wrong) }
        }
    }
}

/// The bodies that came, in order.
private final class Turns: Sendable {
    private let list = Mutex<[[UInt8]]>([])
    var bodies: [[UInt8]] { list.withLock { $0 } }

    /// Notes a body; returns which it is, from 1.
    func next(_ body: [UInt8]) -> Int {
        list.withLock { bodies in
            bodies.append(body)
            return bodies.count
        }
    }
}
