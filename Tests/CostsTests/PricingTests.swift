import Costs
import Foundation
import Testing
import WireCore

@Suite("Pricing")
struct PricingTests {
    /// Prices a usage from the JSON text alone: Foundation reads it, sums are on paper.
    private func slowCost(_ row: [String: Any], _ usage: Usage, _ terms: CallTerms) throws -> String {
        var prices = row
        for tier in row["tiers"] as? [[String: Any]] ?? [] {
            let prompt = usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens
            if let threshold = tier["promptAbove"] as? Int, prompt > threshold { prices = tier }
        }
        var sum = SlowFraction("0")
        for (key, count) in [
            ("input", usage.inputTokens), ("output", usage.outputTokens), ("cacheRead", usage.cacheReadTokens),
            ("cacheWrite5m", usage.cacheWrite5mTokens), ("cacheWrite1h", usage.cacheWrite1hTokens),
        ] where count > 0 {
            sum = sum + SlowFraction(try #require(prices[key] as? String)) * SlowFraction(String(count))
        }
        let factors = row["factors"] as? [String: Any] ?? [:]
        if terms.isBatch { sum = sum * SlowFraction(try #require(factors["batch"] as? String)) }
        for (key, value) in [("region", terms.region), ("speed", terms.speed), ("serviceTier", terms.serviceTier)] {
            guard let value, let factor = (factors[key] as? [String: String])?[value] else { continue }
            sum = sum * SlowFraction(factor)
        }
        sum = sum * SlowFraction(above: SlowNumber("1"), below: .powerOfTen(6))
        if usage.webSearches > 0 { sum = sum + SlowFraction(try #require(row["webSearch"] as? String)) * SlowFraction(String(usage.webSearches)) }
        return (sum.above * .powerOfTen(12)).dividedUp(by: sum.below).text
    }

    private func count(_ random: inout SeededGenerator) -> Int {
        Bool.random(using: &random) ? 0 : Int.random(in: 0...1_000_000, using: &random) >> Int.random(in: 0...16, using: &random)
    }

    private func usage(for row: PriceRow, _ random: inout SeededGenerator) -> Usage {
        Usage(
            inputTokens: count(&random), outputTokens: count(&random), cacheReadTokens: row.prices.cacheRead == nil ? 0 : count(&random),
            cacheWrite5mTokens: row.prices.cacheWrite5m == nil ? 0 : count(&random),
            cacheWrite1hTokens: row.prices.cacheWrite1h == nil ? 0 : count(&random),
            webSearches: row.webSearch == nil ? 0 : Int.random(in: 0...3, using: &random))
    }

    private func terms(for row: PriceRow, _ random: inout SeededGenerator) -> CallTerms {
        func pick(_ factors: [String: PriceFactor], _ plain: [String?]) -> String? {
            (factors.keys.sorted().map { $0 as String? } + plain).randomElement(using: &random) ?? nil
        }
        let isBatch = row.factors.batch != nil && Bool.random(using: &random)
        return CallTerms(
            isBatch: isBatch, region: pick(row.factors.region, [nil, "", "global", "not_available"]),
            speed: pick(row.factors.speed, [nil, "standard"]), serviceTier: pick(row.factors.serviceTier, [nil, "standard", "default"]))
    }

    /// Every row of the shipped table beside its JSON.
    private func rows() throws -> [(PriceRow, [String: Any])] {
        let data = Data(try Fixtures.bytes(of: "Prices.json"))
        let json = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        let models = try #require(json["models"] as? [[String: Any]])
        return zip(try Fixtures.shippedTable().models, models).flatMap { zip($0.prices, $1["prices"] as? [[String: Any]] ?? []).map { ($0, $1) } }
    }

    @Test("Thousands of random usages of every shipped row cost what a sum on paper says, to the picodollar, and never more than their bound")
    func againstPaper() throws {
        var random = SeededGenerator(state: 7)
        var priced = 0
        for (row, json) in try rows() {
            for _ in 0..<60 {
                let (usage, terms) = (usage(for: row, &random), terms(for: row, &random))
                let cost = try Pricing.cost(of: usage, under: terms, by: row)
                #expect(String(cost.picodollars) == (try slowCost(json, usage, terms)), "\(row.name) \(usage) \(terms)")
                let bound = try Pricing.upperBound(
                    promptTokensAtMost: usage.promptTokens + Int.random(in: 0...200_000, using: &random),
                    outputTokensAtMost: usage.outputTokens + Int.random(in: 0...100, using: &random), webSearchesAtMost: usage.webSearches,
                    terms: terms, row: row)
                #expect(cost <= bound, "\(row.name) \(usage) \(terms)")
                let exact = try Pricing.upperBound(
                    promptTokensAtMost: usage.promptTokens, outputTokensAtMost: usage.outputTokens, webSearchesAtMost: usage.webSearches,
                    terms: terms, row: row)
                #expect(cost <= exact, "\(row.name) \(usage) \(terms)")
                priced += 1
            }
        }
        #expect(priced >= 3000)
    }

    @Test("The bound holds for tables of any shape: cheaper tiers, dear cache reads, factors below 1, fractions")
    func randomTables() throws {
        var random = SeededGenerator(state: 11)
        for _ in 0..<300 {
            func price() -> ExactDecimal {
                ExactDecimal(digits: .random(in: 0...99_999, using: &random), decimals: .random(in: 2...8, using: &random))
            }
            func prices() -> TokenPrices {
                TokenPrices(input: price(), output: price(), cacheRead: price(), cacheWrite5m: price(), cacheWrite1h: price())
            }
            func factor() -> PriceFactor? {
                PriceFactor(parsing: "\(Int.random(in: 1...9, using: &random))/\(Int.random(in: 1...9, using: &random))")
            }
            let tiers = [1000, 50_000].map { PriceTier(promptAbove: $0, prices: prices()) }
            let factors = PriceFactors(batch: factor(), region: ["us": try #require(factor())], serviceTier: ["flex": try #require(factor())])
            let row = PriceRow(
                provider: "anthropic", model: "m", from: .distantPast, prices: prices(), webSearch: price(), factors: factors, tiers: tiers)
            for _ in 0..<10 {
                let (usage, terms) = (usage(for: row, &random), terms(for: row, &random))
                let cost = try Pricing.cost(of: usage, under: terms, by: row)
                var request = terms
                if Bool.random(using: &random) { (request.region, request.serviceTier) = ("auto", "auto") }
                let bound = try Pricing.upperBound(
                    promptTokensAtMost: usage.promptTokens + .random(in: 0...60_000, using: &random), outputTokensAtMost: usage.outputTokens,
                    webSearchesAtMost: usage.webSearches, terms: request, row: row)
                #expect(cost <= bound, "\(row) \(usage) \(terms)")
            }
        }
    }

    @Test("The smallest price in use, half a nanodollar a token, is exact")
    func smallest() throws {
        let row = try Fixtures.shippedTable().lookup(model: "claude-haiku-5-5").row(at: Fixtures.instant("2026-11-24"))
        let cost = try Pricing.cost(of: Usage(cacheReadTokens: 3), under: CallTerms(isBatch: true, region: "us"), by: row)
        #expect(cost.dollars == "0.0000000165")
    }

    @Test("A fraction of a picodollar is rounded up, once for the whole call")
    func roundedUp() throws {
        let row = try Fixtures.row(#""input": "0.000000000001", "output": "0.000000000001", "factors": {"batch": "5/3"}"#)
        #expect(try Pricing.cost(of: Usage(inputTokens: 1, outputTokens: 1), under: CallTerms(), by: row).picodollars == 1)
        #expect(try Pricing.cost(of: Usage(inputTokens: 500_000, outputTokens: 500_000), under: CallTerms(), by: row).picodollars == 1)
        #expect(try Pricing.cost(of: Usage(inputTokens: 600_000, outputTokens: 1), under: CallTerms(isBatch: true), by: row).picodollars == 2)
        #expect(try Pricing.cost(of: Usage(), under: CallTerms(), by: row) == .zero)
    }

    @Test("A tier holds for the whole request above its threshold, cached tokens counted; at the threshold it does not")
    func tiers() throws {
        let row = try Fixtures.shippedTable().lookup(model: "claude-haiku-5-5").row(at: Fixtures.instant("2026-11-24"))
        let at = Usage(inputTokens: 40_000, outputTokens: 10, cacheReadTokens: 60_000)
        #expect(try Pricing.cost(of: at, under: CallTerms(), by: row).dollars == "0.004605")
        let above = Usage(inputTokens: 40_000, outputTokens: 10, cacheReadTokens: 60_000, cacheWrite5mTokens: 1)
        #expect(try Pricing.cost(of: above, under: CallTerms(), by: row).dollars == "0.023025625")
    }

    @Test("Factors multiply each other; searches are not multiplied")
    func factors() throws {
        let row = try Fixtures.shippedTable().lookup(model: "claude-opus-5-5").row(at: Fixtures.instant("2026-11-24"))
        let terms = CallTerms(isBatch: true, region: "us", speed: "fast")
        let cost = try Pricing.cost(of: Usage(inputTokens: 1_000_000, webSearches: 2), under: terms, by: row)
        #expect(cost.dollars == "4.42")
    }

    @Test("A term without a factor is refused by name, never taken for 1")
    func unknownTerms() throws {
        let row = try Fixtures.row(#""input": "1", "output": "5", "factors": {"region": {"us": "1.1"}}"#)
        for terms in [
            CallTerms(isBatch: true), CallTerms(region: "eu"), CallTerms(speed: "fast"), CallTerms(serviceTier: "priority"),
            CallTerms(serviceTier: "auto"),
        ] {
            let fault = #expect(throws: PriceFault.self) { try Pricing.cost(of: Usage(inputTokens: 1), under: terms, by: row) }
            #expect(fault?.code == .unknownTerm)
        }
        let fault = #expect(throws: PriceFault.self) { try Pricing.cost(of: Usage(), under: CallTerms(region: "eu"), by: row) }
        #expect(fault?.message == #"anthropic/m@2026-01-01 has no factor for the region "eu"; it knows us"#)
    }

    @Test("Tokens of a class without a price are refused, and so are searches")
    func unpricedClass() throws {
        let row = try Fixtures.row(#""input": "1", "output": "5""#)
        for usage in [Usage(cacheReadTokens: 1), Usage(cacheWrite5mTokens: 1), Usage(cacheWrite1hTokens: 1), Usage(webSearches: 1)] {
            let fault = #expect(throws: PriceFault.self) { try Pricing.cost(of: usage, under: CallTerms(), by: row) }
            #expect(fault?.code == .unpricedClass)
        }
    }

    @Test("Huge counts throw and never trap; negative ones are refused", arguments: [Int.max, .max / 2, 1 << 56])
    func overflow(count: Int) throws {
        let row = try Fixtures.shippedTable().lookup(model: "claude-haiku-5-5").row(at: Fixtures.instant("2026-11-24"))
        let usage = Usage(
            inputTokens: count, outputTokens: count, cacheReadTokens: count, cacheWrite5mTokens: count, cacheWrite1hTokens: count, webSearches: count)
        let fault = #expect(throws: PriceFault.self) { try Pricing.cost(of: usage, under: CallTerms(region: "us"), by: row) }
        #expect(fault?.code == .overflow)
        #expect(throws: PriceFault.self) {
            try Pricing.upperBound(promptTokensAtMost: count, outputTokensAtMost: count, webSearchesAtMost: count, row: row)
        }
        let negative = #expect(throws: PriceFault.self) { try Pricing.cost(of: Usage(outputTokens: -count), under: CallTerms(), by: row) }
        #expect(negative?.code == .negative)
    }

    @Test("The bound takes the dearest prompt class of the dearest tier within reach, and no class that was ruled out")
    func bound() throws {
        let row = try Fixtures.shippedTable().lookup(model: "claude-haiku-5-5").row(at: Fixtures.instant("2026-11-24"))
        func bound(_ prompt: Int, _ classes: Set<TokenClass> = TokenClass.prompt) throws -> String {
            try Pricing.upperBound(promptTokensAtMost: prompt, outputTokensAtMost: 1000, row: row, promptClasses: classes).dollars
        }
        #expect(try bound(100_000) == "0.0205")
        #expect(try bound(100_001) == "0.102501")
        #expect(try bound(100_000, [.input, .cacheRead]) == "0.0105")
        #expect(try bound(100_000, []) == "0.0105")
    }

    @Test("A service tier that the request leaves open is bounded by its dearest factor; a batch counts only when asked for")
    func openTerms() throws {
        let row = try Fixtures.row(
            #""input": "1", "output": "5", "factors": {"batch": "0.5", "serviceTier": {"flex": "0.5", "priority": "1.75"}}"#)
        func bound(_ terms: CallTerms) throws -> String {
            try Pricing.upperBound(promptTokensAtMost: 1_000_000, outputTokensAtMost: 0, terms: terms, row: row).dollars
        }
        #expect(try bound(CallTerms()) == "1")
        #expect(try bound(CallTerms(isBatch: true)) == "0.5")
        #expect(try bound(CallTerms(serviceTier: "auto")) == "1.75")
        #expect(try bound(CallTerms(serviceTier: "flex")) == "0.5")
        #expect(try bound(CallTerms(region: "auto", speed: "auto")) == "1")
        #expect(throws: PriceFault.self) { try bound(CallTerms(serviceTier: "express")) }
    }

    @Test("The local model costs nothing")
    func extractive() throws {
        let row = try Fixtures.shippedTable().lookup(model: "extractive").row(at: Fixtures.instant("2026-11-24"))
        #expect(try Pricing.cost(of: Usage(inputTokens: 9999, outputTokens: 9999), under: CallTerms(), by: row) == .zero)
    }
}
