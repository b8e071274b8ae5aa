import Testing

@testable import LLM

@Suite("Sentences, summaries, keywords")
struct SummaryTests {
    @Test(
        "Sentences end where a reader would end them",
        arguments: [
            ("The U.S. SEC sued Ripple Labs Inc. in 2020. It lost.", ["The U.S. SEC sued Ripple Labs Inc. in 2020.", "It lost."]),
            ("XRP rose 1.5% to $0.52. Volume doubled!", ["XRP rose 1.5% to $0.52.", "Volume doubled!"]),
            ("It was sold to Coinbase Inc. The price was not told.", ["It was sold to Coinbase Inc.", "The price was not told."]),
            ("He lives in the U.S. She does not.", ["He lives in the U.S.", "She does not."]),
            ("“We won.” Mr. Garlinghouse smiled.", ["“We won.”", "Mr. Garlinghouse smiled."]),
            (
                "Chair J. Powell spoke at 2 p.m. in D.C. on rates… “No rush,” he said.",
                ["Chair J. Powell spoke at 2 p.m. in D.C. on rates…", "“No rush,” he said."]
            ),
            ("A title without a point\n\nThen a line\nthat goes on.", ["A title without a point", "Then a line that goes on."]),
            ("Really?! Yes... perhaps. OK", ["Really?!", "Yes... perhaps.", "OK"]), ("上涨了。下跌了。", ["上涨了。", "下跌了。"]), ("... !!! —", []),
        ])
    func sentences(_ text: String, _ expected: [String]) {
        let scanned = ScannedText(text)
        #expect(scanned.sentences.map { scanned.text($0) } == expected)
    }

    static let article = """
        Bitcoin climbed above $67,000 on Tuesday as U.S. spot ETFs took in $1.2 billion. The weather in New York was mild. Subscribe to our \
        newsletter for daily news. BlackRock's fund led the ETF inflows, with Fidelity second, according to Farside Investors. Bitcoin climbed \
        above $67,000 on Tuesday as spot ETFs took in $1.2 billion. Analysts at Standard Chartered expect Bitcoin ETF inflows to go on this year. \
        He went home. The post Bitcoin climbs appeared first on CryptoDesk.
        """

    @Test("A summary keeps the lead, prefers what the text is about, and repeats nothing")
    func summary() {
        #expect(
            Extractive.summary(of: Self.article, title: "Bitcoin climbs on ETF inflows") == """
                Bitcoin climbed above $67,000 on Tuesday as U.S. spot ETFs took in $1.2 billion. BlackRock's fund led the ETF inflows, with Fidelity \
                second, according to Farside Investors. Analysts at Standard Chartered expect Bitcoin ETF inflows to go on this year.
                """)
    }

    @Test("A summary stays within its bounds", arguments: [0, 1, 5, 30, 100, 200, 600])
    func bounds(_ characters: Int) {
        for sentences in 0...4 {
            let summary = Extractive.summary(of: Self.article, sentences: sentences, characters: characters)
            #expect(summary.count <= characters)
            #expect(summary.isEmpty == (sentences == 0 || characters == 0))
        }
        #expect(Extractive.summary(of: Self.article, sentences: 1, characters: 40) == "Bitcoin climbed above $67,000 on…")
        #expect(!Extractive.summary(of: Self.article, sentences: .max, characters: .max).isEmpty)
    }

    @Test("A lead that only asks for a click is passed over; a text of nothing else still says something")
    func clicks() {
        let text = "Sign up for our free newsletter today. Regulators approved the Ethereum funds."
        #expect(Extractive.summary(of: text, sentences: 1) == "Regulators approved the Ethereum funds.")
        #expect(Extractive.summary(of: "Read more here.") == "Read more here.")
        #expect(Extractive.summary(of: " … ").isEmpty)
    }

    @Test("Keywords are the words used most, the earlier first, without numbers and stop words")
    func keywords() {
        let words = Extractive.keywords(in: "The exchange said exchange wallets hold 5 million. Wallets of the EU exchange are cold.", count: 3)
        #expect(words == [Keyword(word: "exchange", count: 3), Keyword(word: "wallets", count: 2), Keyword(word: "hold", count: 1)])
        #expect(Extractive.keywords(in: "cat cat", count: 0).isEmpty)
        #expect(Extractive.keywords(in: "cat cat", count: -1).isEmpty)
    }
}

@Suite("Hostile and long texts", .serialized)
struct LongTextTests {
    private func readEverything(_ text: String) -> String {
        let entities = Extractive.entities(in: text)
        return "\(entities) \(Extractive.sentiment(of: text)) \(Extractive.summary(of: text, title: text)) \(Extractive.keywords(in: text))"
    }

    static let pieces = [
        "a. a. a. ", "A. A. ", "a", ".", "$", "'", "$1", "$1 million ", "NEAR ", "Bitcoin (", "bank of ", "U.S. ", "not not hack ", "!? ", "\n \n",
        "é", "漢",
        "\u{0301}", "👩‍👩‍👧", "\u{202E}", "The post. ", "1,", "Ripple. ", "\"”) ", "\r\n", "n't ", "1.1.",
    ]

    @Test("Any text repeated to the window's size and beyond is read in bounded time, and the same way twice", arguments: pieces)
    func hostile(_ piece: String) {
        let text = String(repeating: piece, count: (Extractive.window + 4096) / piece.utf8.count)
        let clock = ContinuousClock()
        var first = ""
        let time = clock.measure { first = readEverything(text) }
        #expect(time < .seconds(5))
        #expect(first == readEverything(text))
    }

    @Test("Four times the text takes no more than ten times as long")
    func linear() {
        let clock = ContinuousClock()
        let (short, long) = (String(repeating: "a. ", count: 5461), String(repeating: "a. ", count: 21_844))
        // Taken in turns, and the quickest of each: whatever else this machine does slows both alike.
        let times = (0..<6).map { _ in (clock.measure { _ = readEverything(short) }, clock.measure { _ = readEverything(long) }) }
        let quickest = (times.map(\.0).min() ?? .zero, times.map(\.1).min() ?? .zero)
        #expect(quickest.1 < quickest.0 * 10)
    }

    @Test("Beyond the window nothing is read, and no character is cut in two")
    func window() {
        let filler = String(repeating: "é", count: Extractive.window / 2 - 3)
        #expect(Extractive.entities(in: filler + " Bitcoin").isEmpty)
        #expect(ScannedText(String(repeating: "漢", count: 30_000)).scalars.count == Extractive.window / 3)
        #expect(Extractive.entities(in: String(repeating: "$1 $2 $3 $4 ", count: 100)).count == 4)
        let sums = (0..<1000).map { "$\($0)" }.joined(separator: " ")
        #expect(Extractive.entities(in: sums).count == Extractive.mostEntities)
    }
}
