import Fetch
import Foundation
import Synchronization
import TestSupport
import Testing
import WireCore

/// A server that keeps connections, and an exchanger that may reach it.
private func withServer(
    _ change: (inout ExchangerConfiguration) -> Void = { _ in }, _ body: (ScriptedServer, CurlExchanger) async throws -> Void
) async throws {
    let server = try ScriptedServer(keepsConnections: true)
    defer { server.stop() }
    var configuration = ExchangerConfiguration()
    configuration.policy = try AddressPolicy(parsing: "127.0.0.1/32")
    change(&configuration)
    let exchanger = CurlExchanger(configuration: configuration)
    try await body(server, exchanger)
    await exchanger.shutdown()
}

private func request(
    _ url: String, _ body: String = "{}", wall: Duration = .seconds(10), _ change: (inout ExchangeRequest) -> Void = { _ in }
) -> ExchangeRequest {
    var request = ExchangeRequest(
        url: url, headers: [HTTPHeader(name: "Content-Type", value: "application/json")], body: Array(body.utf8), deadline: .now + wall)
    change(&request)
    return request
}

extension CurlExchanger {
    /// The whole of an answer.
    fileprivate func whole(_ request: ExchangeRequest) async -> Result<(answer: ExchangeAnswer, text: String), FetchFailure> {
        do throws(FetchFailure) {
            let answer = try await exchange(request)
            let bytes = try await answer.body.collect(upTo: 64 << 20)
            return .success((answer, String(decoding: bytes, as: UTF8.self)))
        } catch {
            return .failure(error)
        }
    }

    fileprivate func failure(_ request: ExchangeRequest) async -> FetchFailure? {
        if case .failure(let failure) = await whole(request) { failure } else { nil }
    }
}

/// Something that happens once on one side and is awaited on the other, for ten seconds at most.
private final class Event<Value: Sendable>: Sendable {
    private let (stream, continuation) = AsyncStream<Value>.makeStream()
    private let semaphore = DispatchSemaphore(value: 0)

    func happen(_ value: Value) {
        continuation.yield(value)
        semaphore.signal()
    }

    /// For a server's thread.
    func block() -> Bool { semaphore.wait(timeout: .now() + 10) == .success }

    /// For a test.
    func value() async -> Value? {
        let timer = Task {
            try await Task.sleep(for: .seconds(10))
            continuation.finish()
        }
        defer { timer.cancel() }
        for await value in stream { return value }
        return nil
    }
}

private let chunked = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

extension ScriptedServer.Connection {
    /// One chunk (RFC 9112, 7.1); the empty one ends the body.
    @discardableResult
    fileprivate func chunk(_ text: String) -> Bool { write("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n") }
}

@Suite("Exchanging") struct ExchangeTests {
    @Test("A request goes out as given and the answer comes as it is, status and fields included")
    func plain() async throws {
        try await withServer { server, exchanger in
            server.respond("/v1", 200, ["Content-Type: application/json", "request-id: r1", "X-Empty:"], body: "{\"a\":1}")
            let body = String(repeating: "ä", count: 100_000)
            let (answer, text) = try await exchanger.whole(
                request(server.url("/v1?beta=true"), body) {
                    $0.headers += [
                        HTTPHeader(name: "X-Api-Key", value: "hunter2"), HTTPHeader(name: "Accept-Encoding", value: "gzip"),
                        HTTPHeader(name: "Content-Length", value: "3"), HTTPHeader(name: "X-Nothing", value: ""),
                    ]
                }
            ).get()
            #expect(answer.status == 200)
            #expect(answer.headers.map(\.name) == ["Content-Length", "Content-Type", "request-id", "X-Empty"])
            #expect(answer.headers["Request-ID"] == "r1")
            #expect(answer.address == "127.0.0.1")
            #expect(!answer.timing.isKeptConnection)
            #expect(answer.timing.sent > .zero && answer.timing.firstByte >= answer.timing.sent)
            #expect(text == "{\"a\":1}")
            let seen = try #require(server.requests(to: "/v1").first)
            #expect(seen.path == "/v1?beta=true")
            #expect(seen.body == Array(body.utf8))
            #expect(seen.headers["content-type"] == "application/json")
            #expect(seen.headers["x-api-key"] == "hunter2")
            #expect(seen.headers["x-nothing"] == "")
            #expect(seen.headers["accept-encoding"] == "identity")
            #expect(seen.headers["expect"] == nil)
            #expect(seen.headers["user-agent"]?.hasPrefix("wiredesk/") == true)
        }
    }

