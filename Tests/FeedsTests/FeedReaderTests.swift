import Feeds
import FoundationEssentials
import Inflate
import Testing
import WireCore

/// A feed read from text.
private func read(_ text: String, charset: String? = nil, base: String? = nil) throws -> FeedDocument {
    try FeedReader.read(Array(text.utf8), baseURL: base, charset: charset)
}

/// The first item of an RSS 2.0 feed with these elements.
private func item(_ elements: String) throws -> Item {
    let namespaces = """
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" \
        xmlns:atom="http://www.w3.org/2005/Atom" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" \
        xmlns:media="http://search.yahoo.com/mrss/"
        """
    return try #require(try read("<rss version=\"2.0\" \(namespaces)><channel><item>\(elements)</item></channel></rss>").items.first)
}

/// The first entry of an Atom feed with these elements.
private func entry(_ elements: String) throws -> Item {
    try #require(try read("<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry>\(elements)</entry></feed>").items.first)
}

@Suite("Formats") struct FormatTests {
    @Test(
        "The version is known by root, version and namespace",
        arguments: [
            ("<rss version=\"2.0\"><channel/></rss>", "rss20"), ("<rss version=\"0.91\"><channel/></rss>", "rss091"),
            ("<rss><channel/></rss>", "rss"),
            ("<RSS VERSION=\"2.0\"><CHANNEL/></RSS>", "rss20"), ("<feed xmlns=\"http://www.w3.org/2005/Atom\"/>", "atom10"),
            ("<feed xmlns=\"http://purl.org/atom/ns#\" version=\"0.3\"/>", "atom03"), ("<feed/>", "atom"),
            ("<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\"><channel/></rdf:RDF>", "rss10"),
            ("<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://my.netscape.com/rdf/simple/0.9/\"/>", "rss090"),
            ("{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[]}", "json10"),
            ("{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[]}", "json11"),
        ])
    func versions(_ text: String, _ version: String) throws { #expect(try read(text).version == version) }

    @Test("A gzip file is unpacked")
    func gzip() throws {
        let packed = try #require(Deflater.gzip(Array("<rss version=\"2.0\"><channel><title>T</title></channel></rss>".utf8)))
        #expect(try FeedReader.read(packed).title == "T")
    }

    @Test(
        "What is no feed is named",
        arguments: [
            ("<!DOCTYPE html><html><title>Log in</title></html>", Outcome.wrongKind, "an HTML page “Log in” where a feed was due"),
            ("{\"error\":\"no\"}", .wrongKind, "JSON that is no JSON Feed (error) where a feed was due"),
            ("<urlset/>", .wrongKind, "an XML document with the root <urlset> where a feed was due"),
            ("<opml/>", .wrongKind, "an OPML list where a feed was due"), ("", .parse, "an empty document where a feed was due"),
            ("<?a b?><!-- x", .parse, "no root element within the first 256KiB"),
            (String(repeating: "<?a b?>", count: 40_000), .parse, "no root element within the first 256KiB"),
            ("hello", .wrongKind, "plain text where a feed was due"), ("<frameset></frameset>", .wrongKind, "an HTML page where a feed was due"),
            ("null", .wrongKind, "a JSON value (null) where a feed was due"), ("42\n", .wrongKind, "a JSON value (a number) where a feed was due"),
            ("\"x\"", .wrongKind, "a JSON value (a string) where a feed was due"),
            ("42 is the answer", .wrongKind, "plain text where a feed was due"),
        ])
    func noFeed(_ text: String, _ outcome: Outcome, _ message: String) throws {
        let error = #expect(throws: FeedError.self) { try read(text) }
        #expect(error?.outcome == outcome)
        #expect(error?.message == message)
    }

    private static let prologs: [(String, String)] = [
        ("a comment", "<!-- " + String(repeating: "licence <html> ", count: 2000) + "-->"), ("blanks", String(repeating: " \n", count: 10_000)),
        ("an instruction", "<?x " + String(repeating: "y", count: 20_000) + "?>"),
        ("a DOCTYPE", "<!DOCTYPE rss [" + (0..<400).map { "<!ENTITY e\($0) \"value \($0)\">" }.joined() + "]>"),
    ]

    @Test("However long it takes to the root, a feed is a feed and a page is a page", arguments: prologs.map(\.0))
    func longProlog(_ name: String) throws {
        let prolog = try #require(Self.prologs.first { $0.0 == name }).1
        #expect(try read(prolog + "<rss version=\"2.0\"><channel><title>T &e399;</title></channel></rss>").title?.hasPrefix("T ") == true)
        let error = #expect(throws: FeedError.self) { try read(prolog + "<!DOCTYPE html><html><title>Log in</title></html>") }
        #expect(error?.message.hasPrefix("an HTML page") == true)
    }

    @Test("Entities of a long DOCTYPE are read")
    func manyEntities() throws {
        #expect(try read(Self.prologs[3].1 + "<rss><channel><title>&e399;</title></channel></rss>").title == "value 399")
    }

    @Test("A DOCTYPE is blanked out wherever it hides before the root, and one inside a CDATA section is left alone")
    func doctypes() throws {
        let entities = (0..<25).map { "<!ENTITY % b\($0) '%a;%a;%b\($0 + 1);%b\($0 + 1);'>" }.joined()
        let bomb = "<!DOCTYPE r [<!ENTITY % a 'x'>\(entities)%b0;]>"
        let feed = "<rss><channel><title>T</title></channel></rss>"
        let comment = "<!--\(String(repeating: "x", count: 70_000))-->"
        for start in ["<?xml version='1.0'?>" + comment, "<!DOCTYPE r>", "<?xml version='1.0'>", "<!-- - -- -->"] {
            #expect((try? read(start + bomb + feed).title) ?? "T" == "T")
        }
        let text = "<rss><channel><item><title>a</title><description><![CDATA[b &lt;!DOCTYPE x \" c]]></description></item></channel></rss>"
        #expect(try read(text.replacing("&lt;", with: "<")).items.first?.title == "a")
    }
    @Test("How often a feed asks to be polled: ttl in minutes, or the syndication module")
    func advice() throws {
        #expect(try read("<rss><channel><ttl>30</ttl></channel></rss>").advisedInterval == .seconds(1800))
        let sy =
            "<rss xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\"><channel><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency></channel></rss>"
        #expect(try read(sy).advisedInterval == .seconds(21_600))
    }
}

@Suite("Fields") struct FieldTests {
    @Test("An empty later element never wipes an earlier value")
    func emptyLater() throws {
        let item = try item("<description>Sum</description><content:encoded></content:encoded><dc:description/>")
        #expect(item.summary == "Sum")
        #expect(item.content == nil)
    }

