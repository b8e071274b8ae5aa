import FoundationEssentials
import WireCore

/// What an object of the price table holds beside texts and numbers.
extension ConfigObject {
    func text(_ node: JSONNode, _ key: String) -> String? {
        guard let text = node.string, !text.isEmpty, text.utf8.count <= 200, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            wrong(node, key, due: "a text of 1 to 200 ASCII characters without blanks")
            return nil
        }
        return text
    }

    /// A UTC day, "2026-10-07", as its midnight.
    func day(_ node: JSONNode, _ key: String) -> Date? {
        guard let text = node.string, text.utf8.count == 10, let date = UTCTime.parse(text) else {
            wrong(node, key, due: "a day such as \"2026-10-07\" (UTC)")
            return nil
        }
        return date
    }

    /// Dollars as a decimal string; a JSON number is refused by name.
    func price(_ node: JSONNode, _ key: String) -> ExactDecimal? {
        if let digits = node.number {
            problems.add(
                at: node,
                "\(key) of \(what) is the number \(shown(digits)), but a price is a decimal text: write \"\(key)\": \"\(shown(digits))\", "
                    + "so that no program reads it as binary floating point")
            return nil
        }
        guard let value = node.string.flatMap({ ExactDecimal(parsing: $0) }), value.isPossiblePrice else {
            wrong(node, key, due: "dollars as a decimal text such as \"0.0375\", from 0 to 1000000, with at most 12 decimals, without exponent")
            return nil
        }
        return value
    }

    func factor(_ node: JSONNode, _ key: String) -> PriceFactor? {
        if let digits = node.number {
            problems.add(
                at: node, "\(key) of \(what) is the number \(shown(digits)), but a factor is \(PriceFactor.rule); write it in quotes")
            return nil
        }
        guard let value = node.string.flatMap({ PriceFactor(parsing: $0) }) else {
            wrong(node, key, due: PriceFactor.rule)
            return nil
        }
        return value
    }
}

extension ExactDecimal {
    /// True up to a million dollars.
    fileprivate var isPossiblePrice: Bool { digits >= 0 && (scaled(to: 12).map { $0 <= Int128(1_000_000) * 1_000_000_000_000 } ?? false) }
}

func shown(_ text: String) -> String { SafeText.line(text, limit: 60) }
