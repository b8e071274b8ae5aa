import FoundationEssentials
import Testing
import WireCore

@Suite("JSON") struct JSONTests {
    private func read(_ text: String, depth: Int = 64) throws -> JSONNode { try JSONReader.read(Array(text.utf8), maximumDepth: depth) }

    @Test("Numbers keep their digits, strings their characters")
    func values() throws {
        let node = try read(" {\"a\":[0.0375,1e400,123456789012345678901234567890],\"b\":\"\\u00e9\\ud83d\\ude00\\n\",\"c\":null,\"d\":true} ")
        #expect(node["a"]?.array?.map(\.number) == ["0.0375", "1e400", "123456789012345678901234567890"])
        #expect(node["a"]?.array?[1].double == nil)
        #expect(node["b"]?.string == "é😀\n")
        #expect(node["c"]?.isNull == true)
        #expect(node["d"]?.bool == true)
    }

    @Test("Lone surrogates become U+FFFD", arguments: ["\\ud800", "\\udc00", "\\ud800\\u0041"])
    func surrogates(_ escape: String) throws { #expect(try read("\"\(escape)\"").string?.unicodeScalars.first == "\u{FFFD}") }

    @Test(
        "A fault is named where it stands",
        arguments: [
            ("{\"a\":1,}", 7), ("[1 2]", 3), ("", 0), ("{\"a\" 1}", 5), ("[NaN]", 1), ("01", 1), ("\"a", 2), ("\"\\x\"", 2), ("{} x", 3), ("[1.]", 3),
        ])
    func faults(_ text: String, _ offset: Int) {
        let error = #expect(throws: JSONSyntaxError.self) { try read(text) }
        #expect(error?.offset == offset)
    }

    @Test("Depth has a bound, and a million brackets end at it")
    func depth() {
        let error = #expect(throws: JSONSyntaxError.self) { try read(String(repeating: "[", count: 1_000_000)) }
        #expect(error?.isTooDeep == true)
        #expect(error?.offset == 64)
    }

    @Test("Positions count lines and characters")
    func positions() { #expect(TextPosition(of: 7, in: Array("ab\né€x".utf8)) == TextPosition(line: 2, column: 3)) }

    @Test("What is written is read back as it was")
    func roundTrip() throws {
        let text = "q\" b\\ \u{0}\u{1F}\u{7F} é😀 /\n\t\r" + String(repeating: "plain ", count: 20) + "\""
        var writer = JSONWriter()
        writer.object { $0.member("k", text) }
        #expect(try read(writer.text)["k"]?.string == text)
    }
}

@Suite("Units") struct UnitTests {
    @Test("Durations and sizes are read as they are written", arguments: ["500ms", "30s", "15m", "6h", "7d"])
    func durations(_ text: String) { #expect(Duration(parsing: text)?.text == text) }

    @Test("What is no duration is none", arguments: ["", "15", "m", "1.5h", "-3s", "5 parsecs", "99999999999999h"])
    func noDurations(_ text: String) { #expect(Duration(parsing: text) == nil) }

    @Test("Sizes", arguments: [("8MiB", 8 << 20), ("64 KiB", 64 << 10), ("512B", 512), ("2MB", 2_000_000)])
    func sizes(_ text: String, _ bytes: Int) { #expect(ByteCount(parsing: text)?.bytes == bytes) }

    @Test("Sizes for people", arguments: [(731, "731 B"), (1536, "1.5 KiB"), (15 << 20, "15 MiB"), ((1 << 20) + (1 << 19), "1.5 MiB")])
    func shortSizes(_ bytes: Int, _ text: String) { #expect(ByteCount(bytes).short == text) }

    @Test("Spans for people", arguments: [(450, "450 ms"), (1500, "1.5 s"), (62_000, "1 min 2 s"), (7_500_000, "2 h 5 min"), (259_200_000, "3 d")])
    func spans(_ ms: Int, _ text: String) { #expect(Duration.milliseconds(ms).short == text) }
}

@Suite("Time in UTC") struct UTCTimeTests {
    /// Known instants.
    @Test(
        "Instants and their texts",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:34:56Z", 951_827_696), ("2026-11-24T02:57:44Z", 1_795_489_064), ("1969-12-31T23:59:59Z", -1),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ])
    func instants(_ text: String, _ seconds: Int) {
        #expect(UTCTime.text(Date(timeIntervalSince1970: Double(seconds))) == text)
        #expect(UTCTime.parse(text) == Date(timeIntervalSince1970: Double(seconds)))
    }

    @Test("Every day of four centuries goes there and back")
    func days() {
        for day in stride(from: -146_097, through: 146_097, by: 1) {
            let (y, m, d) = UTCTime.civil(days: day)
            #expect(UTCTime.days(year: y, month: m, day: d) == day)
        }
    }

    @Test("Offsets are taken off; what is no instant is none")
    func offsets() {
        #expect(UTCTime.parse("2026-11-24T08:00+02:00").map(UTCTime.text) == "2026-11-24T06:00:00Z")
        for text in ["2026-02-30", "2026-11-24T25:00", "tomorrow", "2026-11-24T08:00Zx", ""] { #expect(UTCTime.parse(text) == nil, "\(text)") }
    }
}

@Suite("Words") struct WordTests {
    @Test(
        "The nearest name is found, a far one is not",
        arguments: [("intervall", "interval"), ("fed", "feed"), ("decript", "decrypt"), ("xyz", nil)] as [(String, String?)])
    func nearest(_ name: String, _ wanted: String?) { #expect(NearestName.of(name, among: ["interval", "feed", "decrypt", "headers"]) == wanted) }

    @Test("No text can colour a terminal, forge a line or hide itself")
    func safeText() {
        #expect(SafeText.line("a\u{1B}[31mb\nc\rd\te") == "a\\e[31mb\\nc\\rd\\te")
        #expect(SafeText.line("a\u{202E}b\u{200B}c\u{2028}d\u{9B}e\u{0}") == "a\\u{202E}b\\u{200B}c\\u{2028}d\\u{9B}e\\u{0}")
        #expect(SafeText.line("abcdef", limit: 3) == "abc…")
    }

    @Test(
        "Ids",
        arguments: [
            ("coindesk-api", true), ("a.b_c", true), ("", false), ("A", false), ("-a", false), ("a b", false),
            (String(repeating: "a", count: 65), false),
        ])
    func ids(_ text: String, _ isOne: Bool) { #expect((SourceID(text) != nil) == isOne) }
}

@Suite("Secrets in texts") struct SecretValuesTests {
    private let secrets = SecretValues(["Bearer tok/en+1&2=", "abc"])

    @Test(
        "A secret is found in every guise that servers echo it in",
        arguments: [
            "tok/en+1&2=", "Bearer tok/en+1&2=", "tok%2Fen%2b1%262%3D", "tok%2Fen+1&2=", "tok\\/en\\u002B1&2=", "tok&#47;en+1&amp;2=",
            "tok&#x2f;en+1&2=",
            "t\u{0}o\u{0}k\u{0}/\u{0}e\u{0}n\u{0}+\u{0}1\u{0}&\u{0}2\u{0}=",
        ])
    func guises(_ text: String) {
        #expect(secrets.redacted(text) == SecretValues.mark)
        #expect(secrets.redacted("<\(text)> and <\(text)>") == "<REDACTED> and <REDACTED>")
    }

    @Test(
        "Where the end or an ellipsis cuts a secret, its beginning goes too; what is no secret stays",
        arguments: [
            ("key: tok/en", "key: REDACTED"), ("key: tok%2", "key: REDACTED"), ("key: tok/e…", "key: REDACTED…"), ("tok/other", "tok/other"),
            ("Bearer of news", "Bearer of news"), ("abc", "abc"), ("", ""), ("&", "&"), ("100%", "100%"),
        ])
    func cuts(_ text: String, _ wanted: String) { #expect(secrets.redacted(text) == wanted) }

    @Test("A large document full of what could begin a guise takes no time", arguments: ["%", "&amp;", "\\u0074", "t", "tok%2Fe"])
    func large(_ piece: String) {
        let bytes = Array(String(repeating: piece, count: (1 << 20) / piece.utf8.count).utf8)
        let started = ContinuousClock.now
        #expect(secrets.redacted(bytes).count >= bytes.count - 8)
        #expect(started.duration(to: .now) < .seconds(5))
    }

    @Test("Without secrets nothing is touched")
    func none() {
        #expect(SecretValues().isEmpty)
        #expect(SecretValues(["", "abc"]).isEmpty)
        #expect(SecretValues().redacted(Array("x".utf8)) == Array("x".utf8))
    }
}

@Suite("Writing JSON") struct JSONWriterTests {
    @Test("Whatever a string holds, wherever it stands, it is read back as it was")
    func escapes() throws {
        let worst = String(repeating: "\u{1}", count: 10_000)
        let mixed = (0..<3000).map { "\($0)\"\\\n\r\t\u{7F}é€😀" }.joined()
        for text in [worst, mixed, "", "\""] + (4090..<4100).map({ String(repeating: "a", count: $0) + "\u{1F}\"é" }) {
            var json = JSONWriter()
            json.object { $0.member("a", text) }
            #expect(try JSONReader.read(json.bytes)["a"]?.string == text)
        }
    }
}
