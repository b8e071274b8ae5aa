/// Why a call has no price: the model is not in the table, or the row cannot price what was used.
public struct PriceFault: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case unknownModel = "unknown_model"
        /// The model's first row begins later.
        case notYetPriced = "not_yet_priced"
        /// Tokens or searches of a class that the row has no price for.
        case unpricedClass = "unpriced_class"
        /// A batch, region, speed or service tier that the row has no factor for.
        case unknownTerm = "unknown_term"
        /// Beyond what an amount can hold.
        case overflow
        /// A count below zero.
        case negative
    }

    public var code: Code
    /// What was seen, what is known, in plain words.
    public var message: String
    /// For an unknown model the nearest known names, best first; at most three.
    public var nearest: [String] = []

    public init(_ code: Code, _ message: String, nearest: [String] = []) {
        self.code = code
        self.message = message
        self.nearest = nearest
    }

    public var description: String { message }
}