    @Test(
        "Every status is an answer: errors, overload and redirects pass through, interim answers do not",
        arguments: [204, 302, 400, 429, 500, 529])
    func statuses(_ status: Int) async throws {
        try await withServer { server, exchanger in
            server.on("/") { connection in
                connection.write("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
                if status == 204 { return _ = connection.write("HTTP/1.1 204 No Content\r\nretry-after: 7\r\n\r\n") }
                connection.answer(status, ["retry-after: 7", "Location: /elsewhere", "Content-Encoding: gzip"], Array("{\"error\":1}".utf8))
            }
            let (answer, text) = try await exchanger.whole(request(server.url("/"))).get()
            #expect(answer.status == status)
            #expect(answer.headers["retry-after"] == "7")
            #expect(answer.headers["x-interim"] == nil)
            #expect(text == (status == 204 ? "" : "{\"error\":1}"))
            #expect(server.requests(to: "/").count == 1)
            #expect(server.requests(to: "/elsewhere").isEmpty)
        }
    }

    @Test("A GET goes without a body")
    func get() async throws {
        try await withServer { server, exchanger in
            server.respond("/models", body: "[]")
            #expect(try await exchanger.whole(request(server.url("/models")) { $0.method = .get }).get().text == "[]")
            let seen = try #require(server.requests(to: "/models").first)
            #expect(seen.headers["content-length"] == nil)
            // The handle that sent a GET can send a POST.
            _ = await exchanger.whole(request(server.url("/models"), "x"))
            #expect(server.requests(to: "/models").last?.body == Array("x".utf8))
        }
    }

    // MARK: - Pieces

    @Test("Each piece arrives as it was sent, before the next one is sent", arguments: [true, false])
    func pieces(isChunked: Bool) async throws {
        try await withServer { server, exchanger in
            let seen = Event<Void>()
            server.on("/stream") { connection in
                connection.write(isChunked ? chunked : "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n")
                for n in 0..<10 {
                    guard isChunked ? connection.chunk("data\(n)") : connection.write("data\(n)") else { return }
                    guard seen.block() else { return }
                }
                if isChunked { connection.chunk("") }
            }
            let answer = try await exchanger.exchange(request(server.url("/stream")))
            var pieces: [String] = []
            for try await piece in answer.body {
                pieces.append(String(decoding: piece, as: UTF8.self))
                seen.happen(())
            }
            #expect(pieces == (0..<10).map { "data\($0)" })
        }
    }

    @Test("Pieces that came while nobody read are not joined")
    func unjoined() async throws {
        try await withServer { server, exchanger in
            server.on("/stream") { connection in
                let chunks = (0..<100).map { "5\r\nda\(100 + $0)\r\n" }.joined()
                connection.write(chunked + chunks + "0\r\n\r\n")
            }
            let answer = try await exchanger.exchange(request(server.url("/stream")))
            // Another exchange later everything has come.
            _ = await exchanger.whole(request(server.url("/else")))
            var count = 0
            for try await piece in answer.body {
                #expect(piece == Array("da\(100 + count)".utf8))
                count += 1
            }
            #expect(count == 100)
        }
    }

    @Test("A slow reader stops the server, and gets every byte when it goes on")
    func backPressure() async throws {
        try await withServer { server, exchanger in
            let sent = Mutex(0)
            let total = 32 << 20
            server.on("/flood") { connection in
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
                let block = [UInt8](repeating: 0x61, count: 16_384)
                for _ in 0..<total / block.count {
                    guard connection.write(block) else { return }
                    sent.withLock { $0 += block.count }
                }
            }
            let answer = try await exchanger.exchange(request(server.url("/flood"), wall: .seconds(30)) { $0.idleTimeout = .milliseconds(300) })
            // Standing still is what is to be seen: the same number twice, a while apart, longer than the idle time-out.
            var before = -1
            while sent.withLock({ $0 }) != before {
                before = sent.withLock { $0 }
                try await Task.sleep(for: .milliseconds(400))
            }
            #expect(before < 12 << 20, "\(before) bytes were sent to a reader who does not read")
            var received = 0
            for try await piece in answer.body { received += piece.count }
            #expect(received == total)
        }
    }

    // MARK: - Connections

    @Test("One exchange after the other uses one connection; the caller can tell")
    func reuse() async throws {
        try await withServer { server, exchanger in
            server.respond("/", body: "x")
            for n in 0..<5 {
                let answer = try await exchanger.whole(request(server.url("/"))).get().answer
                #expect(answer.timing.isKeptConnection == (n > 0))
                #expect(answer.address == "127.0.0.1")
            }
            #expect(server.requests(to: "/").map(\.connection) == [1, 1, 1, 1, 1])
        }
    }

    @Test("A kept connection that the server has closed meanwhile is noticed: the next request goes out once, on another")
    func staleConnection() async throws {
        try await withServer { server, exchanger in
            let closing = Event<Void>()
            server.on("/") { connection in
                connection.answer(200)
                connection.hangUp()
                closing.happen(())
            }
            _ = await exchanger.whole(request(server.url("/")))
            _ = await closing.value()
            try await Task.sleep(for: .milliseconds(50))
            #expect(try await exchanger.whole(request(server.url("/"))).get().answer.status == 200)
            #expect(server.requests(to: "/").map(\.connection) == [1, 2])
        }
    }

    @Test("A kept connection that breaks after the request was sent: it is never sent again", arguments: [true, false])
    func neverTwice(isRead: Bool) async throws {
        try await withServer { server, exchanger in
            server.on("/first") { connection in
                connection.answer(200)
                // Not read: closed with the second request lying there, which the server never saw.
                guard !isRead else { return }
                #expect(connection.waitForBytes())
                connection.hangUp()
            }
            // Read: closed after the whole of it.
            server.on("/second") { $0.hangUp() }
            #expect(try await exchanger.whole(request(server.url("/first"))).get().answer.status == 200)
            let failure = try #require(await exchanger.failure(request(server.url("/second"))))
            #expect(failure.outcome == .network)
            #expect(failure.mayHaveBeenReceived)
            #expect(!failure.isCancelled)
            #expect(server.requests(to: "/second").count == (isRead ? 1 : 0))
            // The next one gets a connection of its own.
            server.respond("/third", body: "x")
            #expect(try await exchanger.whole(request(server.url("/third"))).get().text == "x")
            #expect(server.requests(to: "/third").map(\.connection) == [2])
        }
    }

    @Test("An answer that was left before its end does not spoil the next exchange")
    func leftOver() async throws {
        try await withServer { server, exchanger in
            server.on("/long") { connection in
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nab")
                connection.waitForClose(10)
                connection.hangUp()
            }
            server.respond("/short", body: "x")
            _ = try await exchanger.exchange(request(server.url("/long")))
            #expect(try await exchanger.whole(request(server.url("/short"))).get().text == "x")
            #expect(server.requests(to: "/short").map(\.connection) == [2])
        }
    }

    // MARK: - Calling off

    @Test("Cancelling before the answer closes the connection")
    func cancelEarly() async throws {
        try await withServer { server, exchanger in
            let (asked, closed) = (Event<Void>(), Event<Bool>())
            server.on("/wait") { connection in
                asked.happen(())
                closed.happen(connection.waitForClose(10))
                connection.hangUp()
            }
            let task = Task { await exchanger.failure(request(server.url("/wait"))) }
            _ = await asked.value()
            task.cancel()
            let failure = try #require(await task.value)
            #expect(failure.isCancelled)
            #expect(failure.mayHaveBeenReceived)
            #expect(await closed.value() == true)
        }
    }

    @Test("Cancelling in the midst of the body closes the connection")
    func cancelLate() async throws {
        try await withServer { server, exchanger in
            let (piece, closed) = (Event<Void>(), Event<Bool>())
            server.on("/stream") { connection in
                connection.write(chunked)
                connection.chunk("one")
                closed.happen(connection.waitForClose(10))
                connection.hangUp()
            }
            let task = Task { () async throws -> Int in
                var count = 0
                for try await _ in try await exchanger.exchange(request(server.url("/stream"))).body {
                    count += 1
                    piece.happen(())
                }
                return count
            }
            _ = await piece.value()
            task.cancel()
            await #expect(throws: FetchFailure.self) { try await task.value }
            #expect(await closed.value() == true)
        }
    }

    @Test("A task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        try await withServer { server, exchanger in
            server.respond("/", body: "x")
            let gate = Event<Void>()
            let task = Task {
                _ = await gate.value()
                return await exchanger.failure(request(server.url("/")))
            }
            task.cancel()
            let failure = try #require(await task.value)
            #expect(failure.isCancelled)
            #expect(!failure.mayHaveBeenReceived)
            #expect(server.requests(to: "/").isEmpty)
        }
    }

