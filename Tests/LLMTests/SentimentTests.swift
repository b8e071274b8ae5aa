import Testing

@testable import LLM

@Suite("How good news sounds")
struct SentimentTests {
    @Test(
        "A headline is good, bad or neither",
        arguments: [
            ("Bitcoin surges to record high as ETF inflows soar", Sentiment.Label.positive),
            ("Hackers steal $200M from exchange in massive exploit", .negative), ("SEC sues Coinbase over unregistered securities", .negative),
            ("SEC drops lawsuit against Coinbase", .positive), ("Judge approves settlement; XRP jumps 12%", .positive),
            ("Exchange files for bankruptcy after bank run", .negative), ("Ethereum developers schedule a call for Thursday", .neutral),
            ("Bitcoin erases gains", .negative), ("Bitcoin pares losses", .positive), ("Solana falls sharply", .negative),
            ("The upgrade is not a success", .negative), ("Regulator finds no fraud", .positive), ("The token isn't bullish", .negative),
            ("Stocks rise while bonds fall", .neutral), ("", .neutral), ("Dogecoin slightly up", .neutral),
            ("Stablecoin depegs, liquidations follow", .negative),
        ])
    func labels(_ text: String, _ label: Sentiment.Label) {
        #expect(Extractive.sentiment(of: text).label == label)
    }

    @Test("Degree and negation move the score the right way")
    func order() {
        let scores = ["not very strong", "slightly strong", "strong", "very strong"].map { Extractive.sentiment(of: $0).score }
        #expect(scores == scores.sorted())
        #expect(Set(scores).count == 4)
        #expect(scores[0] < 0)
    }

    @Test("The label's border belongs to the label, and a score never reaches one")
    func borders() {
        #expect(Sentiment(score: 0.25).label == .positive)
        #expect(Sentiment(score: 0.2499).label == .neutral)
        #expect(Sentiment(score: -0.25).label == .negative)
        let worst = Extractive.sentiment(of: String(repeating: "hack crash fraud. ", count: 3000)).score
        #expect(worst > -1 && worst < -0.99)
    }

    @Test("A comma ends a negation's reach")
    func reach() {
        #expect(Extractive.sentiment(of: "No, profits surge").score > 0)
    }

    @Test("Every line of the lexicon is read, and no word has two weights")
    func lexicon() {
        var seen: Set<String> = []
        for line in SentimentData.weights.split(separator: "\n") {
            let fields = line.split(separator: ":")
            #expect(fields.count == 2 && Double(fields[0]) != nil)
            for phrase in fields[1].split(separator: ",") { #expect(seen.insert(phrase.drop { $0 == " " }.lowercased()).inserted, "\(phrase)") }
        }
    }
}
