import Foundation
import SourcePlugins
import Testing
import WireCore

extension PluginAction {
    fileprivate var items: [Item]? { if case .take(let items, _) = self { items } else { nil } }
    fileprivate var note: String? { if case .note(let text) = self { text } else { nil } }
}

@Suite("Singer messages") struct SingerSessionTests {
    private static func feed(_ session: inout SingerSession, _ lines: String...) -> [PluginAction] {
        lines.flatMap { session.receive(Array($0.utf8)) }
    }

    private static func record(_ id: Int, _ stream: String = "s") -> String {
        #"{"type":"RECORD","stream":"\#(stream)","record":{"nr":\#(id),"headline":"T\#(id)","link":"https://e.example/\#(id)","created_at":"2026-11-24T08:00:00Z"}}"#
    }

    @Test("Records become items by what their fields are called, and are known by the stream's key")
    func guessed() {
        var session = SingerSession()
        var actions = Self.feed(&session, #"{"type":"SCHEMA","stream":"s","schema":{},"key_properties":["nr"]}"#, Self.record(1), Self.record(2))
        #expect(actions.isEmpty, "a stream's fields are guessed from several records")
        actions = session.end()
        let items = actions.compactMap(\.items).flatMap { $0 }
        #expect(items.map(\.id) == ["s:1", "s:2"])
        #expect(items.map(\.title) == ["T1", "T2"])
        #expect(items.map(\.url) == ["https://e.example/1", "https://e.example/2"])
        #expect(items.first?.publishedAt.map(UTCTime.text) == "2026-11-24T08:00:00Z")
    }

    @Test("A field map counts where there is one; a record without a key, an id, an address or a title is rejected")
    func mapped() throws {
        var fields = FieldMap()
        fields[.title] = FieldRule(try #require(JSONPointer("/headline")))
        var session = SingerSession(fields: fields)
        let actions = Self.feed(
            &session, Self.record(7), #"{"type":"record","stream":"s","record":{"x":1}}"#, #"{"type":"RECORD","stream":"s","record":5}"#)
        #expect(actions.compactMap(\.items).flatMap { $0 }.map(\.title) == ["T7"])
        #expect(actions.count == 3)
    }

    @Test("The empty first STATE is no progress; a later one counts, digit for digit, once its records are handed over")
    func states() {
        var session = SingerSession()
        _ = Self.feed(&session, #"{"type":"STATE","value":{}}"#, #"{"type":"STATE"}"#, #"{"type":"STATE","value":null}"#)
        #expect(session.state == nil)
        let actions = Self.feed(
            &session, Self.record(1), #"{"type": "STATE", "value": {"bookmarks": {"s": {"at": 1.50, "n": 12345678901234567890}}}}"#)
        #expect(actions.compactMap(\.items).count == 1, "what the state covers comes first")
        #expect(SingerSession.file(ofState: session.state) == #"{"bookmarks":{"s":{"at":1.50,"n":12345678901234567890}}}"#)
        _ = Self.feed(&session, #"{"type":"STATE","value":{}}"#)
        #expect(session.state != nil, "an empty one takes nothing back")
        #expect(SingerSession.file(ofState: "exec:1") == nil, "another protocol's state is none")
    }

    @Test("Unknown types and lines that are none are passed over, and told once")
    func unknown() {
        var session = SingerSession()
        let notes = Self.feed(
            &session, #"{"type":"ACTIVATE_VERSION","stream":"s","version":1}"#, #"{"type":"ACTIVATE_VERSION","stream":"s","version":2}"#,
            #"{"type":"BATCH","stream":"s"}"#, "Starting sync…", "[]", #"{"typ":1}"#
        ).compactMap(\.note)
        #expect(notes.count == 3)
        #expect(notes.first?.contains("ACTIVATE_VERSION") == true)
        #expect(notes.last?.contains("Starting sync") == true)
    }

    @Test("Only the streams that were named give items, and the others are counted")
    func streams() {
        var session = SingerSession(streams: ["s"])
        _ = Self.feed(&session, Self.record(1), Self.record(2, "other"), Self.record(3, "other"))
        let actions = session.end()
        #expect(actions.compactMap(\.items).flatMap { $0 }.count == 1)
        #expect(actions.compactMap(\.note).first?.contains("2 records") == true)
    }

    @Test(
        "A tap's failure is told by its standard error",
        arguments: [
            ("CRITICAL Config validation error: 'url' is a required property", .config),
            ("singer_sdk.exceptions.FatalAPIError: 403 Client Error: Forbidden", .auth),
            ("RetriableAPIError: 429 Client Error: Too Many Requests for path: /x", .rateLimited), ("RetriableAPIError: 500 Server Error", .http),
            ("requests.exceptions.JSONDecodeError: Expecting value: line 1 column 1 (char 0)", .wrongKind), ("MemoryError", .ceiling),
            ("Failed to resolve 'nowhere.example'", .dns), ("requests.exceptions.ConnectionError: Connection refused", .network),
            ("ReadTimeout: Read timed out.", .timeout), ("ModuleNotFoundError: No module named 'x'", .config), ("Segmentation fault", .crash),
            ("", .crash),
        ] as [(String, Outcome)])
    func failures(_ errors: String, _ outcome: Outcome) { #expect(SingerFailure.classify(errors: errors, status: 1).outcome == outcome) }

    @Test("A catalog's streams are selected, in the way of newer and of older taps")
    func catalog() throws {
        let text =
            #"{"streams":[{"tap_stream_id":"a","stream":"a","schema":{"type":"object"},"metadata":[{"breadcrumb":["properties","x"],"metadata":{}},{"breadcrumb":[],"metadata":{"inclusion":"available"}}]},{"tap_stream_id":"b","schema":{}}]}"#
        let root = try JSONReader.read(try #require(SingerCatalog.selecting(["a"], in: Array(text.utf8))))
        let streams = try #require(root["streams"]?.array)
        #expect(streams.map { $0["metadata"]?.array?.first?["metadata"]?["selected"]?.bool } == [true, false])
        #expect(streams.map { $0["schema"]?["selected"]?.bool } == [true, false])
        #expect(streams.first?["metadata"]?.array?.count == 2)
        #expect(streams.first?["metadata"]?.array?.first?["metadata"]?["inclusion"]?.string == "available")
        #expect(SingerCatalog.selecting([], in: Array("oops".utf8)) == nil)
    }
}
