import Costs
import Foundation
import SQLiteStore
import Stores
import Testing
import WireCore

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite("The host as a process") struct HostProcessTests {
    private func text(_ url: String) async throws -> String {
        guard let url = URL(string: url) else { return "" }
        return String(decoding: try await URLSession.shared.data(from: url).0, as: UTF8.self)
    }

    /// The address that the host says it listens on.
    private func address(of host: Running) async throws -> String {
        var found = ""
        try await eventually {
            found =
                host.log.split(separator: "\n").first { $0.contains("listening") }
                .flatMap { $0.split(separator: "address=").last.map(String.init) } ?? ""
            return !found.isEmpty
        }
        return found
    }

    @Test("It polls all sources, the sick ones harm nobody, and SIGTERM ends it in good order")
    func runAndStop() async throws {
        try await Rig.with { rig in
            let host = try rig.start(["run", "--listen", "127.0.0.1:0"])
            defer { host.process.terminate() }
            try await eventually(within: 30) {
                try await rig.run("sources", "list", "--json").list().filter { $0["status"] as? String == "well" }.count == 11
            }
            let address = try await address(of: host)
            #expect(try await text(address + "/health").contains("\"ok\""))
            #expect(try await text(address + "/ready").contains("\"ready\""))
            try await eventually { try await text(address + "/metrics").contains("wiredesk_breaker_state{source=\"messari\"} 1") }
            #expect(try await text(address + "/metrics").contains("wiredesk_breaker_state{source=\"decrypt\"} 0"))
            kill(host.process.processIdentifier, SIGTERM)
            try await host.ended(within: 30)
            #expect(host.process.terminationStatus == 0)
            #expect(host.log.contains("stopped"))
        }
    }

    @Test("A second host on the same data is refused, and says who has it")
    func twoHosts() async throws {
        try await Rig.with { rig in
            let host = try rig.start(["run", "--listen", "127.0.0.1:0"])
            defer { kill(host.process.processIdentifier, SIGKILL) }
            _ = try await address(of: host)
            let second = try await rig.run("run", "--listen", "127.0.0.1:0")
            #expect(second.status == 1)
            #expect(second.errors.contains("another wiredesk (process \(host.process.processIdentifier)) is already at work"))
        }
    }

    @Test("A host starts although another process stands still while it books what a killed one left, and says what waits")
    func standingBooker() async throws {
        try await Rig.with { rig in
            let first = try rig.start(["run", "--listen", "127.0.0.1:0"])
            defer { kill(first.process.processIdentifier, SIGKILL) }
            _ = try await address(of: first)
            let owner = try #require(ProcessMark.of(first.process.processIdentifier))
            kill(first.process.processIdentifier, SIGKILL)
            try await first.ended(within: 30)
            let path = rig.folder + "/data/wiredesk.db"
            let store = try SQLiteStore(path: path)
            let now = Date()
            let entry = LedgerEntry(
                id: "a/1", at: now, day: LedgerPeriod(String(UTCTime.text(now).prefix(10))), purpose: CallPurpose(operation: "extract"),
                provider: "anthropic", model: "claude-haiku-4-5", status: .reserved, bound: try #require(Money(dollars: "1")), priceFrom: "x",
                owner: owner, expiresAt: now.addingTimeInterval(600))
            _ = try await store.reserve(entry, against: [])
            try await store.close()
            try Data("\(owner)\n".utf8).write(to: URL(filePath: path + "-ends-3"))
            let booker = open(path + "-ends-3", O_RDWR | O_CLOEXEC)
            defer { close(booker) }
            #expect(flock(booker, LOCK_EX | LOCK_NB) == 0)
            let second = try rig.start(["run", "--listen", "127.0.0.1:0"])
            defer { kill(second.process.processIdentifier, SIGKILL) }
            try await eventually(within: 40) { second.log.contains("listening") }
            #expect(second.log.contains("the ledger could not be tidied; it is tried again in a minute"))
            #expect(second.process.isRunning)
        }
    }

    @Test("A changed registry is taken over at once; a wrong one changes nothing and the log says why")
    func reload() async throws {
        try await Rig.with { rig in
            let host = try rig.start(["run", "--listen", "127.0.0.1:0"])
            defer { kill(host.process.processIdentifier, SIGKILL) }
            _ = try await address(of: host)
            _ = try await rig.run("sources", "disable", "decrypt", "--reason", "test")
            try await eventually { host.log.contains("was taken over") && host.log.contains("changed=1") }
            let good = try String(contentsOfFile: rig.registry, encoding: .utf8)
            try "{".write(toFile: rig.registry, atomically: true, encoding: .utf8)
            try await eventually { host.log.contains("was not taken over; the old one stays in force") }
            try good.write(toFile: rig.registry, atomically: true, encoding: .utf8)
            try await eventually { host.log.contains("changed=0") }
            kill(host.process.processIdentifier, SIGHUP)
            try await eventually { host.log.contains("asked to read the registry again") }
            #expect(host.process.isRunning)
        }
    }

    /// What the gateway answers to a short question, as status and body.
    private func ask(_ address: String, key: String) async throws -> (status: Int, body: String) {
        guard let url = URL(string: address + "/v1/messages") else { return (0, "") }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.setValue(key, forHTTPHeaderField: "x-api-key")
        request.httpBody = Data(#"{"model":"claude-haiku-4-5","max_tokens":64,"messages":[{"role":"user","content":"hello"}]}"#.utf8)
        let (data, answer) = try await URLSession.shared.data(for: request)
        return ((answer as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    @Test("Budgets and prices that are changed hold for the next call; a wrong file of either changes nothing, and log and dashboard say why")
    func gatewayReload() async throws {
        try await Rig.with { rig in
            let plain = try String(contentsOfFile: rig.registry, encoding: .utf8)
            func write(_ gateway: String) throws {
                try plain.replacing(#""sources": ["#, with: #""gateway": \#(gateway), "sources": ["#)
                    .write(toFile: rig.registry, atomically: true, encoding: .utf8)
            }
            func write(price: String, of model: String = "claude-haiku-4-5") throws {
                let row = #"{"from":"2025-10-01","input":"\#(price)","output":"5"}"#
                try #"{"version":1,"models":[{"provider":"anthropic","id":"\#(model)","prices":[\#(row)]}]}"#
                    .write(toFile: rig.folder + "/Prices.json", atomically: true, encoding: .utf8)
            }
            try write(#"{"budgets":{"daily":"0"}}"#)
            let key = try await rig.run("keys", "create", "reader").output.trimmingCharacters(in: .whitespacesAndNewlines)
            // Nobody listens at the provider's address: a call that the budget lets through is answered by another status.
            let host = try rig.start(
                ["run", "--listen", "127.0.0.1:0", "--roles", "web"],
                environment: ["ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "ANTHROPIC_API_KEY": "k"])
            defer { kill(host.process.processIdentifier, SIGKILL) }
            let address = try await address(of: host)
            #expect(try await ask(address, key: key).status == 402)

            try write(#"{"budgets":{"daily":"0"},"alerts":{"webhook":{"env":"NOT_SET"}}}"#)
            try await eventually { host.log.contains("the registry was not taken over") && host.log.contains("NOT_SET") }
            #expect(try await text(address + "/").contains("gateway.alerts.webhook is taken from the environment variable NOT_SET"))
            try write(#"{"budgets":{"daily":"-1"}}"#)
            try await eventually { host.log.contains("daily of gateway.budgets is") }
            #expect(try await ask(address, key: key).status == 402)
            try write(#"{"budgets":{"daily":"5"}}"#)
            try await eventually { host.log.contains("other settings of the gateway are in force") }
            let asked = try await ask(address, key: key)
            #expect(asked.status != 402 && asked.body.contains("anthropic: "), "\(asked)")

            try write(price: "1000000")
            try await eventually { host.log.contains("the price table was taken over") }
            #expect(try await ask(address, key: key).status == 402)
            try write(price: "1e3")
            try await eventually { host.log.contains("the price table was not taken over") }
            #expect(try await text(address + "/").contains("price table refused"))
            #expect(try await ask(address, key: key).status == 402)
            try write(price: "1", of: "another")
            try await eventually { try await ask(address, key: key).status == 404 }
            try write(price: "1")
            kill(host.process.processIdentifier, SIGHUP)
            try await eventually { host.log.contains("asked to read the price table again") }
            try await eventually { try await ask(address, key: key).status == asked.status }
            #expect(try await !text(address + "/").contains("price table refused"))
        }
    }

    @Test("kill -9 at any moment loses nothing that was filed and doubles nothing")
    func killed() async throws {
        try await Rig.with { rig in
            var counts: [Int] = []
            for round in 0..<6 {
                let host = try rig.start(["run", "--listen", "127.0.0.1:0", "--log", "error"])
                // Ever later in its first seconds, while most is filed.
                try await Task.sleep(for: .milliseconds(300 + 350 * round))
                kill(host.process.processIdentifier, SIGKILL)
                try await host.ended(within: 30)
                counts.append(try await rig.articles().count)
            }
            #expect(counts == counts.sorted(), "articles were lost: \(counts)")
            _ = try await rig.run("poll", "--all", "--force")
            let articles = try await rig.articles()
            let addresses = articles.compactMap { $0["canonicalUrl"] as? String }
            #expect(Set(addresses).count == addresses.count)
            #expect(try await rig.run("doctor").output.contains("is sound, \(articles.count) articles"))
        }
    }

    @Test("SIGHUP ends no host, however early it comes")
    func earlyHangUp() async throws {
        try await Rig.with { rig in
            let host = try rig.start(["run", "--listen", "127.0.0.1:0", "--log", "debug"])
            defer { kill(host.process.processIdentifier, SIGKILL) }
            // From the first line of the program on the signal is ignored: bit 0 of the mask in /proc.
            try await eventually {
                let status = try String(contentsOfFile: "/proc/\(host.process.processIdentifier)/status", encoding: .utf8)
                let mask = status.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }?.split(separator: "\t").last
                return mask.flatMap { UInt64($0, radix: 16) }.map { $0 & 1 == 1 } ?? false
            }
            for _ in 0..<50 { kill(host.process.processIdentifier, SIGHUP) }
            _ = try await address(of: host)
            #expect(host.process.isRunning)
        }
    }

    /// A connection to a port of 127.0.0.1 that has sent `text`; what comes back until it closes, or nil when it stays open.
    private func answer(_ text: String, port: UInt16, within seconds: Int) -> String? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        target.sin_addr.s_addr = inet_addr("127.0.0.1")
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let isOpen = withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
        }
        guard isOpen, send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL)) == text.utf8.count else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }

    @Test("Requests for other hosts are refused, and a connection that sends half a request is closed")
    func strangers() async throws {
        try await Rig.with { rig in
            let host = try rig.start(["run", "--listen", "127.0.0.1:0", "--roles", "web"])
            defer { kill(host.process.processIdentifier, SIGKILL) }
            let port = try #require(try await address(of: host).split(separator: ":").last.flatMap { UInt16($0) })
            func status(_ name: String) -> String {
                let head = answer("GET /health HTTP/1.1\r\nHost: \(name)\r\nConnection: close\r\n\r\n", port: port, within: 5) ?? ""
                return String(head.dropFirst("HTTP/1.1 ".count).prefix(3))
            }
            for name in ["127.0.0.1", "localhost:\(port)", "LOCALHOST", "[::1]:\(port)", "127.9.9.9"] { #expect(status(name) == "200", "\(name)") }
            for name in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1", "[::2]"] {
                #expect(status(name) == "421", "\(name)")
            }
            #expect(answer("GET / HT", port: port, within: 14) == "", "a half request stays open")
        }
    }

    @Test("It refuses to listen where other machines could reach it, and names a role that is none")
    func refusals() async throws {
        try await Rig.with { rig in
            let open = try await rig.run("run", "--listen", "0.0.0.0:8080")
            #expect(open.status == 78)
            #expect(open.errors.contains("could be reached from other machines"))
            #expect(try await rig.run("run", "--roles", "polll").status == 64)
        }
    }
}
