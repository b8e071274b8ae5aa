import Foundation
import Host
import Testing
import WireCore

@Suite("Lists of feeds") struct ListTests {
    private func list(_ body: String, before: String = "") -> String {
        "<?xml version=\"1.0\"?>\(before)<opml version=\"2.0\"><body>\(body)</body></opml>"
    }

    private func read(_ text: String) throws -> OPML.List { try OPML.read(Array(text.utf8), file: "list") }

    @Test("Folders and categories become tags, each once, whatever the case of the attributes")
    func tags() throws {
        let outlines = try read(
            list(
                "<outline text=\"News\"><outline TITLE='A &amp; B' XMLURL=\"http://a.example/?x=1&amp;y=2\" category=\"/crypto/btc,News\"/></outline>"
                    + "<outline xmlUrl=\"http://b.example/\"></outline>")
        ).outlines
        #expect(outlines.map(\.feedURL) == ["http://a.example/?x=1&y=2", "http://b.example/"])
        #expect(outlines.map(\.title) == ["A & B", "http://b.example/"])
        #expect(outlines.map(\.tags) == [["News", "crypto/btc"], []])
    }

    @Test("A document type does nothing, however late, in UTF-16 too")
    func documentTypes() throws {
        let entities = (1..<40).map { "<!ENTITY % p\($0) \"%p\($0 - 1);%p\($0 - 1);\">" }.joined()
        let type = "<!DOCTYPE opml [<!ENTITY % p0 \"x\"><!ENTITY a SYSTEM \"file:///etc/passwd\">\(entities)%p39;]>"
        let text = list("<outline text=\"&a;\" xmlUrl=\"http://a.example/\"/>", before: "<!--\(String(repeating: "x", count: 5000))-->\(type)")
        let wide: [UInt8] = [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let started = ContinuousClock.now
        for bytes in [Array(text.utf8), wide] { #expect(try OPML.read(bytes, file: "list").outlines.map(\.title) == ["&a;"]) }
        #expect(started.duration(to: .now) < .seconds(10))
    }

    @Test("Hostile lists take no time: attributes without end, quotes that never close, declarations that never end")
    func hostile() {
        let attributes = (0..<100_000).map { "a\($0)=\"\"" }.joined(separator: " ")
        let namespaces = (0..<300).map { "xmlns:a\($0)=\"x\"" }.joined(separator: " ")
        let bodies = [
            "<outline \(attributes)/>", String(repeating: "<outline \(namespaces)>", count: 300), String(repeating: "<a b=\"", count: 200_000),
            String(repeating: "<!x [", count: 200_000), String(repeating: "<!--", count: 200_000), String(repeating: "<", count: 1_000_000),
        ]
        for body in bodies {
            let started = ContinuousClock.now
            _ = try? read(list(body))
            #expect(started.duration(to: .now) < .seconds(10), "\(body.prefix(20))")
        }
    }

    @Test("Folders nested without end are refused with the reason, as a failure")
    func depth() throws {
        let deep = list(String(repeating: "<outline text=\"d\">", count: 5000))
        let error = #expect(throws: DeskError.self) { try read(deep) }
        #expect(error?.code == .failure)
        #expect(error?.message.contains("nested deeper than 32 levels") == true)
    }

    @Test("A list that breaks off keeps its whole feeds and says so; too many are cut with a word")
    func cut() throws {
        let whole = list("<outline xmlUrl=\"http://a.example/\"/><outline xmlUrl=\"http://b.example/\"/>")
        #expect(try read(whole).isCutShort == false)
        let half = try read(String(whole.dropLast(30)))
        #expect(half.isCutShort)
        #expect(half.outlines.map(\.feedURL) == ["http://a.example/"])
        let many = try read(list((0...OPML.maximumFeeds).map { "<outline xmlUrl=\"http://a\($0).example/\"/>" }.joined()))
        #expect(many.isTruncated && many.outlines.count == OPML.maximumFeeds)
    }

    @Test("What is no list is none", arguments: ["", "<rss/>", "<html><body/></html>", "nonsense"])
    func others(_ text: String) {
        #expect(throws: DeskError.self) { try read(text) }
    }

    @Test("Thousands of feeds of one site get ids of their own, in one edit and linear time")
    func many() throws {
        var names = SourceName.Pool(taken: ["a-3"])
        let ids = (0..<15_000).map { names.propose(for: "https://a.example/\($0)", title: nil) }
        #expect(ids.prefix(4) == ["a", "a-2", "a-4", "a-5"])
        #expect(Set(ids).count == ids.count)
        let started = ContinuousClock.now
        var editor = RegistryEditor(text: Array("{\"version\":1,\"sources\":[]}".utf8))
        try editor.add(ids.map { [("id", "\"\($0)\""), ("kind", "\"feed\""), ("url", "\"https://a.example/\($0)\"")] })
        #expect(try RegistryReader.read(editor.text, file: "x").sources.count == ids.count)
        #expect(started.duration(to: .now) < .seconds(15))
    }
}
