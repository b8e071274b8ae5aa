import Foundation
import Testing

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
            try await host.ended(within: 10)
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

    @Test("kill -9 at any moment loses nothing that was filed and doubles nothing")
    func killed() async throws {
        try await Rig.with { rig in
            var counts: [Int] = []
            for round in 0..<6 {
                let host = try rig.start(["run", "--listen", "127.0.0.1:0", "--log", "error"])
                // Ever later in its first seconds, while most is filed.
                try await Task.sleep(for: .milliseconds(300 + 350 * round))
                kill(host.process.processIdentifier, SIGKILL)
                try await host.ended(within: 10)
                counts.append(try await rig.articles().count)
            }
            #expect(counts == counts.sorted(), "articles were lost: \(counts)")
            _ = try await rig.run("poll", "--all", "--force")
            let articles = try await rig.articles()
            let addresses = articles.compactMap { $0["canonicalUrl"] as? String }
            #expect(Set(addresses).count == addresses.count)
            #expect(try await rig.run("doctor").output.contains("sound, \(articles.count) articles"))
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
