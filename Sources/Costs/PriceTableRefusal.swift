public import WireCore

/// A price table that is refused as a whole, with every mistake in it, in the order of the text.
public struct PriceTableRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    public var file: String
    public var problems: [FileProblem]
    /// True when there are more than are named.
    public var isCutShort: Bool

    public init(file: String, problems: [FileProblem], isCutShort: Bool = false) {
        self.file = file
        self.problems = problems
        self.isCutShort = isCutShort
    }

    /// One line a problem, `file:line:column: message`.
    public var description: String { FileProblemText.lines(problems, in: file, isCutShort: isCutShort) }

    /// As an error with exit code 78.
    public var deskError: DeskError {
        DeskError(
            .config, "the price table has \(FileProblemText.count(problems, isCutShort: isCutShort)) and is refused as a whole:\n\(description)",
            hint: "Correct it; docs/prices.schema.json says what is allowed.")
    }
}