    @Test("Dropping the body closes the connection, unread or half read", arguments: [0, 1])
    func drop(read: Int) async throws {
        try await withServer { server, exchanger in
            let closed = Event<Bool>()
            server.on("/stream") { connection in
                connection.write(chunked)
                connection.chunk("one")
                closed.happen(connection.waitForClose(10))
                connection.hangUp()
            }
            var answer: ExchangeAnswer? = try await exchanger.exchange(request(server.url("/stream")))
            if read > 0 { for try await _ in try #require(answer).body { break } }
            answer = nil
            #expect(await closed.value() == true)
        }
    }

    @Test("Shutting down ends every exchange, and later ones fail at once")
    func shutdown() async throws {
        try await withServer { server, exchanger in
            let asked = Event<Void>()
            server.on("/wait") { connection in
                asked.happen(())
                connection.waitForClose(10)
                connection.hangUp()
            }
            server.on("/stream") { connection in
                connection.write(chunked)
                connection.waitForClose(10)
                connection.hangUp()
            }
            async let waiting = exchanger.failure(request(server.url("/wait")))
            let answer = try await exchanger.exchange(request(server.url("/stream")))
            _ = await asked.value()
            await exchanger.shutdown()
            #expect(await waiting?.isCancelled == true)
            await #expect(throws: FetchFailure.self) { try await answer.body.collect(upTo: 10) }
            let late = await exchanger.failure(request(server.url("/wait")))
            #expect(late?.isCancelled == true)
            #expect(late?.mayHaveBeenReceived == false)
        }
    }

    // MARK: - Broken ends

    @Test("A body that is cut is never complete, and what had come was read before")
    func cut() async throws {
        try await withServer { server, exchanger in
            server.on("/length") { connection in
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
                connection.hangUp()
            }
            server.on("/chunks") { connection in
                connection.write(chunked)
                connection.chunk("abc")
                connection.hangUp()
            }
            server.on("/chunk") { connection in
                connection.write(chunked + "5\r\nabc")
                connection.hangUp()
            }
            server.on("/reset") { connection in
                connection.write(chunked)
                connection.chunk("abc")
                connection.reset()
            }
            for path in ["/length", "/chunks", "/chunk", "/reset"] {
                let answer = try await exchanger.exchange(request(server.url(path)))
                var text = ""
                var failure: FetchFailure?
                do throws(FetchFailure) {
                    for try await piece in answer.body { text += String(decoding: piece, as: UTF8.self) }
                } catch {
                    failure = error
                }
                #expect(path == "/reset" || text == "abc", "\(path)")
                #expect(failure?.outcome == .network, "\(path)")
                #expect(failure?.mayHaveBeenReceived == true, "\(path)")
                #expect(server.requests(to: path).count == 1, "\(path)")
            }
        }
    }

    @Test("No answer, half a head, contradictory lengths, another language: no answer, and the request may have been received")
    func noAnswer() async throws {
        try await withServer { server, exchanger in
            server.on("/nothing") { $0.hangUp() }
            server.on("/reset") { $0.reset() }
            server.on("/head") { connection in
                connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n")
                connection.hangUp()
            }
            server.on("/lengths") { connection in
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde")
                connection.hangUp()
            }
            server.on("/smtp") { connection in
                connection.write("220 mail.example ESMTP\r\n")
                connection.hangUp()
            }
            for path in ["/nothing", "/reset", "/head", "/lengths", "/smtp"] {
                let failure = await exchanger.failure(request(server.url(path)))
                #expect(failure?.outcome == .network, "\(path): \(failure?.message ?? "an answer")")
                #expect(failure?.mayHaveBeenReceived == true, "\(path)")
                #expect(server.requests(to: path).count == 1, "\(path)")
            }
        }
    }

    @Test("Silence in the midst of a body ends it, a deadline ends everything")
    func time() async throws {
        try await withServer { server, exchanger in
            server.on("/silence") { connection in
                connection.write(chunked)
                connection.chunk("abc")
                connection.waitForClose(10)
                connection.hangUp()
            }
            server.on("/thinking") { connection in
                connection.waitForClose(10)
                connection.hangUp()
            }
            server.on("/drip") { connection in
                connection.write(chunked)
                while connection.chunk("x"), !connection.waitForClose(0.05) {}
                connection.hangUp()
            }
            for (path, idle, wall) in [("/silence", 300, 10_000), ("/thinking", 100, 400), ("/drip", 10_000, 400), ("/silence", 10_000, 400)] {
                let started = ContinuousClock.now
                let failure = await exchanger.failure(request(server.url(path), wall: .milliseconds(wall)) { $0.idleTimeout = .milliseconds(idle) })
                let took = started.duration(to: .now)
                #expect(failure?.outcome == .timeout, "\(path): \(failure?.message ?? "an answer")")
                #expect(failure?.mayHaveBeenReceived == true)
                #expect(took >= .milliseconds(path == "/thinking" ? 400 : min(idle, wall)) && took < .seconds(5), "\(path) took \(took)")
            }
        }
    }

    @Test("Too large an answer ends as too_large: announced, endless, and in its header fields")
    func tooLarge() async throws {
        try await withServer { server, exchanger in
            server.on("/announced") { connection in
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n")
                connection.waitForClose(10)
                connection.hangUp()
            }
            server.on("/endless") { connection in
                connection.write(chunked)
                while connection.chunk(String(repeating: "a", count: 10_000)) {}
                connection.hangUp()
            }
            server.on("/headers") { connection in
                connection.write("HTTP/1.1 200 OK\r\n")
                while connection.write("X-Filler: \(String(repeating: "a", count: 1000))\r\n") {}
                connection.hangUp()
            }
            server.on("/line") { connection in
                connection.write("HTTP/1.1 200 OK\r\nX-Long: \(String(repeating: "a", count: 1 << 20))\r\n\r\n")
                connection.hangUp()
            }
            for path in ["/announced", "/endless", "/headers", "/line"] {
                let failure = await exchanger.failure(request(server.url(path)) { $0.answerBytes = .kibibytes(64) })
                #expect(failure?.outcome == .tooLarge, "\(path): \(failure?.message ?? "an answer")")
                #expect(server.requests(to: path).count == 1, "\(path)")
            }
        }
    }

    // MARK: - Never sent

    @Test("Where no request went out, that is certain: no such name, nobody listening, an address denied, no TLS, no URL, a wrong field")
    func neverSent() async throws {
        try await withServer { server, exchanger in
            server.respond("/", body: "x")
            let secure = "https://127.0.0.1:\(server.port)/"
            let cases: [(String, [Outcome], ExchangeRequest)] = [
                ("name", [.dns, .offline], request("http://wiredesk-test.invalid/")),
                ("refused", [.network], request("http://127.0.0.1:1/")),
                ("denied", [.denied], request("http://127.0.0.2:\(server.port)/")),
                ("tls", [.tls, .timeout], request(secure, wall: .seconds(2))),
                ("scheme", [.config], request("ftp://127.0.0.1/")),
                ("field", [.config], request(server.url("/")) { $0.headers = [HTTPHeader(name: "X", value: "a\r\nY: b")] }),
                ("name of field", [.config], request(server.url("/")) { $0.headers = [HTTPHeader(name: "X: a\nY", value: "b")] }),
            ]
            for (what, outcomes, request) in cases {
                let failure = await exchanger.failure(request)
                #expect(failure.map { outcomes.contains($0.outcome) } == true, "\(what): \(failure?.message ?? "an answer")")
                #expect(failure?.mayHaveBeenReceived == false, "\(what): \(failure?.message ?? "an answer")")
            }
            #expect(server.requests(to: "/").isEmpty)
        }
    }

    @Test("A connection that does not come about in time: nothing was sent")
    func connectTimeout() async throws {
        try await withServer { server, exchanger in
            // TLS is asked of a server that waits for a line's end.
            let failure = await exchanger.failure(
                request("https://127.0.0.1:\(server.port)/") { $0.connectTimeout = .milliseconds(200) })
            #expect(failure?.mayHaveBeenReceived == false)
        }
    }

    // MARK: - Many

    @Test("A hundred exchanges at once, each with its own answer")
    func many() async throws {
        try await withServer { server, exchanger in
            let here = Mutex(0)
            let all = DispatchSemaphore(value: 0)
            server.on("/echo") { connection in
                connection.write(chunked)
                // Nobody goes on before all are here.
                if here.withLock({
                    $0 += 1
                    return $0 == 100
                }) {
                    for _ in 0..<100 { all.signal() }
                }
                guard all.wait(timeout: .now() + 10) == .success else { return connection.hangUp() }
                for piece in 0..<5 { connection.chunk("\(String(decoding: connection.request.body, as: UTF8.self))-\(piece) ") }
                connection.chunk("")
            }
            let url = server.url("/echo")
            await withTaskGroup(of: Void.self) { group in
                for n in 0..<100 {
                    group.addTask {
                        let text = try? await exchanger.whole(request(url, "n\(n)", wall: .seconds(20))).get().text
                        #expect(text == (0..<5).map { "n\(n)-\($0) " }.joined())
                    }
                }
            }
            #expect(server.requests(to: "/echo").count == 100)
        }
    }

    @Test("Called off at any moment, each exchange ends, and the next one works")
    func calledOffAnywhere() async throws {
        try await withServer { server, exchanger in
            server.on("/stream") { connection in
                connection.write(chunked)
                for n in 0..<20 where !connection.chunk("piece \(n)") { return connection.hangUp() }
                connection.chunk("")
            }
            let url = server.url("/stream")
            let ends = await withTaskGroup(of: Bool.self, returning: [Bool].self) { group in
                for n in 0..<300 {
                    group.addTask {
                        let task = Task { await exchanger.whole(request(url, wall: .seconds(30))) }
                        for _ in 0..<(n % 60) { await Task.yield() }
                        if n % 3 > 0 { task.cancel() }
                        switch await task.value {
                        case .success(let (_, text)): return text.hasSuffix("piece 19")
                        case .failure(let failure): return failure.isCancelled && n % 3 > 0
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(ends.count == 300)
            #expect(ends.allSatisfy { $0 })
            let next = try await exchanger.whole(request(url)).get()
            #expect(next.answer.status == 200)
        }
    }

    @Test("Beyond the exchanges allowed at a time others wait, and a deadline ends the waiting")
    func places() async throws {
        try await withServer({ $0.exchanges = 1 }) { server, exchanger in
            let go = Event<Void>()
            let asked = Event<Void>()
            server.on("/slow") { connection in
                asked.happen(())
                _ = go.block()
                connection.answer(200)
            }
            server.respond("/", body: "x")
            async let slow = exchanger.whole(request(server.url("/slow")))
            _ = await asked.value()
            let late = await exchanger.failure(request(server.url("/"), wall: .milliseconds(100)))
            #expect(late?.outcome == .timeout)
            #expect(late?.mayHaveBeenReceived == false)
            async let next = exchanger.whole(request(server.url("/")))
            go.happen(())
            let (first, second) = try await (slow.get(), next.get())
            #expect(first.answer.status == 200)
            #expect(second.text == "x")
        }
    }
}

@Suite("An exchange's body in a script") struct ExchangeBodyTests {
    @Test("Pieces come as given, then the broken end")
    func script() async throws {
        let body = ExchangeBody(pieces: [[1], [2, 3]], failure: FetchFailure(outcome: .network, message: "cut"))
        var iterator = body.makeAsyncIterator()
        #expect(try await iterator.next() == [1])
        #expect(try await iterator.next() == [2, 3])
        await #expect(throws: FetchFailure.self) { try await iterator.next() }
        #expect(try await ExchangeBody(pieces: [[1], [2]]).collect(upTo: 2) == [1, 2])
        await #expect(throws: FetchFailure.self) { try await ExchangeBody(pieces: [[1], [2]]).collect(upTo: 1) }
    }
}
