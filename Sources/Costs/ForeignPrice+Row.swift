import FoundationEssentials

extension ForeignPrice {
    /// True when both state the same prices and factors.
    func says(_ other: ForeignPrice) -> Bool {
        let row = other.row(model: name, from: .distantPast, carryingOver: nil)
        return !differs(from: row) && !other.differs(from: self.row(model: name, from: .distantPast, carryingOver: nil))
    }

    /// True when both state something and not the same.
    func contradicts(_ other: ForeignPrice) -> Bool {
        let others = other.row(model: name, from: .distantPast, carryingOver: nil)
        return other.differs(from: row(model: name, from: .distantPast, carryingOver: others))
    }

    /// True when something that is stated here is not what the row says. What is not stated is no difference.
    func differs(from row: PriceRow) -> Bool {
        if Self.differ(prices, row.prices) || webSearch.map({ price in row.webSearch.map { !$0.equals(price) } ?? true }) ?? false { return true }
        if !tiers.isEmpty {
            if tiers.map(\.promptAbove) != row.tiers.map(\.promptAbove) { return true }
            if zip(tiers, row.tiers).contains(where: { Self.differ($0.prices, $1.prices) }) { return true }
        }
        return factors.carryingOver(row.factors) != row.factors
    }

    /// What the row prices and this does not state, so that no new row can be made of it: a class of token, or tiers.
    func lost(of row: PriceRow) -> String? {
        for tokenClass in TokenClass.allCases where prices[tokenClass] == nil && row.prices[tokenClass] != nil {
            return "its price for \(tokenClass.name)"
        }
        return tiers.isEmpty && !row.tiers.isEmpty ? "its prices for long prompts" : nil
    }

    func row(model: String, from day: Date, carryingOver current: PriceRow?) -> PriceRow {
        PriceRow(
            provider: provider, model: model, from: day, prices: prices, webSearch: webSearch ?? current?.webSearch,
            factors: factors.carryingOver(current?.factors ?? PriceFactors()), tiers: tiers)
    }

    private static func differ(_ stated: TokenPrices, _ known: TokenPrices) -> Bool {
        TokenClass.allCases.contains { tokenClass in
            guard let price = stated[tokenClass] else { return false }
            return known[tokenClass].map { !$0.equals(price) } ?? true
        }
    }
}

extension PriceFactors {
    /// These factors, and the older ones of terms that these do not name.
    func carryingOver(_ older: PriceFactors) -> PriceFactors {
        PriceFactors(
            batch: batch ?? older.batch, region: region.merging(older.region) { own, _ in own }, speed: speed.merging(older.speed) { own, _ in own },
            serviceTier: serviceTier.merging(older.serviceTier) { own, _ in own })
    }
}
