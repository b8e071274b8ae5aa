import Foundation
import Synchronization

/// A server on loopback that says exactly what a test tells it to, bytes and all: wrong lengths, half headers, drips, resets.
///
/// Each connection has a thread of its own; ``stop()`` ends them all. A connection serves one request, or many where connections are kept.
public final class ScriptedServer: Sendable {
    /// One request as it came.
    public struct Request: Sendable {
        public var path: String
        /// Header lines by lower-case name.
        public var headers: [String: String]
        /// Of its declared length.
        public var body: [UInt8] = []
        /// The connection that it came on, counted from 1.
        public var connection = 0
    }

    /// The server's end of a connection.
    public struct Connection: Sendable {
        let descriptor: Int32
        public let request: Request
        let isLast = Flag(false)

        /// Writes all of it; false when the peer has gone.
        @discardableResult
        public func write(_ text: String) -> Bool { write(Array(text.utf8)) }

        /// Writes all of it; false when the peer has gone.
        @discardableResult
        public func write(_ bytes: [UInt8]) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }

        /// A whole answer with the right length.
        public func answer(_ status: Int = 200, _ headers: [String] = [], _ body: [UInt8] = []) {
            let head = (["HTTP/1.1 \(status) Status", "Content-Length: \(body.count)"] + headers).joined(separator: "\r\n") + "\r\n\r\n"
            write(Array(head.utf8) + body)
        }

        /// Waits until the peer closes, or `seconds` are over; true when it closed.
        @discardableResult
        public func waitForClose(_ seconds: Double) -> Bool {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let end = ContinuousClock.now + .seconds(seconds)
            var byte: UInt8 = 0
            while ContinuousClock.now < end {
                guard Glibc.poll(&poll, 1, 50) > 0 else { continue }
                if recv(descriptor, &byte, 1, 0) <= 0 { return true }
            }
            return false
        }

        /// Waits until the peer has sent something, without reading it; false when it closed or five seconds are over.
        public func waitForBytes() -> Bool {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            var byte: UInt8 = 0
            return Glibc.poll(&poll, 1, 5000) > 0 && recv(descriptor, &byte, 1, Int32(MSG_PEEK)) == 1
        }

        /// Closes after this request, also where connections are kept.
        public func hangUp() { isLast.isSet.store(true, ordering: .relaxed) }

        /// Closes with a reset.
        public func reset() {
            hangUp()
            var option = linger(l_onoff: 1, l_linger: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
    }

    /// True for as many requests on a connection as the peer sends; false closes after one.
    private let keepsConnections: Bool
    private let connections = Atomic(0)
    private let listener: Int32
    public let port: Int
    private let handlers = Mutex<[String: @Sendable (Connection) -> Void]>([:])
    private let requests = Mutex<[Request]>([])
    private let open = Mutex<Set<Int32>>([])

    /// Listens on a free port of 127.0.0.1.
    public init(keepsConnections: Bool = false) throws {
        self.keepsConnections = keepsConnections
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 512) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(.EADDRNOTAVAIL) }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { self.accept() }
    }

    /// "http://127.0.0.1:PORT/path".
    public func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// What to do with requests for a path; the query does not count. Other paths are 404.
    public func on(_ path: String, _ handler: @escaping @Sendable (Connection) -> Void) { handlers.withLock { $0[path] = handler } }

    /// A whole answer for a path.
    public func respond(_ path: String, _ status: Int = 200, _ headers: [String] = [], body: String = "") {
        on(path) { $0.answer(status, headers, Array(body.utf8)) }
    }

    /// The requests for a path so far, in order.
    public func requests(to path: String) -> [Request] {
        requests.withLock { all in all.filter { $0.path == path || $0.path.hasPrefix(path + "?") } }
    }

    /// Closes everything.
    public func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        open.withLock { for descriptor in $0 { shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }

    private func accept() {
        // Closed here alone: its number may be another server's listener at once, whose connections would be taken from it.
        defer { close(listener) }
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            _ = open.withLock { $0.insert(descriptor) }
            Thread.detachNewThread { self.serve(descriptor) }
        }
    }

    private func serve(_ descriptor: Int32) {
        defer {
            _ = open.withLock { $0.remove(descriptor) }
            close(descriptor)
        }
        let number = connections.wrappingAdd(1, ordering: .relaxed).newValue
        repeat {
            guard var request = Self.readRequest(descriptor) else { return }
            request.connection = number
            requests.withLock { $0.append(request) }
            let key = String(request.path.prefix { $0 != "?" })
            let connection = Connection(descriptor: descriptor, request: request)
            if let handler = handlers.withLock({ $0[key] }) { handler(connection) } else { connection.answer(404) }
            if connection.isLast.isSet.load(ordering: .relaxed) { return }
        } while keepsConnections
    }

    /// A whole request; nil when the peer closed before its end.
    private static func readRequest(_ descriptor: Int32) -> Request? {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual([13, 10, 13, 10]), head.count < 65_536 {
            guard recv(descriptor, &byte, 1, 0) == 1 else { return nil }
            head.append(byte)
        }
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        guard let path = lines.first?.split(separator: " ").dropFirst().first.map(String.init) else { return nil }
        var request = Request(path: path, headers: [:])
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            request.headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        }
        request.body = [UInt8](repeating: 0, count: request.headers["content-length"].flatMap { Int($0) } ?? 0)
        var filled = 0
        while filled < request.body.count {
            let count = request.body.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled, 0) }
            guard count > 0 else { return nil }
            filled += count
        }
        return request
    }
}

/// A flag that copies of a value share.
final class Flag: Sendable {
    let isSet = Atomic(false)

    init(_ value: Bool) { isSet.store(value, ordering: .relaxed) }
}
