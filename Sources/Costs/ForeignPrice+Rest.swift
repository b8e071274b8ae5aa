import WireCore

extension ForeignPrice {
    /// Throws where the entry states a price of tokens that the table's row would leave out, and that is dearer than what the row charges for
    /// them: a call would be booked at less than it costs. Cached prices under a term are published rounded: up to a twentieth more is the same.
    /// Terms that the row has no factor for are no matter: an answer under one of them is booked at its bound.
    func checkRest(of entry: JSONNode) throws(Refusal) {
        if entry["tiered_pricing"]?.isNull == false { throw Refusal(reason: "it has tiered_pricing, which is not read; add it by hand") }
        for member in entry.object ?? [] where Self.isTokenPrice(member.key) {
            guard let price = try Self.decimal(member.node, member.key, places: 6), price.digits > 0 else { continue }
            try check(price, member.key)
        }
    }

    private static func isTokenPrice(_ key: String) -> Bool { key.contains("token") && (key.contains("cost_per_") || key.contains("_token_cost")) }

    private func check(_ price: ExactDecimal, _ key: String) throws(Refusal) {
        var (rest, tokenClass) = ("", key.hasPrefix("output") ? TokenClass.output : .input)
        // The longest name that the key begins with: some begin with each other.
        if let (known, name) = Self.keys.filter({ key.hasPrefix($0.1) }).max(by: { $0.1.utf8.count < $1.1.utf8.count }) {
            (tokenClass, rest) = (known, String(key.dropFirst(name.utf8.count)))
        } else {
            rest = "_other"
        }
        var charged = prices[tokenClass]
        if let tier = tiers.first(where: { rest.hasPrefix(Self.suffix(above: $0.promptAbove)) }) {
            charged = tier.prices[tokenClass]
            rest = String(rest.dropFirst(Self.suffix(above: tier.promptAbove).utf8.count))
        }
        let terms = ["_batches": factors.batch, "_flex": factors.serviceTier["flex"], "_priority": factors.serviceTier["priority"]]
        let factor: PriceFactor
        if rest.isEmpty || rest == "_other" || rest.hasPrefix("_above_") {
            factor = .one
        } else if let known = terms[rest] ?? nil {
            factor = known
        } else {
            return
        }
        guard let charged = charged?.scaled(to: Money.decimals), let price = price.scaled(to: Money.decimals) else {
            throw Refusal(reason: "\(key) is the price of something that its other prices do not name; add it by hand")
        }
        guard price * Int128(factor.denominator) * 20 > charged * Int128(factor.numerator) * 21 else { return }
        throw Refusal(reason: "\(key) is dearer than a row of the table can say; add it by hand")
    }

    static func suffix(above tokens: Int) -> String { "_above_\(tokens / 1000)k_tokens" }
}
