import WireCore

/// Finds the factors of a call's terms in a row.
struct TermFactors {
    let row: PriceRow

    /// Words that a provider uses for "no wish": factor 1.
    private static let plain: [Term: Set<String>] = [
        .region: ["", "global", "not_available"], .speed: ["", "standard"], .serviceTier: ["", "standard", "default", "standard_only"],
    ]

    /// Other words for a tier: OpenAI takes "fast" for "priority", and names the latter in its answers.
    private static let synonyms = ["fast": "priority"]

    private enum Term: String {
        case region
        case speed
        case serviceTier = "service tier"
    }

    /// One factor per term that is not plain. In a request an open term counts as its dearest; in an answer it is an unknown one.
    func all(of terms: CallTerms, isRequest: Bool) throws(PriceFault) -> [PriceFactor] {
        var factors: [PriceFactor] = []
        if terms.isBatch {
            guard let batch = row.factors.batch else { throw PriceFault(.unknownTerm, "\(row.name) has no factor for batches") }
            factors.append(batch)
        }
        factors.append(try factor(.region, terms.region, row.factors.region, isRequest))
        factors.append(try factor(.speed, terms.speed, row.factors.speed, isRequest))
        factors.append(try factor(.serviceTier, terms.serviceTier, row.factors.serviceTier, isRequest))
        return factors.filter { $0 != .one }
    }

    private func factor(
        _ term: Term, _ value: String?, _ known: [String: PriceFactor], _ isRequest: Bool
    ) throws(PriceFault) -> PriceFactor {
        guard let value else { return .one }
        if let factor = known[value] { return factor }
        if term == .serviceTier, let factor = Self.synonyms[value].flatMap({ known[$0] }) { return factor }
        if Self.plain[term]?.contains(value) == true { return .one }
        if isRequest, value == Pricing.open { return dearest(known) }
        let names = known.isEmpty ? "it knows none" : "it knows \(known.keys.sorted().joined(separator: ", "))"
        throw PriceFault(.unknownTerm, "\(row.name) has no factor for the \(term.rawValue) \"\(SafeText.line(value, limit: 60))\"; \(names)")
    }

    /// The largest factor, standard included.
    private func dearest(_ known: [String: PriceFactor]) -> PriceFactor { known.values.reduce(.one, max) }
}