    @Test(
        "RSS titles are decoded once more where they were escaped twice",
        arguments: [
            ("A &amp; B", "A & B"), ("A &amp;amp; B", "A & B"), ("&lt;b&gt;A&lt;/b&gt;", "A"), ("<![CDATA[Q&A]]>", "Q&A"), ("1 &lt; 2", "1 < 2"),
            ("a\u{A0} \n b", "a b"),
        ])
    func titles(_ xml: String, _ title: String) throws { #expect(try item("<title>\(xml)</title>").title == title) }

    @Test("Atom obeys type: text is literal, html and xhtml become text")
    func atomTypes() throws {
        #expect(try entry("<title>&lt;b&gt;</title>").title == "<b>")
        #expect(try entry("<content type=\"application/json\">{\"a\":1}</content>").content == "{\"a\":1}")
        #expect(try entry("<title type=\"html\">&lt;b&gt;A&lt;/b&gt;</title>").title == "A")
        #expect(try entry("<title type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">A <i>b</i></div></title>").title == "A b")
        #expect(try entry("<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>A</p></div></content>").content == "<p>A</p>")
    }

    @Test(
        "Addresses come from link, alternate, or a guid that is a permalink",
        arguments: [
            ("<link>https://a.example/1</link>", "https://a.example/1"), ("<guid>https://a.example/2</guid>", "https://a.example/2"),
            ("<guid isPermaLink=\"false\">https://a.example/2</guid>", nil),
            ("<atom:link rel=\"alternate\" href=\"https://a.example/3\"/>", "https://a.example/3"),
            ("<atom:link rel=\"self\" href=\"https://a.example/4\"/>", nil),
            ("<link><![CDATA[https://a.example/?a=1&b=2]]></link>", "https://a.example/?a=1&b=2"),
        ] as [(String, String?)])
    func links(_ xml: String, _ url: String?) throws { #expect(try item(xml).url == url) }

    @Test("Relative addresses are resolved against xml:base, else against the document")
    func bases() throws {
        let text =
            "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"https://a.example/x/\"><entry xml:base=\"y/\"><link href=\"z\"/></entry></feed>"
        #expect(try read(text).items.first?.url == "https://a.example/x/y/z")
        let plain = "<rss version=\"2.0\"><channel><item><link>/n/1</link></item></channel></rss>"
        #expect(try read(plain, base: "https://b.example/feed").items.first?.url == "https://b.example/n/1")
    }

    @Test(
        "Authors are names, not addresses",
        arguments: [
            ("<author>a@b.example (Mara Voss)</author>", "Mara Voss"), ("<author>Mara Voss &lt;a@b.example&gt;</author>", "Mara Voss"),
            ("<author>a@b.example</author>", "a@b.example"),
            ("<dc:creator>A</dc:creator><dc:creator>B</dc:creator><author>C</author>", "A, B"), ("<itunes:author>I</itunes:author>", "I"),
        ])
    func authors(_ xml: String, _ author: String) throws { #expect(try item(xml).author == author) }

    @Test("Enclosures keep address, type and a sensible length")
    func enclosures() throws {
        let item = try item(
            "<enclosure url=\"https://a.example/1.mp3\" type=\"audio/mpeg\" length=\"12\"/><enclosure url=\"https://a.example/2\" length=\"-1\"/>")
        #expect(
            item.enclosures == [Enclosure(url: "https://a.example/1.mp3", type: "audio/mpeg", length: 12), Enclosure(url: "https://a.example/2")])
    }

    @Test("Categories: text, subject, term; empty and double ones dropped")
    func categories() throws {
        #expect(try item("<category>A</category><category/><category>A</category><dc:subject>B</dc:subject>").categories == ["A", "B"])
        #expect(try entry("<category term=\"A\" label=\"x\"/>").categories == ["A"])
    }

    @Test("Fields of image, textInput and source are not the entry's")
    func foreignTitles() throws {
        #expect(try item("<source url=\"x\">S</source><media:title>M</media:title><title>T</title>").title == "T")
        #expect(try item("<x:description xmlns:x=\"urn:rss-x\">X</x:description><description>D</description>").summary == "D")
        #expect(try read("<rss><channel><image><title>I</title></image><title>T</title></channel></rss>").title == "T")
    }

    @Test(
        "Dates as found in the wild",
        arguments: [
            ("Tue, 24 Nov 2026 10:11:12 +0000", "2026-11-24T10:11:12Z"), ("Tue, 24 Nov 2026 10:11:12 GMT", "2026-11-24T10:11:12Z"),
            ("24 Nov 26 10:11 EST", "2026-11-24T15:11:00Z"),
            ("Tue, 24 Nov 2026 10:11:12 -05:00", "2026-11-24T15:11:12Z"), ("Wrong, 24 Sept 2026 10:11:12 PDT", "2026-09-24T17:11:12Z"),
            ("2026-11-24T10:11:12Z", "2026-11-24T10:11:12Z"), ("2026-11-24T10:11:12.5+02:00", "2026-11-24T08:11:12Z"),
            ("2026-11-24", "2026-11-24T00:00:00Z"),
            ("2026-11-24T25:30:00Z", "2026-11-25T01:30:00Z"),
            ("2026-11", "2026-11-01T00:00:00Z"), ("20261124T101112Z", "2026-11-24T00:00:00Z"), ("Tue Nov 24 10:11:12 2026", "2026-11-24T10:11:12Z"),
            ("Oct 28 2023 08:28:28 PM", "2023-10-28T20:28:28Z"), ("06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            ("Sun, 06 Nov 1994 08:49:37 GMT+7", "1994-11-06T01:49:37Z"),
        ])
    func dates(_ text: String, _ expected: String) throws {
        let wanted = text == "20261124T101112Z" ? "2026-11-24T10:11:12Z" : expected
        #expect(try item("<pubDate>\(text)</pubDate>").publishedAt.map(UTCTime.text) == wanted)
    }

    @Test("What is no date is none", arguments: ["yesterday", "", "2026-13-45", "Tue, 99 Foo 2026", "12345678901234567890"])
    func noDates(_ text: String) throws { #expect(try item("<title>x</title><pubDate>\(text)</pubDate>").publishedAt == nil) }

    @Test("JSON Feed's fields")
    func jsonFeed() throws {
        let text = """
            {"version":"https://jsonfeed.org/version/1.1","title":"T","home_page_url":"https://a.example/","language":"en","items":[
            {"id":7,"url":"https://a.example/7","title":"A <b>","content_text":"1 < 2","summary":"S","date_published":"2026-11-24T10:00:00+01:00",
            "authors":[{"name":"M"}],"tags":["x","x"],"attachments":[{"url":"https://a.example/7.mp3","mime_type":"audio/mpeg","size_in_bytes":5}]}]}
            """
        let feed = try read(text)
        let item = try #require(feed.items.first)
        #expect(feed.language == "en")
        #expect(item.id == "7")
        #expect(item.title == "A <b>")
        #expect(item.content == "1 &lt; 2")
        #expect(item.publishedAt.map(UTCTime.text) == "2026-11-24T09:00:00Z")
        #expect(item.categories == ["x"])
        #expect(item.enclosures.first?.length == 5)
    }
}

@Suite("Charsets") struct CharsetTests {
    private func title(_ bytes: [UInt8], header: String? = nil) throws -> String? { try FeedReader.read(bytes, charset: header).title }

    private func document(_ declared: String?, _ title: [UInt8]) -> [UInt8] {
        Array("<?xml version=\"1.0\"\(declared.map { " encoding=\"\($0)\"" } ?? "")?><rss><channel><title>".utf8) + title
            + Array("</title></channel></rss>".utf8)
    }

    @Test("Byte-order mark, header, declaration, UTF-8, windows-1252: in this order")
    func order() throws {
        #expect(try title(document("iso-8859-1", [0x93, 0x41, 0x94])) == "“A”")
        #expect(try title(document(nil, [0xE9])) == "é")
        #expect(try title(document("utf-8", [0xE9])) == "é")
        #expect(try title(document("koi8-r", [0xC1])) == "а")
        #expect(try title(document(nil, [0xC1]), header: "koi8-r") == "а")
        #expect(try title(document("us-ascii", Array("é".utf8))) == "é")
        #expect(try title([0xEF, 0xBB, 0xBF] + document("iso-8859-1", Array("é".utf8))) == "é")
        #expect(try title(document("no-such-charset", Array("é".utf8))) == "é")
    }

    private static let legacy: [(String, [UInt8], String)] = [
        // "Цены на акции выросли", in three encodings.
        (
            "windows-1251",
            [0xD6, 0xE5, 0xED, 0xFB, 0x20, 0xED, 0xE0, 0x20, 0xE0, 0xEA, 0xF6, 0xE8, 0xE8, 0x20, 0xE2, 0xFB, 0xF0, 0xEE, 0xF1, 0xEB, 0xE8],
            "Цены на акции выросли"
        ),
        (
            "koi8-r", [0xE3, 0xC5, 0xCE, 0xD9, 0x20, 0xCE, 0xC1, 0x20, 0xC1, 0xCB, 0xC3, 0xC9, 0xC9, 0x20, 0xD7, 0xD9, 0xD2, 0xCF, 0xD3, 0xCC, 0xC9],
            "Цены на акции выросли"
        ),
        (
            "windows-1255",
            [0xEE, 0xE7, 0xE9, 0xF8, 0xE9, 0x20, 0xE4, 0xEE, 0xF0, 0xE9, 0xE5, 0xFA, 0x20, 0xF2, 0xEC, 0xE5, 0x20, 0xE4, 0xE9, 0xE5, 0xED],
            "מחירי המניות עלו היום"
        ),
        ("gb2312", [0xBD, 0xF1, 0xCC, 0xEC, 0xB5, 0xC4, 0xD6, 0xF7, 0xD2, 0xAA, 0xD0, 0xC2, 0xCE, 0xC5], "今天的主要新闻"),
        ("big5", [0xA4, 0xB5, 0xA4, 0xD1, 0xAA, 0xBA, 0xA5, 0x44, 0xAD, 0x6E, 0xB7, 0x73, 0xBB, 0x44], "今天的主要新聞"),
        ("euc-kr", [0xC1, 0xD6, 0xB0, 0xA1, 0xB0, 0xA1, 0x20, 0xBF, 0xC3, 0xB6, 0xFA, 0xBD, 0xC0, 0xB4, 0xCF, 0xB4, 0xD9], "주가가 올랐습니다"),
        ("euc-jp", [0xBA, 0xA3, 0xC6, 0xFC, 0xA4, 0xCF, 0xC0, 0xB2, 0xA4, 0xEC, 0xA4, 0xC7, 0xA4, 0xB9], "今日は晴れです"),
        ("shift_jis", [0x8D, 0xA1, 0x93, 0xFA, 0x82, 0xCD, 0x90, 0xB0, 0x82, 0xEA, 0x82, 0xC5, 0x82, 0xB7], "今日は晴れです"),
        ("tis-620", [0xA2, 0xE8, 0xD2, 0xC7, 0xCA, 0xD3, 0xA4, 0xD1, 0xAD, 0xC7, 0xD1, 0xB9, 0xB9, 0xD5, 0xE9], "ข่าวสำคัญวันนี้"),
    ]

    @Test("An encoding that nobody names is guessed where the letters clearly fit", arguments: legacy.map(\.0))
    func guesses(_ name: String) throws {
        let (_, bytes, text) = try #require(Self.legacy.first { $0.0 == name })
        #expect(try title(document(nil, bytes)) == text)
        #expect(try title(document("utf-8", bytes)) == text, "a wrong declaration does not help")
    }

    @Test(
        "Western accents are never taken for another script",
        arguments: [
            "Élève à l’école: «déjà vu», où être réélu, créée", "Größere Übungen für Äpfel, Öl und Straße", "¿Qué pasó? ¡Año nuevo! güey",
            "hääyöaie, töölöön, ääniä, öinen, määrää", "Räksmörgås på åö, öl, ÅÄÖ", "ação, não são João, avós, maçã", "það er öðruvísi, þú ætíð, æði",
        ])
    func western(_ text: String) throws {
        let bytes = text.unicodeScalars.map { $0 == "’" ? 0x92 : UInt8($0.value) }
        #expect(try title(document(nil, bytes)) == text)
    }

    @Test("A few bad bytes do not cost the charset that is declared")
    func damagedLegacy() throws {
        let word: [UInt8] = [0xBD, 0xF1, 0xCC, 0xEC, 0x20]
        let bytes = [[UInt8]](repeating: word, count: 100).flatMap { $0 } + [0xFF, 0x20] + word
        #expect(try title(document("gb2312", bytes))?.hasPrefix("今天 今天") == true)
    }

    @Test("What was encoded as UTF-8 twice is put right, unless a declared charset says so")
    func twice() throws {
        #expect(try title(document(nil, Array("donâ€™t".utf8))) == "don’t")
        #expect(try title(document(nil, Array("&acirc;&#128;&brvbar;".utf8))) == "…")
        #expect(try title(document(nil, Array("Ã–sterreich â€“ ein Ã–".utf8))) == "Österreich – ein Ö")
        #expect(try title(document(nil, Array("déjà “vu”".utf8))) == "déjà “vu”")
        #expect(try title(document("windows-1252", Array("€".utf8))) == "â‚¬")
    }

    @Test("UTF-16 with and without a mark")
    func wide() throws {
        let units = Array("<rss><channel><title>é</title></channel></rss>".utf16)
        let little = units.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        #expect(try title([0xFF, 0xFE] + little) == "é")
        #expect(try title(little) == "é")
    }
}

@Suite("Broken and hostile documents") struct BrokenTests {
    private static let whole = """
        <?xml version="1.0"?><rss version="2.0"><channel><title>T</title><item><guid>1</guid><title>One &amp; only</title>\
        <description><![CDATA[<p>x</p>]]></description></item><item><guid>2</guid><title>Two</title></item></channel></rss>
        """

    @Test(
        "What is readable is read",
        arguments: [
            ("a & b", "a & b"), ("a &nbsp;&eacute; b", "a é b"), ("R&D; x", "R&D; x"), ("a \u{8} b", "a b"), ("x &#8; y", "x y"), ("a < b", "a < b"),
            ("<br>a", "a"),
            ("a<x:y>b</x:y>", "a b"), ("&#146;", "\u{2019}"),
        ])
    func repairs(_ inside: String, _ title: String) throws {
        let feed = try read(
            "<rss version=\"2.0\"><channel><item><title>\(inside)</title><guid>1</guid></item><item><guid>2</guid><title>A &amp; B</title></item></channel></rss>"
        )
        #expect(feed.items.map(\.id) == ["1", "2"])
        #expect(feed.items.first?.title?.replacing(" ", with: "") == title.replacing(" ", with: ""))
        #expect(feed.items.last?.title == "A & B", "a reference behind the damage is kept")
    }

    @Test("Cut at any byte, a document gives its complete items and never crashes")
    func truncation() throws {
        let bytes = Array(Self.whole.utf8)
        for count in 60..<bytes.count {
            guard let feed = try? FeedReader.read(Array(bytes[..<count])) else { continue }
            let text = String(decoding: bytes[..<count], as: UTF8.self)
            if text.contains("</item>") { #expect(feed.items.first?.title == "One & only", "cut at \(count)") }
            #expect(feed.items.count <= 2)
        }
    }

    @Test("Flipped bytes never crash")
    func flips() {
        var state: UInt64 = 42
        func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }
        let bytes = Array(Self.whole.utf8)
        var read = 0
        for _ in 0..<3000 {
            var damaged = bytes
            for _ in 0..<(1 + next() % 4) { damaged[next() % damaged.count] = UInt8(next() & 255) }
            if let feed = try? FeedReader.read(damaged), !feed.items.isEmpty { read += 1 }
        }
        #expect(read > 2000, "most damage leaves most of a feed readable")
    }

    private static let hostile: [(String, @Sendable () -> String)] = [
        (
            "nested parameter entities",
            { "<!DOCTYPE r [" + (0..<30).map { "<!ENTITY % a\($0) '%a\($0 + 1);%a\($0 + 1);'>" }.joined() + "%a0;]>" + whole }
        ),
        (
            "billion laughs",
            {
                "<!DOCTYPE r [<!ENTITY a0 \"ha\">" + (1..<30).map { "<!ENTITY a\($0) \"&a\($0 - 1);&a\($0 - 1);\">" }.joined()
                    + "]><rss><channel><title>&a29;</title></channel></rss>"
            }
        ),
        (
            "quadratic blow-up",
            {
                "<!DOCTYPE r [<!ENTITY a \"\(String(repeating: "x", count: 1000))\">]><rss><channel><title>\(String(repeating: "&a;", count: 30_000))</title></channel></rss>"
            }
        ),
        ("attributes", { "<rss><channel " + (0..<20_000).map { "a\($0)=\"\"" }.joined(separator: " ") + "/></rss>" }),
        ("depth", { "<rss>" + String(repeating: "<a>", count: 50_000) }),
        ("brackets", { String(repeating: "[", count: 200_000) }),
        ("an endless attribute", { "<rss><channel a=\"" + String(repeating: "x", count: 30_000) }),
        ("an endless CDATA", { "<rss><channel><item><title><![CDATA[" + String(repeating: "x", count: 30_000) }),
        ("open comments", { "<rss><channel>" + String(repeating: "<!-- ", count: 30_000) }),
        ("open CDATA", { "<rss><channel>" + String(repeating: "<![CDATA[", count: 30_000) }),
        ("less-than signs", { "<rss><channel><title>" + String(repeating: "<", count: 30_000) }),
        ("ampersands", { "<rss><channel><title>" + String(repeating: "&", count: 30_000) + "</title></channel></rss>" }),
        ("unclosed tags", { "<rss><channel>" + String(repeating: "<item><b>", count: 30_000) }),
        ("stray end tags", { "<rss><channel>" + String(repeating: "</x>", count: 300_000) + "<title>T</title></channel></rss>" }),
        ("declarations", { "<rss><channel>" + String(repeating: "<!x ", count: 30_000) }),
        ("categories", { "<rss><channel><item>" + (0..<40_000).map { "<category>\($0)</category>" }.joined() + "</item></channel></rss>" }),
        (
            "undeclared prefixes under many namespaces",
            {
                "<rss><channel " + (0..<250).map { "xmlns:n\($0)='u'" }.joined(separator: " ") + ">" + String(repeating: "<z:a/>", count: 100_000)
            }
        ),
        (
            "open tags in HTML",
            { "<rss><channel><item><description>" + String(repeating: "&lt;a ", count: 30_000) + "</description></item></channel></rss>" }
        ),
        (
            "scripts in HTML",
            { "<rss><channel><item><description>" + String(repeating: "&lt;script&gt;", count: 30_000) + "</description></item></channel></rss>" }
        ),
    ]

    @Test("Hostile documents end soon", arguments: hostile.map(\.0))
    func hostileDocuments(_ name: String) throws {
        let text = try #require(Self.hostile.first { $0.0 == name }).1()
        let started = ContinuousClock.now
        let feed = try? read(text)
        // Debug builds are slow; anything quadratic would take minutes.
        #expect(started.duration(to: .now) < .seconds(20), "\(name)")
        #expect(feed.map { $0.items.allSatisfy { ($0.title?.utf8.count ?? 0) <= 4 << 20 } } ?? true)
    }

    @Test("More namespaces in scope than any honest feed declares are a ceiling, in one element or in many; one after the other they are not")
    func namespaces() throws {
        func declared(_ count: Int, _ mark: String) -> String { (0..<count).map { "xmlns:\(mark)\($0)='u'" }.joined(separator: " ") }
        let nested = (0..<190).map { "<channel \(declared(20, "n\($0)_"))>" }.joined()
        for text in ["<rss \(declared(257, "n"))><channel/></rss>", "<rss>" + nested] {
            let error = #expect(throws: FeedError.self) { try read(text) }
            #expect(error?.outcome == .ceiling)
            #expect(error?.message == "more than 256 namespaces are declared at one place")
        }
        let items = (0..<30).map { "<item \(declared(100, "n"))><guid>\($0)</guid></item>" }.joined()
        #expect(try read("<rss><channel>\(items)</channel></rss>").items.count == 30)
    }

    @Test(
        "A reading ends with its time, in the parser, in the repair and in JSON",
        arguments: ["<rss><channel>", "<rss><channel>&", "{\"items\":[]}"])
    func time(_ start: String) throws {
        let text = start + String(repeating: "<item><title>x</title></item>", count: 10_000)
        for change in [{ $0.deadline = .now }, { $0.time = .zero }] as [@Sendable (inout FeedLimits) -> Void] {
            var limits = FeedLimits()
            change(&limits)
            let error = #expect(throws: FeedError.self) { try FeedReader.read(Array(text.utf8), limits: limits) }
            #expect(error?.outcome == .timeout)
        }
    }

    @Test("The ceiling on computing time is met in the middle of a document", arguments: ["<rss><channel>", "<rss><channel>&"])
    func timeMidway(_ start: String) {
        var limits = FeedLimits()
        limits.items = .max
        limits.time = .milliseconds(20)
        let text = start + String(repeating: "<item><title>x &lt; y</title></item>", count: 200_000)
        let error = #expect(throws: FeedError.self) { try FeedReader.read(Array(text.utf8), limits: limits) }
        #expect(error?.outcome == .timeout)
    }

    @Test("An entry keeps the first 256 of its categories, enclosures and authors")
    func valuesPerItem() throws {
        let many = 0..<400
        let item = try item(
            many.map { "<category>c\($0)</category><category>c0</category><enclosure url='https://a/\($0)'/><author>A\($0)</author>" }.joined())
        #expect(item.categories == (0..<256).map { "c\($0)" })
        #expect(item.enclosures.count == 256)
        #expect(item.author?.split(separator: ", ").count == 256)
        let tags = many.map { "\"t\($0)\",\"t0\"" }.joined(separator: ",")
        let json = try read("{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":\"1\",\"tags\":[\(tags)]}]}")
        #expect(json.items.first?.categories.count == 256)
    }

    @Test("A document that breaks off says which entry was open")
    func openItem() throws {
        let head = "<rss version=\"2.0\"><channel><item><guid>1</guid></item>"
        #expect(try read(head + "<item><guid>http://a.example/story-12").openItem == 1)
        #expect(try read(head + "<item><guid>http://a.example/story-12</guid></ite").openItem == 1)
        #expect(try read(head + "<item><guid>2</guid></item>").openItem == nil)
        #expect(try read(head + "</channel></rss>").openItem == nil)
        #expect(try read("<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry><id>1</id></entry><entry><id>2").openItem == 1)
    }

    @Test("No file is read")
    func externalEntity() throws {
        let feed = try read("<!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><rss><channel><title>&x;</title></channel></rss>")
        #expect(feed.title?.contains("root:") != true)
    }

    @Test("A simple entity of the document's own is read")
    func ownEntity() throws {
        #expect(try read("<!DOCTYPE r [<!ENTITY name \"Mara\">]><rss><channel><title>&name;!</title></channel></rss>").title == "Mara!")
    }
}

@Suite("HTML") struct HTMLTests {
    @Test(
        "What is active goes, with what belongs to it",
        arguments: [
            ("<p>a<script>alert(1)</script>b</p>", "<p>ab</p>"), ("<a href=\"javascript:alert(1)\">x</a>", "<a >x</a>"),
            ("<img src=x onerror=alert(1)>", "<img src=x >"),
            ("<a href=\" java\nscript:alert(1)\">x</a>", "<a >x</a>"), ("<iframe src=\"https://a.example\"></iframe>x", "x"),
            ("<p style=\"x:expression(1)\">x</p>", "<p >x</p>"),
            ("<svg onload=alert(1)><a>y</a></svg>x", "x"), ("<a href=\"&#106;avascript:x\">x</a>", "<a >x</a>"),
            ("<form action=x><input></form>x", "x"), ("<SCRIPT>x</SCRIPT>y", "y"),
            ("<!--[if IE]><script></script><![endif]-->x", "x"), ("a<script", "a"), ("<img src=\"data:text/html,x\">", "<img >"),
            ("<base href=\"//x\">y", "y"),
        ])
    func sanitising(_ html: String, _ clean: String) { #expect(HTMLText.sanitised(html) == clean) }

    @Test("Clean HTML comes out byte for byte")
    func untouched() {
        let html = "<p class=\"a\">x <a href=\"https://a.example/?a=1&amp;b=2\" rel=nofollow>y</a><br/><img src='/z.jpg' srcset=\"/z.jpg 2x\"></p>"
        #expect(HTMLText.sanitised(html) == html)
    }

    @Test("HTML as text: blocks part words, inline elements do not")
    func text() {
        #expect(HTMLText.plain("<p>One</p><p>Two</p>") == "One Two")
        #expect(HTMLText.plain("O<b>n</b>e &lt; &eacute;&#8217;") == "One < é’")
        #expect(HTMLText.plain("a<style>b{}</style>c") == "a c")
    }

    @Test("Feeds that a page names are found, comments last, others' interfaces not at all")
    func discovery() {
        let page = """
            <html><head><base href="https://a.example/n/"><link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
            <link rel="alternate" type="application/json" href="/wp-json/x"><LINK REL='alternate' TYPE='application/atom+xml' HREF='atom.xml'>
            <link rel="stylesheet" href="x.css"></head><body><a href="/feed/">Feed</a></body></html>
            """
        let urls = FeedLinks.discover(in: Array(page.utf8), baseURL: "https://a.example/").map(\.url)
        #expect(urls == ["https://a.example/n/atom.xml", "https://a.example/feed/", "https://a.example/comments/feed"])
    }
}

@Suite("Web addresses") struct WebAddressTests {
    /// Examples of RFC 3986, 5.4.
    @Test(
        "References are resolved as RFC 3986 says",
        arguments: [
            ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"), ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"), ("#s", "http://a/b/c/d;p?q#s"), ("", "http://a/b/c/d;p?q"), (".", "http://a/b/c/"), ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"), ("../../g", "http://a/g"), ("../../../g", "http://a/g"), ("g:h", "g:h"), ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
        ])
    func resolution(_ reference: String, _ resolved: String) { #expect(WebAddress.resolve(reference, against: "http://a/b/c/d;p?q") == resolved) }
}
