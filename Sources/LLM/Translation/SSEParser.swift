/// One block of an event stream, up to and with its blank line.
public struct SSEEvent: Sendable, Equatable {
    /// The event's name; "message" when the block gives none.
    public var name: String
    /// The data lines, joined by line feeds; nil for a block without data (a comment that keeps the connection alive), which the
    /// standard does not dispatch but whose bytes a pass-through still needs.
    public var data: [UInt8]?
    /// The block exactly as it arrived.
    public var raw: [UInt8]

    public init(name: String = "message", data: [UInt8]?, raw: [UInt8] = []) {
        self.name = name
        self.data = data
        self.raw = raw
    }
}

/// An event stream with a block larger than the parser's ceiling.
public struct SSETooLarge: Error, Sendable, Equatable, CustomStringConvertible {
    /// The most bytes that one block may have.
    public var ceiling: Int

    public var description: String { "one event of the stream is larger than \(ceiling) bytes; nothing of it was used" }
}

/// Reads an event stream as it arrives (WHATWG HTML, section 9.2.6): CR, LF and CRLF end a line, a byte-order mark at the very start
/// is skipped, `id` and `retry` are left to whoever reads the raw bytes.
///
/// The raw bytes of all events and then `remainder` are together exactly what was received. A block that ends with a lone CR is given
/// at once; should a line feed follow in a later piece, it stands at the start of the next block's raw bytes.
public struct SSEParser: Sendable {
    private let ceiling: Int
    private var raw: [UInt8] = []
    /// Where the current line begins in `raw`.
    private var lineStart = 0
    private var skipsLineFeed = false
    private var isAtStart = true
    private var hasFailed = false
    private var name = ""
    private var data: [UInt8]?

    /// `ceiling`: the most bytes that one block may have; a larger one throws.
    public init(ceiling: Int = 8 << 20) {
        self.ceiling = ceiling
    }

    /// What arrived and belongs to no complete block. At the end of the stream the standard says to drop it.
    public var remainder: [UInt8] { raw }

    /// Takes the next piece of the stream and gives the blocks that it completes. When a block grows too large, the whole ones before
    /// it are still given; the call after that, and every later one, fails.
    public mutating func receive(_ piece: some Collection<UInt8>) throws(SSETooLarge) -> [SSEEvent] {
        let bytes = Array(piece)
        var events: [SSEEvent] = []
        var at = 0
        while at < bytes.count, !hasFailed {
            if skipsLineFeed, bytes[at] == 0x0A {
                swallowLineFeed(into: &events)
                at += 1
            }
            skipsLineFeed = false
            let ending = bytes[at...].firstIndex { $0 == 0x0A || $0 == 0x0D }
            let next = ending.map { $0 + 1 } ?? bytes.count
            hasFailed = raw.count + (next - at) > ceiling
            guard !hasFailed else { break }
            raw.append(contentsOf: bytes[at..<next])
            at = next
            guard let ending else { break }
            skipsLineFeed = bytes[ending] == 0x0D
            if let event = endLine() { events.append(event) }
        }
        if hasFailed, events.isEmpty { throw SSETooLarge(ceiling: ceiling) }
        return events
    }

    /// The second half of a CRLF: part of the block it ends when that one is still in hand, else of the next.
    private mutating func swallowLineFeed(into events: inout [SSEEvent]) {
        if raw.isEmpty, let last = events.indices.last {
            events[last].raw.append(0x0A)
        } else {
            raw.append(0x0A)
            lineStart = raw.count
        }
    }

    private mutating func endLine() -> SSEEvent? {
        if isAtStart, raw.starts(with: [0xEF, 0xBB, 0xBF]) { lineStart = 3 }
        isAtStart = false
        let line = raw[lineStart..<raw.count - 1]
        if line.isEmpty { return endBlock() }
        lineStart = raw.count
        take(line)
        return nil
    }

    private mutating func take(_ line: ArraySlice<UInt8>) {
        let colon = line.firstIndex(of: 0x3A) ?? line.endIndex
        var value = line[colon...].dropFirst()
        if value.first == 0x20 { value = value.dropFirst() }
        let field = line[..<colon]
        if field.elementsEqual("data".utf8) {
            if data == nil { data = [] } else { data?.append(0x0A) }
            data?.append(contentsOf: value)
        } else if field.elementsEqual("event".utf8) {
            name = String(decoding: value, as: UTF8.self)
        }
    }

    private mutating func endBlock() -> SSEEvent {
        let event = SSEEvent(name: name.isEmpty ? "message" : name, data: data, raw: raw)
        raw = []
        lineStart = 0
        name = ""
        data = nil
        return event
    }
}
