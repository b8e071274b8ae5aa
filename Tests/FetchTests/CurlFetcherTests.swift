import Fetch
import Foundation
import Inflate
import TestSupport
import Testing
import WireCore

/// A server, and a fetcher that may reach it.
private func withServer(
    _ change: (inout FetcherConfiguration) -> Void = { _ in }, _ body: (ScriptedServer, CurlFetcher) async throws -> Void
) async throws {
    let server = try ScriptedServer()
    defer { server.stop() }
    var configuration = FetcherConfiguration()
    configuration.policy = try AddressPolicy(parsing: "127.0.0.1/32")
    change(&configuration)
    let fetcher = CurlFetcher(configuration: configuration)
    try await body(server, fetcher)
    await fetcher.shutdown()
}

extension CurlFetcher {
    /// One attempt with small ceilings.
    fileprivate func get(_ url: String, wall: Duration = .seconds(5), _ change: (inout FetchRequest) -> Void = { _ in }) async -> FetchReply {
        var allowance = AttemptAllowance(ceiling: 1)
        var ceilings = Ceilings()
        ceilings.bytesOnWire = .mebibytes(1)
        ceilings.bytesDecoded = .mebibytes(1)
        var request = FetchRequest(url: url, deadline: .now + wall, ceilings: ceilings)
        change(&request)
        guard let permit = allowance.take() else { return .failure(FetchFailure(outcome: .ceiling, message: "no permit")) }
        return await fetch(request, permit: permit)
    }
}

extension FetchReply {
    fileprivate var document: Document? { if case .document(let document) = self { document } else { nil } }
    fileprivate var failure: FetchFailure? { if case .failure(let failure) = self { failure } else { nil } }
}

@Suite("Fetching") struct CurlFetcherTests {
    @Test("A document comes whole, with its headers, and is asked for honestly")
    func whole() async throws {
        try await withServer { server, fetcher in
            server.respond("/feed", 200, ["Content-Type: application/rss+xml", "ETag: \"a\""], body: "<rss/>")
            let document = try #require(await fetcher.get(server.url("/feed")).document)
            #expect(document.body == Array("<rss/>".utf8))
            #expect(document.status == 200)
            #expect(document.headers["etag"] == "\"a\"")
            let request = try #require(server.requests(to: "/feed").first)
            #expect(request.headers["user-agent"] == FetcherConfiguration.userAgent)
            #expect(request.headers["accept-encoding"] == "gzip")
        }
    }

    @Test("Redirects are followed within their ceiling; loops and other protocols end at once, by name")
    func redirects() async throws {
        try await withServer { server, fetcher in
            server.respond("/a", 301, ["Location: /b"])
            server.respond("/b", 308, ["Location: c?x=1"])
            server.respond("/c", body: "here")
            server.respond("/loop", 302, ["Location: /loop2"])
            server.respond("/loop2", 302, ["Location: /loop"])
            server.respond("/file", 302, ["Location: file:///etc/passwd"])
            server.respond("/js", 302, ["Location: javascript:alert(1)"])
            server.on("/deep") { connection in
                let number = Int(connection.request.path.split(separator: "=").last ?? "") ?? 0
                connection.answer(302, ["Location: /deep?n=\(number + 1)"])
            }
            let document = try #require(await fetcher.get(server.url("/a")).document)
            #expect(document.body == Array("here".utf8))
            #expect(document.trace.redirects == 2)
            #expect(document.trace.movedTo == server.url("/c?x=1"))
            for path in ["/loop", "/file", "/js", "/deep"] {
                #expect(await fetcher.get(server.url(path)).failure?.outcome == .redirect, "\(path)")
            }
            #expect(server.requests(to: "/loop").count == 1)
            #expect(server.requests(to: "/deep").count == 6)
        }
    }

