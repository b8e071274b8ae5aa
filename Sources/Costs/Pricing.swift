/// Usage × price = cost, exactly: one sum of fractions in 128 bits, rounded up once, at its end, to a whole picodollar.
///
///     cost = ⌈(Σ tokens × price per million) × Π factors ÷ 10⁶⌉ + searches × price per search
///
/// The factors of all terms multiply with each other and hold for every class of token; searches are not multiplied. Example: 3 cache
/// reads at $0.01 per million, in a batch (0.5), in the US (1.1): 3 × 10⁻⁸ × 0.55 = 0.0000000165 dollars = 16,500 picodollars.
/// A what-if price is the same call with another row.
public enum Pricing {
    /// The word of a request that leaves a term to the provider; ``upperBound(promptTokensAtMost:outputTokensAtMost:webSearchesAtMost:terms:row:promptClasses:)``
    /// takes the dearest factor for it.
    public static let open = "auto"

    /// What a usage costs. Throws ``PriceFault`` when the row has no price for a class that was used or no factor for a term, when a count
    /// is negative, and beyond the range of ``Money``.
    public static func cost(of usage: Usage, under terms: CallTerms, by row: PriceRow) throws(PriceFault) -> Money {
        let counts: [(TokenClass, Int)] = [
            (.input, usage.inputTokens), (.output, usage.outputTokens), (.cacheRead, usage.cacheReadTokens),
            (.cacheWrite5m, usage.cacheWrite5mTokens), (.cacheWrite1h, usage.cacheWrite1hTokens),
        ]
        let prompt = counts.reduce(into: Int128(0)) { if $1.0 != .output { $0 += Int128($1.1) } }
        let prices = row.prices(forPrompt: prompt)
        var sum = ExactSum(row: row)
        for (tokenClass, count) in counts {
            guard count >= 0 else { throw negative(count, tokenClass.name) }
            guard count > 0 else { continue }
            guard let price = prices[tokenClass] else {
                throw PriceFault(.unpricedClass, "\(row.name) has no price for \(tokenClass.name), of which there are \(count) tokens")
            }
            try sum.add(count, at: price)
        }
        for factor in try TermFactors(row: row).all(of: terms, isRequest: false) { try sum.multiply(by: factor) }
        return try sum.money(searches: usage.webSearches)
    }

    /// A bound that no usage within the counts can cost more than, under the terms of the request.
    ///
    /// The whole prompt is priced as the dearest class, the prompt and the output each at the dearest tier that a prompt of up to that
    /// size can reach. A batch discount counts only when `terms` ask for a batch. Where the request leaves a term open (``open``), the
    /// dearest factor of that kind is assumed; nil, "default" and "standard" are standard, so a caller whose provider may choose says "auto".
    /// - Parameter promptClasses: the classes that the prompt's tokens can fall in; a request that writes no cache may leave the writes
    ///   out. Input always counts.
    public static func upperBound(
        promptTokensAtMost prompt: Int, outputTokensAtMost output: Int, webSearchesAtMost searches: Int = 0, terms: CallTerms = CallTerms(),
        row: PriceRow, promptClasses: Set<TokenClass> = TokenClass.prompt
    ) throws(PriceFault) -> Money {
        for (count, what) in [(prompt, "prompt"), (output, "output")] where count < 0 { throw negative(count, what) }
        let reachable = [row.prices] + row.tiers.filter { prompt > $0.promptAbove }.map(\.prices)
        let classes = promptClasses.intersection(TokenClass.prompt).union([.input])
        var sum = ExactSum(row: row)
        try sum.add(prompt, atDearestOf: reachable.flatMap { prices in classes.compactMap { prices[$0] } })
        try sum.add(output, atDearestOf: reachable.map(\.output))
        for factor in try TermFactors(row: row).all(of: terms, isRequest: true) { try sum.multiply(by: factor) }
        return try sum.money(searches: searches)
    }

    static func negative(_ count: Int, _ what: String) -> PriceFault {
        PriceFault(.negative, "\(count) tokens of \(what): a count is never below zero")
    }
}

/// The running sum of one price: a fraction of picodollars.
private struct ExactSum {
    let row: PriceRow
    /// Over `denominator`; tokens × picodollars per million tokens × factors.
    private var numerator: Int128 = 0
    /// Prices are per million tokens.
    private var denominator: Int128 = 1_000_000

    init(row: PriceRow) { self.row = row }

    mutating func add(_ tokens: Int, at price: ExactDecimal) throws(PriceFault) {
        guard let unit = price.scaled(to: Money.decimals) else { throw overflow }
        let (product, isTooLarge) = Int128(tokens).multipliedReportingOverflow(by: unit)
        let (sum, isTooLarge2) = numerator.addingReportingOverflow(product)
        guard !isTooLarge, !isTooLarge2 else { throw overflow }
        numerator = sum
    }

    mutating func add(_ tokens: Int, atDearestOf prices: [ExactDecimal]) throws(PriceFault) {
        let dearest = prices.max { ($0.scaled(to: Money.decimals) ?? .max) < ($1.scaled(to: Money.decimals) ?? .max) }
        if let dearest { try add(tokens, at: dearest) }
    }

    /// Shortens the fraction first, so that only what is really too large overflows.
    mutating func multiply(by factor: PriceFactor) throws(PriceFault) {
        guard numerator > 0 else { return }
        let (above, below) = (Int128(factor.numerator), Int128(factor.denominator))
        let (left, right) = (greatestCommonDivisor(numerator, below), greatestCommonDivisor(above, denominator))
        let (product, isTooLarge) = (numerator / left).multipliedReportingOverflow(by: above / right)
        let (divisor, isTooLarge2) = (denominator / right).multipliedReportingOverflow(by: below / left)
        guard !isTooLarge, !isTooLarge2 else { throw overflow }
        (numerator, denominator) = (product, divisor)
    }

    /// The tokens' share rounded up, and the searches, which are whole picodollars already.
    func money(searches: Int) throws(PriceFault) -> Money {
        guard searches >= 0 else { throw PriceFault(.negative, "\(searches) web searches: a count is never below zero") }
        let (whole, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
        let tokens = rest > 0 ? whole + 1 : whole
        guard searches > 0 else { return try money(tokens) }
        guard let price = row.webSearch else {
            throw PriceFault(.unpricedClass, "\(row.name) has no price for web searches, of which there are \(searches)")
        }
        guard let unit = price.scaled(to: Money.decimals) else { throw overflow }
        let (fees, isTooLarge) = Int128(searches).multipliedReportingOverflow(by: unit)
        let (sum, isTooLarge2) = tokens.addingReportingOverflow(fees)
        guard !isTooLarge, !isTooLarge2 else { throw overflow }
        return try money(sum)
    }

    private func money(_ picodollars: Int128) throws(PriceFault) -> Money {
        guard let money = MoneySum(picodollars: picodollars).money else { throw overflow }
        return money
    }

    private var overflow: PriceFault {
        PriceFault(.overflow, "more tokens than \(row.name) can price: the amount is beyond 9.2 million dollars")
    }
}
