public import WireCore

/// One mistake in Prices.json.
public struct PriceProblem: Sendable, Equatable {
    public var position: TextPosition
    /// What was seen and what is allowed.
    public var message: String

    public init(position: TextPosition, message: String) {
        self.position = position
        self.message = message
    }
}

/// A price table that is refused as a whole, with every mistake in it, in the order of the text.
public struct PriceTableRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    public var file: String
    public var problems: [PriceProblem]

    public init(file: String, problems: [PriceProblem]) {
        self.file = file
        self.problems = problems
    }

    /// One line a problem, `file:line:column: message`.
    public var description: String {
        problems.map { "\(file):\($0.position.line):\($0.position.column): \($0.message)" }.joined(separator: "\n")
    }

    /// As an error with exit code 78.
    public var deskError: DeskError {
        let count = problems.count == 1 ? "a mistake" : "\(problems.count) mistakes"
        return DeskError(
            .config, "the price table has \(count) and is refused as a whole:\n\(description)",
            hint: "Correct it; docs/prices.schema.json says what is allowed.")
    }
}
