import Foundation
import Host
import Testing
import WireCore

@Suite("Mistakes of a registry") struct MistakeTests {
    private func refusal(_ text: String) -> RegistryRefusal? {
        #expect(throws: RegistryRefusal.self) { try RegistryReader.read(Array(text.utf8), file: "x") }
    }

    private static func source(_ more: String, url: String = "https://a.example") -> String {
        "{\"version\":1,\"sources\":[{\"id\":\"a\",\"kind\":\"feed\",\"url\":\"\(url)\"\(more)}]}"
    }

    @Test(
        "Each is named at the element that has it, with what is due",
        arguments: [
            (source(",\"interval\":5"), "5}", "interval of source \"a\" is 5, but must be a duration such as \"15m\", or {"),
            (source(",\"tags\":[\"x\",7]"), "7]", "tags of source \"a\" holds 7, but each element must be a text"),
            (source(",\"tags\":\"x\""), "\"x\"", "must be a list"),
            (source("", url: "https://a.example/\u{202E}x"), "\"https:", "invisible characters"),
            (source("", url: "https://a.example/\u{200B}"), "\"https:", "invisible characters"),
            (
                source(",\"breaker\":{\"openFor\":\"2h\",\"openAtMost\":\"1h\"}"), "\"2h\"",
                "openFor of breaker of source \"a\" is 2h, but must not be more than openAtMost, which is 1h"
            ),
            (source(",\"breaker\":{\"openFor\":\"7h\"}"), "\"7h\"", "which is 6h"),
            ("{\"version\":1,\"sources\":[],\n\"network\":{\"allowPrivate\":[\"::1\",\"banana\"]}}", "\"banana\"", "holds \"banana\", but each"),
            ("{\"version\":1,\"sources\":[],\"network\":{\"userAgent\":\"a\\r\\nX: 1\"}}", "\"a\\r", "userAgent of network is \"a\\r\\nX: 1\""),
        ])
    func places(_ text: String, _ place: String, _ message: String) throws {
        let problem = try #require(refusal(text)?.problems.first)
        #expect(problem.message.contains(message), "\(problem.message)")
        let offset = try #require(text.range(of: place)).lowerBound.utf16Offset(in: text)
        #expect(problem.position == TextPosition(of: offset, in: Array(text.utf8)))
    }

    @Test("Articles and audit lines are kept for a year and polls for a month, or as the registry says")
    func retention() throws {
        func read(_ retention: String) throws -> RetentionConfiguration {
            try RegistryReader.read(Array("{\"version\":1,\"retention\":{\(retention)},\"sources\":[]}".utf8), file: "x").retention
        }
        let year = Duration.seconds(365 * 86_400)
        let shipped = try read("")
        #expect(shipped.articles == year && shipped.audit == year && shipped.polls == .seconds(30 * 86_400))
        let said = try read("\"articles\":\"90d\",\"audit\":\"forever\",\"polls\":\"7d\"")
        #expect(said.articles == .seconds(90 * 86_400) && said.audit == nil && said.polls == .seconds(7 * 86_400))
        #expect(throws: RegistryRefusal.self) { try read("\"audit\":\"never\"") }
    }

    private static func api(_ config: String) -> String {
        "{\"version\":1,\"sources\":[{\"id\":\"a\",\"kind\":\"json\",\"url\":\"https://a.example\",\"config\":\(config)}]}"
    }

    @Test(
        "What is wrong with a JSON API's description is named at its place too",
        arguments: [
            (api("{}"), "{}}", "config of source \"a\" has no \"fields\""),
            (api("{\"fields\":{\"titel\":\"/t\"}}"), "\"titel", "did you mean \"title\"?"),
            (api("{\"fields\":{\"summary\":\"/t\"}}"), "{\"summary", "need an id, a url or a title"),
            (api("{\"fields\":{\"id\":\"id\"}}"), "\"id\"}", "must be a JSON Pointer"),
            (api("{\"fields\":{\"id\":{\"pointer\":\"/a\",\"value\":\"b\"}}}"), "{\"pointer", "but has pointer and value"),
            (api("{\"fields\":{\"id\":{\"date\":\"seconds\"}}}"), "{\"date", "but has none"),
            (api("{\"fields\":{\"id\":{\"pointer\":\"/a\",\"date\":\"%m\"}}}"), "\"%m", "must be auto, seconds"),
            (api("{\"fields\":{\"id\":{\"template\":\"x{y\"}}}"), "\"x{y", "pointers in braces"),
            (api("{\"fields\":{\"id\":\"/a\"},\"paging\":{\"by\":\"pages\"}}"), "\"pages", "did you mean \"page\"?"),
            (api("{\"fields\":{\"id\":\"/a\"},\"paging\":{\"by\":\"offset\"}}"), "{\"by", "has no \"parameter\""),
            (api("{\"fields\":{\"id\":\"/a\"},\"paging\":{\"by\":\"cursor\",\"parameter\":\"c\"}}"), "{\"by", "neither \"pointer\" nor \"lastItem\""),
            (api("{\"fields\":{\"id\":\"/a\"},\"query\":{\"key\":{\"env\":\"A-B\"}}}"), "{\"env", "must be a text, a number, or {\"env\""),
            (api("{\"fields\":{\"id\":\"/a\"},\"errors\":[{\"at\":\"/e\",\"outcome\":\"ok\"}]}"), "\"ok", "one of rate_limited"),
            (api("{\"fields\":{\"id\":\"/a\"},\"since\":{}}"), "{}}", "has no \"parameter\""),
        ])
    func descriptions(_ text: String, _ place: String, _ message: String) throws { try places(text, place, message) }

