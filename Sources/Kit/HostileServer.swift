// Kit: what the authors of sources need. Conformance lets a source at a server that misbehaves and judges how it ends; PluginTemplate makes
// a new plugin with its test. Read in this order: HostileCase, TestDocument, HostileServer, Conformance, PluginTemplate.
// Tests: Tests/KitTests.

import Foundation
import Inflate
import Synchronization
import WireCore

/// A server on loopback that misbehaves as a ``HostileCase`` says, bytes and all. Each connection has a thread of its own; ``stop()`` ends all.
final class HostileServer: Sendable {
    private struct Play {
        var behaviour: HostileCase.Behaviour
        var document: TestDocument
        var requests = 0
    }

    let port: Int
    private let listener: Int32
    private let play: Mutex<Play>
    private let open = Mutex<Set<Int32>>([])
    private let start = Int(Date().timeIntervalSince1970)

    /// The header field that carries the address that the source asked for.
    static let addressField = "X-Wiredesk-Address"

    /// Listens on a free port of 127.0.0.1. Throws where the machine has none.
    init(document: TestDocument) throws(DeskError) {
        play = Mutex(Play(behaviour: .good, document: document))
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw DeskError(.failure, "no port of 127.0.0.1 can be listened on: \(String(cString: strerror(errno)))") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { self.accept() }
    }

    /// How often it was asked since the last ``begin(_:_:)``.
    var requests: Int { play.withLock { $0.requests } }

    /// Behaves so from now on.
    func begin(_ behaviour: HostileCase.Behaviour, _ document: TestDocument) {
        play.withLock { $0 = Play(behaviour: behaviour, document: document) }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
        open.withLock { for descriptor in $0 { shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }

    private func accept() {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            _ = open.withLock { $0.insert(descriptor) }
            Thread.detachNewThread { [self] in
                serve(Client(descriptor: descriptor))
                _ = open.withLock { $0.remove(descriptor) }
                close(descriptor)
            }
        }
    }

    private func serve(_ client: Client) {
        guard let head = client.readHead() else { return }
        let (behaviour, document, count) = play.withLock { play in
            play.requests += 1
            return (play.behaviour, play.document, play.requests)
        }
        let address = head.first { $0.name == Self.addressField.lowercased() }?.value ?? "http://news.example/"
        let base = String(address.prefix { $0 != "?" && $0 != "#" })
        func page(_ number: Int, time: Int = 0, next: String = "") -> [UInt8] {
            document.page(.init(page: number, time: start - 60 - time, next: next))
        }
        func answer(_ body: [UInt8], _ headers: [String] = [], next: String = "") {
            client.answer(200, headers + (next.isEmpty ? [] : ["Link: <\(next)>; rel=\"next\""]), body)
        }
        switch behaviour {
        case .good: answer(page(1))
        case .html: answer(Array("<!DOCTYPE html><html><head><title>Welcome</title></head><body><p>News</p></body></html>".utf8))
        case .captcha:
            answer(Array("<!DOCTYPE html><html><head><title>Just a moment...</title></head><body><div class=\"h-captcha\"></div></body></html>".utf8))
        case .status(let status): client.answer(status, [], Array("{\"message\":\"no\"}".utf8))
        case .retryAfter: client.answer(429, ["Retry-After: 315360000"], [])
        case .samePage: answer(page(1, next: base + "?more=1"), next: base + "?more=1")
        case .cycle:
            let next = base + (count % 2 == 1 ? "?turn=b" : "?turn=a")
            answer(page(count % 2 + 1, time: count % 2, next: next), next: next)
        case .stuckClock: answer(page(count, next: base + "?n=\(count)"), next: base + "?n=\(count)")
        case .endless: answer(page(count, time: count * 60, next: base + "?n=\(count)"), next: base + "?n=\(count)")
        case .drip: client.drip()
        case .bomb: client.bomb()
        case .flood: client.flood()
        case .wrongLength: client.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{\"items\":[")
        case .reset: client.reset()
        case .redirectLoop: client.answer(302, ["Location: /again"], [])
        case .privateRedirect: client.answer(302, ["Location: http://169.254.169.254/latest/meta-data"], [])
        case .notModified: client.write("HTTP/1.1 304 Not Modified\r\n\r\n")
        case .charsetLie: answer(page(1), ["Content-Type: application/json; charset=utf-16"])
        case .half:
            let whole = page(1)
            answer(Array(whole.prefix(whole.count / 2)))
        case .empty: answer([])
        case .deep: answer([UInt8](repeating: 0x5B, count: 100_000))
        }
    }
}

/// The server's end of a connection.
private struct Client {
    let descriptor: Int32

    /// The header fields of a request, names in lower case; nil when the peer has gone.
    func readHead() -> [(name: String, value: String)]? {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual([13, 10, 13, 10]), head.count < 65_536 {
            guard recv(descriptor, &byte, 1, 0) == 1 else { return nil }
            head.append(byte)
        }
        return String(decoding: head, as: UTF8.self).split(separator: "\r\n").dropFirst().compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (line[..<colon].lowercased(), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
        }
    }

    @discardableResult
    func write(_ text: String) -> Bool { write(Array(text.utf8)) }

    /// Writes all of it; false when the peer has gone.
    @discardableResult
    func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    func answer(_ status: Int, _ headers: [String], _ body: [UInt8]) {
        write("HTTP/1.1 \(status) Status\r\n" + (["Content-Length: \(body.count)"] + headers).joined(separator: "\r\n") + "\r\n\r\n")
        write(body)
    }

    /// A byte ten times a second, for a minute at most.
    func drip() {
        write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        for _ in 0..<600 {
            guard write("{") else { return }
            usleep(100_000)
        }
    }

    /// 64 MiB at most.
    func flood() {
        write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        let piece = [UInt8](repeating: 0x20, count: 1 << 16)
        for _ in 0..<1024 where !write(piece) { return }
    }

    func bomb() { answer(200, ["Content-Encoding: gzip", "Content-Type: application/json"], Self.packedBlanks) }

    /// 32 MiB of blanks.
    private static let packedBlanks = Deflater.gzip([UInt8](repeating: 0x20, count: 32 << 20)) ?? []

    func reset() {
        write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
}
