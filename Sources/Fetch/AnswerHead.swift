import WireCore

/// The status line and header fields of an answer as they come in, line by line (RFC 9112, 2.1).
struct AnswerHead {
    /// Fields that are kept; further ones are counted in bytes only.
    static let mostFields = 256

    private(set) var status = 0
    private(set) var fields: [HTTPHeader] = []
    /// True once the blank line came; what follows are trailers.
    private(set) var isComplete = false
    /// Bytes of all lines so far.
    var bytes = 0

    /// Takes one line with its line end; true when it completes the block of a final answer.
    mutating func take(line: UnsafeBufferPointer<UInt8>) -> Bool {
        if isComplete { return false }
        let text = line.last == 0x0A ? line.dropLast(line.dropLast().last == 0x0D ? 2 : 1) : line[...]
        if text.isEmpty {
            // 1xx answers are followed by the real one.
            if (100..<200).contains(status), status != 101 {
                fields = []
                return false
            }
            isComplete = status > 0
            return isComplete
        }
        if text.starts(with: Array("HTTP/".utf8)) {
            let digits = text.drop { $0 != 0x20 }.drop { $0 == 0x20 }.prefix(3)
            status = Int(String(decoding: digits, as: UTF8.self)) ?? 0
            fields = []
            return false
        }
        guard fields.count < Self.mostFields, let colon = text.firstIndex(of: 0x3A) else { return false }
        let name = String(decoding: text[..<colon], as: UTF8.self)
        let value = text[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        let end = value.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? value.startIndex
        fields.append(HTTPHeader(name: name, value: String(decoding: value[..<end], as: UTF8.self)))
        return false
    }

    private func values(_ name: String) -> [String] {
        fields.filter { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name }.map(\.value)
    }

    /// The declared length; nil when there is none that can be read.
    var contentLength: Int? { values("content-length").first.flatMap { Int($0) } }

    /// Two lengths that contradict each other (RFC 9112, 6.3: the message cannot be trusted).
    var conflictingLength: String? {
        let lengths = Set(values("content-length").flatMap { $0.split(separator: ",").map { $0.filter { $0 != " " } } })
        return lengths.count > 1 ? lengths.sorted().joined(separator: " and ") : nil
    }

    /// The layers of compression, outermost first; "identity" is none.
    var encodings: [String] {
        values("content-encoding").flatMap { $0.lowercased().split(separator: ",") }
            .map { $0.filter { $0 != " " && $0 != "\t" } }.filter { !$0.isEmpty && $0 != "identity" }.reversed()
    }

    /// Where a redirect leads; nil when the answer is none (RFC 9110, 15.4).
    var redirectTarget: String? {
        guard [301, 302, 303, 307, 308].contains(status) else { return nil }
        return fields["location"].flatMap { $0.isEmpty ? nil : $0 }
    }
}
