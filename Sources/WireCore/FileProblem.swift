/// One mistake in a configuration file.
public struct FileProblem: Sendable, Equatable {
    public var position: TextPosition
    /// What was seen and what is allowed.
    public var message: String

    public init(position: TextPosition, message: String) {
        self.position = position
        self.message = message
    }
}

/// Collects the mistakes of one file's text, each once.
public final class FileProblemList {
    /// More problems than this are not looked for: nobody reads them, and a slip may have caused them all.
    public static let most = 50

    private var problems: [FileProblem] = []
    private let text: [UInt8]
    /// The offset of each line's first byte, so that thousands of objects find their lines quickly.
    private let lineStarts: [Int]
    /// True when there were more than are kept.
    public private(set) var isCutShort = false

    public init(text: [UInt8]) {
        self.text = text
        lineStarts = [0] + text.indices.filter { text[$0] == 0x0A }.map { $0 + 1 }
    }

    public var isEmpty: Bool { problems.isEmpty }

    /// The problems in the order of the text.
    public var sorted: [FileProblem] { problems.sorted { ($0.position.line, $0.position.column) < ($1.position.line, $1.position.column) } }

    public func add(at node: JSONNode, _ message: String) { add(at: node.range.lowerBound, message) }

    /// Notes a problem at a byte of the text.
    public func add(at offset: Int, _ message: String) {
        guard !isCutShort else { return }
        let problem = FileProblem(position: position(of: offset), message: message)
        guard !problems.contains(problem) else { return }
        guard problems.count < Self.most else {
            isCutShort = true
            return
        }
        problems.append(problem)
    }

    /// The line that `node` begins on, from 1.
    public func line(of node: JSONNode) -> Int { lineIndex(of: node.range.lowerBound) + 1 }

    /// Line and column of a byte.
    private func position(of offset: Int) -> TextPosition {
        let line = lineIndex(of: offset)
        let before = text[lineStarts[line]..<min(max(offset, lineStarts[line]), text.count)]
        return TextPosition(line: line + 1, column: before.count { $0 & 0xC0 != 0x80 } + 1)
    }

    private func lineIndex(of offset: Int) -> Int {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }
}

/// What a refused file is told as, whichever it is.
public enum FileProblemText {
    /// One line a problem, `file:line:column: message`.
    public static func lines(_ problems: [FileProblem], in file: String, isCutShort: Bool) -> String {
        let lines = problems.map { "\(file):\($0.position.line):\($0.position.column): \($0.message)" }
        return (lines + (isCutShort ? ["and more"] : [])).joined(separator: "\n")
    }

    /// "a mistake", "3 mistakes", "more than 50 mistakes".
    public static func count(_ problems: [FileProblem], isCutShort: Bool) -> String {
        problems.count == 1 ? "a mistake" : "\(isCutShort ? "more than " : "")\(problems.count) mistakes"
    }
}