    @Test("Keys stay with the origin that they are for")
    func keysStay() async throws {
        try await withServer { server, fetcher in
            let other = try ScriptedServer()
            defer { other.stop() }
            other.respond("/there", body: "x")
            server.respond("/here", 302, ["Location: \(other.url("/there"))"])
            server.respond("/same", 302, ["Location: /end"])
            server.respond("/end", body: "x")
            let key = HTTPHeader(name: "X-Api-Key", value: "hunter2")
            _ = await fetcher.get(server.url("/here")) { $0.headers = [key] }
            _ = await fetcher.get(server.url("/same")) { $0.headers = [key] }
            #expect(server.requests(to: "/here").first?.headers["x-api-key"] == "hunter2")
            #expect(other.requests(to: "/there").first?.headers["x-api-key"] == nil)
            #expect(server.requests(to: "/end").first?.headers["x-api-key"] == "hunter2")
        }
    }

    @Test(
        "However a private address is spelt, it is refused without a connection",
        arguments: ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::ffff:127.0.0.1]", "localhost", "0.0.0.0", "[::1]"])
    func spellings(_ host: String) async throws {
        try await withServer({ $0.policy = AddressPolicy() }) { server, fetcher in
            server.respond("/", body: "x")
            let failure = await fetcher.get("http://\(host):\(server.port)/").failure
            #expect(failure?.outcome == .denied)
            #expect(failure?.hint?.contains("WIREDESK_ALLOW_PRIVATE") == true)
            #expect(server.requests(to: "/").isEmpty)
        }
    }

    @Test("The policy holds on every hop")
    func policyOnHops() async throws {
        try await withServer { server, fetcher in
            server.respond("/a", 302, ["Location: http://127.0.0.2:\(server.port)/b"])
            #expect(await fetcher.get(server.url("/a")).failure?.outcome == .denied)
        }
    }

    @Test(
        "URLs that cannot be asked are named as the registry's fault",
        arguments: ["file:///etc/passwd", "ftp://a.example/", "http://", "nonsense", "http://u:p@127.0.0.1/"])
    func wrongURLs(_ url: String) async throws {
        try await withServer { _, fetcher in
            #expect(await fetcher.get(url).failure?.outcome == .config)
        }
    }

