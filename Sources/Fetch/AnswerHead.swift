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

    /// The declared lengths, each once; a list of equal ones is one (RFC 9110, 8.6).
    private var lengths: Set<String> {
        Set(values("content-length").flatMap { $0.split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } } })
    }

    /// The declared length; one beyond any number is ``Int/max``, so that it counts as too large. Nil when there is none.
    var contentLength: Int? { lengths.first.flatMap { Self.isNumber($0) ? Int($0) ?? .max : nil } }

    /// Two lengths that contradict each other, or one that is no number (RFC 9112, 6.3: the message cannot be trusted).
    var conflictingLength: String? {
        lengths.count > 1 || !lengths.allSatisfy(Self.isNumber) ? lengths.sorted().map { "“\($0)”" }.joined(separator: " and ") : nil
    }

    private static func isNumber(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } }

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