    private static func plugin(_ config: String) -> String {
        "{\"version\":1,\"sources\":[{\"id\":\"a\",\"kind\":\"exec\",\"config\":\(config)}]}"
    }

    @Test(
        "What is wrong with a plugin's entry is named at its place too",
        arguments: [
            (plugin("{}"), "{}}", "has no \"command\", which is a list of texts"),
            (plugin("{\"command\":\"x\"}"), "\"x\"", "must be a list of texts"),
            (plugin("{\"command\":[\"\"]}"), "[\"\"]", "must be a list of texts"),
            (plugin("{\"command\":[\"x\"],\"protocol\":\"singr\"}"), "\"singr", "did you mean \"singer\"?"),
            (plugin("{\"command\":[\"x\"],\"streams\":[\"a\"]}"), "[\"a\"]", "belongs to \"protocol\": \"singer\""),
            (plugin("{\"command\":[\"x\"],\"settings\":[{\"env\":\"A\"}]}"), "[{\"env", "must be an object"),
            (plugin("{\"command\":[\"x\"],\"settings\":{\"a\":[{\"env\":\"A-B\"}]}}"), "{\"env", "which is no variable's name"),
            (plugin("{\"command\":[\"x\"],\"environment\":{\"A B\":\"c\"}}"), "{\"A B", "which is no variable's name"),
            (plugin("{\"command\":[\"x\"],\"limits\":{\"memory\":\"1MiB\"}}"), "\"1MiB", "from 16MiB to 8GiB"),
            (plugin("{\"command\":[\"x\"],\"limits\":{\"cpu\":\"1s\"}}"), "\"cpu", "Allowed: startUp, cpuTime"),
        ])
    func plugins(_ text: String, _ place: String, _ message: String) throws { try places(text, place, message) }

    @Test("After fifty it stops, at once, and says that there are more")
    func many() throws {
        func list(_ entry: (Int) -> String) -> String { "{\"version\":1,\"sources\":[\((0..<50_000).map(entry).joined(separator: ",\n"))]}" }
        let keys = (0..<50_000).map { "\"k\($0)\":1" }.joined(separator: ",")
        let texts = [
            list { "{\"id\":\"s\",\"kind\":\"feed\",\"url\":\"https://a.example/\($0)\"}" }, list { "{\"id\":\"s\($0)\",\"kind\":\"fed\"}" },
            Self.source(",\(keys)"),
        ]
        for text in texts {
            let started = ContinuousClock.now
            let refusal = try #require(self.refusal(text))
            #expect(started.duration(to: .now) < .seconds(15))
            #expect(refusal.problems.count == 50)
            #expect(refusal.description.hasSuffix("\nand more"))
            #expect(refusal.deskError.message.contains("more than 50 mistakes"))
        }
        #expect(refusal(Self.source(",\"headers\":{\(keys)}"))?.problems.map(\.message) == ["headers of source \"a\" are more than 64"])
    }

    @Test("UTF-16 is called by its name")
    func utf16() {
        let text = "{\"version\":1,\"sources\":[]}"
        let marked: [UInt8] = [0xFF, 0xFE] + text.utf8.flatMap { [$0, 0] }
        let bare: [UInt8] = text.utf8.flatMap { [0, $0] }
        for bytes in [marked, bare] {
            let refusal = #expect(throws: RegistryRefusal.self) { try RegistryReader.read(bytes, file: "x") }
            #expect(refusal?.problems.first?.message == "looks like UTF-16; save it as UTF-8")
        }
    }

    @Test("An edit keeps the file's line ends")
    func lineEnds() throws {
        let text =
            "{\n  \"version\": 1,\n  \"sources\": [\n    {\n      \"id\": \"a\",\n      \"kind\": \"feed\",\n      \"url\": \"https://a.example\"\n    }\n  ]\n}\n"
            .replacingOccurrences(of: "\n", with: "\r\n")
        var editor = RegistryEditor(text: Array(text.utf8))
        try editor.set("disabled", to: "{}", of: #require(SourceID("a")))
        try editor.add([("id", "\"b\""), ("kind", "\"feed\""), ("url", "\"https://b.example\"")])
        let lines = String(decoding: editor.text, as: UTF8.self).unicodeScalars.split(separator: "\n", omittingEmptySubsequences: true)
        #expect(lines.count == 16)
        #expect(lines.allSatisfy { $0.last == "\r" })
        #expect(try RegistryReader.read(editor.text, file: "x").sources.count == 2)
    }

    @Test("Only a regular file is a registry: a pipe is refused instead of waited for")
    func pipes() throws {
        let path = NSTemporaryDirectory() + "wiredesk-pipe-" + UUID().uuidString
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        for path in [path, NSTemporaryDirectory(), "/dev/zero"] {
            let error = #expect(throws: DeskError.self) { try RegistryFile(path: path).load() }
            #expect(error?.message.contains("no regular file") == true)
        }
    }
}