    @Test("A redirect to what is no address is the site's fault, not the registry's; an address does not lead to itself")
    func wrongRedirects() async throws {
        try await withServer { server, fetcher in
            server.respond("/wide", 302, ["Location: http://１２７.0.0.9/"])
            server.respond("/unknown", 302, ["Location: http://no-such.invalid/"])
            let wide = try #require(await fetcher.get(server.url("/wide")).failure)
            #expect(wide.outcome == .redirect || wide.outcome == .denied, "\(wide.message)")
            let unknown = try #require(await fetcher.get(server.url("/unknown")).failure)
            for failure in [wide, unknown] { #expect(failure.hint?.contains("the source's url") != true, "\(failure.hint ?? "")") }
            let denied = try #require(await fetcher.get("http://127.0.0.9:\(server.port)/").failure)
            #expect(denied.message == "127.0.0.9 is a private or special address, which is not asked")
        }
    }

    @Test("Bodies beyond a ceiling end in too_large: declared, endless, and unpacked")
    func tooLarge() async throws {
        let zeros = [UInt8](repeating: 0x20, count: 64 << 20)
        let bomb = try #require(Deflater.gzip(zeros))
        let nested = try #require(Deflater.gzip(bomb))
        try await withServer { server, fetcher in
            server.on("/declared") { $0.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n") }
            server.on("/beyond") { $0.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nabc") }
            server.on("/endless") { connection in
                connection.write("HTTP/1.1 200 OK\r\n\r\n")
                let chunk = [UInt8](repeating: 0x61, count: 65_536)
                while connection.write(chunk) {}
            }
            server.on("/bomb") { $0.answer(200, ["Content-Encoding: gzip"], bomb) }
            server.on("/nested") { $0.answer(200, ["Content-Encoding: gzip, gzip"], nested) }
            server.on("/headers") { connection in
                connection.write("HTTP/1.1 200 OK\r\n")
                while connection.write("X-Filler: \(String(repeating: "a", count: 1000))\r\n") {}
            }
            server.on("/line") { $0.write("HTTP/1.1 200 OK\r\nX-Long: \(String(repeating: "a", count: 1 << 20))\r\n\r\n") }
            for path in ["/declared", "/beyond", "/endless", "/bomb", "/nested", "/headers", "/line"] {
                let started = ContinuousClock.now
                let failure = await fetcher.get(server.url(path)).failure
                #expect(failure?.outcome == .tooLarge, "\(path): \(failure?.message ?? "a document")")
                #expect(started.duration(to: .now) < .seconds(10), "\(path)")
                #expect(server.requests(to: path).count == 1, "\(path)")
            }
        }
    }

    @Test("An answer that is cut short is never a document")
    func incomplete() async throws {
        let packed = try #require(Deflater.gzip(Array(String(repeating: "news ", count: 1000).utf8)))
        try await withServer { server, fetcher in
            server.on("/short") { $0.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc") }
            server.on("/chunks") { $0.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n5\r\nab") }
            server.on("/head") { $0.write("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n") }
            server.on("/gzip") { $0.answer(200, ["Content-Encoding: gzip"], Array(packed.prefix(packed.count / 2))) }
            server.on("/nothing") { _ in }
            server.on("/reset") { $0.reset() }
            server.on("/lengths") { $0.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde") }
            server.on("/letters") { $0.write("HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nabcde") }
            server.on("/negative") { $0.write("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabcde") }
            server.on("/nonsense") { $0.write("220 mail.example ESMTP\r\n") }
            for path in ["/short", "/chunks", "/head", "/gzip", "/nothing", "/reset", "/lengths", "/letters", "/negative", "/nonsense"] {
                let reply = await fetcher.get(server.url(path))
                #expect(reply.failure?.outcome == .network, "\(path): \(reply.failure?.message ?? "a document")")
                #expect(server.requests(to: path).count == 1, "\(path)")
            }
        }
    }

    @Test("gzip is undone, encodings that were not asked for are refused")
    func encodings() async throws {
        let packed = try #require(Deflater.gzip(Array("<rss/>".utf8)))
        try await withServer { server, fetcher in
            server.on("/gzip") { $0.answer(200, ["Content-Encoding: gzip"], packed) }
            server.on("/br") { $0.answer(200, ["Content-Encoding: br"], packed) }
            #expect(await fetcher.get(server.url("/gzip")).document?.body == Array("<rss/>".utf8))
            #expect(await fetcher.get(server.url("/br")).failure?.outcome == .parse)
        }
    }

    @Test("The deadline holds whatever the server does: silence, drips, endless chunk extensions, endless trailers")
    func deadline() async throws {
        try await withServer { server, fetcher in
            server.on("/silence") { $0.waitForClose(10) }
            server.on("/drip") { connection in
                connection.write("HTTP/1.1 200 OK\r\n\r\n")
                while connection.write("x"), !connection.waitForClose(0.05) {}
            }
            server.on("/extension") { connection in
                connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;")
                while connection.write(String(repeating: "e", count: 1000)), !connection.waitForClose(0.02) {}
            }
            for path in ["/silence", "/drip", "/extension"] {
                let started = ContinuousClock.now
                let failure = await fetcher.get(server.url(path), wall: .milliseconds(600)).failure
                let took = started.duration(to: .now)
                #expect(failure?.outcome == .timeout, "\(path): \(failure?.message ?? "a document")")
                #expect(took > .milliseconds(500) && took < .seconds(5), "\(path) took \(took)")
            }
        }
    }

    @Test("Cancelling really ends the transfer")
    func cancel() async throws {
        try await withServer { server, fetcher in
            let closed = AsyncStream<Bool>.makeStream()
            let asked = AsyncStream<Void>.makeStream()
            server.on("/wait") { connection in
                asked.continuation.yield()
                closed.continuation.yield(connection.waitForClose(5))
            }
            let task = Task { await fetcher.get(server.url("/wait")) }
            for await _ in asked.stream { break }
            task.cancel()
            #expect(await task.value.failure?.isCancelled == true)
            for await wasClosed in closed.stream {
                #expect(wasClosed)
                break
            }
        }
    }

    @Test("A task that is cancelled already fetches nothing")
    func cancelledBefore() async throws {
        try await withServer { server, fetcher in
            server.respond("/", body: "x")
            let task = Task {
                // Ends with the cancellation.
                for await _ in AsyncStream<Void>.makeStream().stream {}
                return await fetcher.get(server.url("/"))
            }
            task.cancel()
            #expect(await task.value.failure?.isCancelled == true)
            #expect(server.requests(to: "/").isEmpty)
        }
    }

    @Test("Of an error page the status and its beginning are kept")
    func errorPage() async throws {
        try await withServer { server, fetcher in
            server.on("/500") { connection in
                connection.write("HTTP/1.1 500 Oops\r\n\r\n")
                let chunk = [UInt8](repeating: 0x61, count: 65_536)
                while connection.write(chunk) {}
            }
            let document = try #require(await fetcher.get(server.url("/500")).document)
            #expect(document.status == 500)
            #expect(document.body.count == 64 << 10)
        }
    }

    @Test("Large bodies share their places, small ones never wait")
    func bulkPlaces() async throws {
        try await withServer({ $0.bulkPlaces = 1 }) { server, fetcher in
            let large = [UInt8](repeating: 0x61, count: 900_000)
            server.on("/large") { $0.answer(200, [], large) }
            server.on("/hog") { connection in
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 950000\r\n\r\n")
                connection.write([UInt8](repeating: 0x61, count: 800_000))
                connection.waitForClose(10)
            }
            server.respond("/small", body: "x")
            async let hog = fetcher.get(server.url("/hog"), wall: .milliseconds(1200))
            try await Task.sleep(for: .milliseconds(300))
            #expect(await fetcher.get(server.url("/small")).document != nil)
            #expect(await fetcher.get(server.url("/large"), wall: .seconds(5)).document?.body.count == 900_000)
            #expect(await hog.failure?.outcome == .timeout)
        }
    }

    @Test("A name that does not exist, a port where nobody listens: each has its name")
    func unreachable() async throws {
        let server = try ScriptedServer()
        let url = server.url("/")
        server.stop()
        try await withServer { _, fetcher in
            let name = await fetcher.get("http://wiredesk-test.invalid/").failure
            #expect(name?.outcome == .dns || name?.outcome == .offline)
            #expect(await fetcher.get(url).failure?.outcome == .network)
        }
    }

    @Test("An address says nothing secret when it is shown")
    func redaction() {
        #expect(redactedURL("https://u:p@a.example/x?api_key=1&b=2&Token=3#f") == "https://a.example/x?api_key=REDACTED&b=2&Token=REDACTED#f")
        #expect(redactedURL("https://a.example/x@y") == "https://a.example/x@y")
    }
}

@Suite("The address policy") struct AddressPolicyTests {
    @Test(
        "Private and special addresses are not permitted",
        arguments: [
            "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1",
            "198.18.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:10.0.0.1",
            "64:ff9b::10.0.0.1", "2002:0a00:0001::", "2001:db8::1",
        ])
    func special(_ text: String) throws {
        let address = try #require(AddressBlock(parsing: text))
        #expect(!AddressPolicy().permits(address.bytes))
    }

    @Test("Public addresses are permitted", arguments: ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"])
    func ordinary(_ text: String) throws {
        #expect(AddressPolicy().permits(try #require(AddressBlock(parsing: text)).bytes))
    }

    @Test("What the operator allows is permitted, and nothing beside it")
    func allowed() throws {
        let policy = try AddressPolicy(parsing: "127.0.0.1/32, 10.0.0.0/8 fd00::/8")
        #expect(policy.permits([127, 0, 0, 1]))
        #expect(!policy.permits([127, 0, 0, 2]))
        #expect(policy.permits([10, 200, 0, 1]))
        #expect(policy.isOwn("127.0.0.1"))
        #expect(policy.isOwn("localhost"))
        #expect(!policy.isOwn("news.example"))
        #expect(throws: DeskError.self) { try AddressPolicy(parsing: "127.0.0.1/33") }
    }
}
