import Foundation
@testable import Host
import SourcePlugins
import Testing
import WireCore

private let start = Date(timeIntervalSince1970: 1_795_000_000)
private func id(_ text: String) throws -> SourceID { try #require(SourceID(text)) }

@Suite("The schedule") struct ScheduleTests {
    @Test("Nobody is taken before its time, each once, and the book knows when to look again")
    func due() throws {
        var book = ScheduleBook(network: NetworkConfiguration())
        book.set(try id("a"), host: "a", isPolite: true, dueAt: start, isSuspect: false)
        book.set(try id("b"), host: "b", isPolite: true, dueAt: start.addingTimeInterval(10), isSuspect: false)
        #expect(book.take(at: start.addingTimeInterval(-1)) == nil)
        #expect(book.take(at: start)?.text == "a")
        #expect(book.take(at: start) == nil)
        #expect(book.nextWake(after: start) == start.addingTimeInterval(10))
        book.finish(try id("a"), dueAt: start.addingTimeInterval(5), isSuspect: false)
        #expect(book.nextWake(after: start) == start.addingTimeInterval(5))
    }

    @Test("One host name is asked by few at a time, with a pause between")
    func politeness() throws {
        var network = NetworkConfiguration()
        network.perHost = 2
        network.spacing = .seconds(1)
        var book = ScheduleBook(network: network)
        for index in 0..<5 { book.set(try id("s\(index)"), host: "h", isPolite: true, dueAt: start, isSuspect: false) }
        #expect(book.take(at: start) != nil)
        #expect(book.take(at: start) == nil)
        #expect(book.nextWake(after: start) == start.addingTimeInterval(1))
        #expect(book.take(at: start.addingTimeInterval(1)) != nil)
        #expect(book.take(at: start.addingTimeInterval(9)) == nil, "two are under way")
    }

    @Test("However many suspects hang, half of the places are left for the healthy")
    func bulkhead() throws {
        var network = NetworkConfiguration()
        network.concurrency = 10
        var book = ScheduleBook(network: network)
        for index in 0..<100 { book.set(try id("sick\(index)"), host: "h\(index)", isPolite: true, dueAt: start, isSuspect: true) }
        var taken = 0
        while book.take(at: start) != nil { taken += 1 }
        #expect(taken == 5)
        book.set(try id("well"), host: "w", isPolite: true, dueAt: start, isSuspect: false)
        #expect(book.take(at: start)?.text == "well")
    }

    /// How often a source is started in ten seconds when its polls always come back with `dueAt`, asked for in steps of 50 ms.
    private func starts(_ book: inout ScheduleBook, dueAt: Date = .distantPast) throws -> Int {
        let source = try id("a")
        return (0..<200).count { step in
            let now = start.addingTimeInterval(Double(step) * 0.05)
            guard book.take(at: now) != nil else { return false }
            book.finish(source, dueAt: dueAt, isSuspect: true)
            return true
        }
    }

    @Test("Whatever due times it is told, no source is started more than once a second, or once its shorter interval")
    func net() throws {
        for (pause, expected) in [(Duration.seconds(1), 10), (.milliseconds(500), 20)] {
            var book = ScheduleBook(network: NetworkConfiguration())
            book.set(try id("a"), host: "a", isPolite: false, dueAt: start, isSuspect: false, pause: pause)
            let count = try starts(&book)
            #expect(count == expected)
        }
    }

    @Test("An operator's request goes past the net once; a clock that was put back holds nobody up")
    func requests() throws {
        var book = ScheduleBook(network: NetworkConfiguration())
        let source = try id("a")
        book.set(source, host: "a", isPolite: false, dueAt: start, isSuspect: false)
        #expect(book.take(at: start) == source)
        #expect(book.entries[source]?.run?.isRequested == false)
        book.finish(source, dueAt: start.addingTimeInterval(600), isSuspect: false)
        let isKnown = book.request(source, at: start)
        #expect(isKnown)
        #expect(book.take(at: start) == source)
        #expect(book.entries[source]?.run?.isRequested == true)
        book.finish(source, dueAt: start, isSuspect: false)
        #expect(book.take(at: start) == nil)
        #expect(book.nextWake(after: start) == start.addingTimeInterval(1))
        let before = start.addingTimeInterval(-3600)
        book.set(source, host: "a", isPolite: false, dueAt: before, isSuspect: false)
        #expect(book.take(at: before) == source)
        let isNobody = book.request(try id("nobody"), at: start)
        #expect(!isNobody)
    }

    @Test("A source that was polled on another's behalf is put off, never brought forward, also while it waits for its place")
    func postponing() throws {
        var network = NetworkConfiguration()
        network.concurrency = 1
        var book = ScheduleBook(network: network)
        let (a, b) = (try id("a"), try id("b"))
        book.set(a, host: "a", isPolite: false, dueAt: start, isSuspect: false)
        book.set(b, host: "b", isPolite: false, dueAt: start, isSuspect: false)
        #expect(book.take(at: start) == a)
        #expect(book.take(at: start) == nil, "b waits")
        book.postpone(b, to: start.addingTimeInterval(60))
        book.postpone(b, to: start.addingTimeInterval(30))
        book.finish(a, dueAt: start.addingTimeInterval(600), isSuspect: false)
        #expect(book.take(at: start.addingTimeInterval(59)) == nil)
        #expect(book.take(at: start.addingTimeInterval(60)) == b)
    }

    @Test("Due times that are moved for ever leave nothing behind")
    func noTrail() throws {
        var book = ScheduleBook(network: NetworkConfiguration())
        for round in 0..<10_000 {
            book.set(try id("a"), host: "a", isPolite: true, dueAt: start.addingTimeInterval(Double(10_000 + round)), isSuspect: false)
        }
        #expect(book.planned < 100)
    }

    @Test("Removing and re-adding while a poll is under way loses no place")
    func removal() throws {
        var network = NetworkConfiguration()
        network.concurrency = 2
        var book = ScheduleBook(network: network)
        for round in 0..<20 {
            book.set(try id("a"), host: "h", isPolite: false, dueAt: start, isSuspect: round % 2 == 0)
            #expect(book.take(at: start)?.text == "a", "round \(round)")
            if round % 3 == 0 { book.remove(try id("a")) }
            book.finish(try id("a"), dueAt: start, isSuspect: true)
            book.remove(try id("a"))
        }
    }
}

@Suite("The pace") struct PaceTests {
    private func items(every seconds: Double, count: Int) -> [Item] {
        (0..<count).map { Item(id: "\($0)", publishedAt: start.addingTimeInterval(-Double($0) * seconds)) }
    }

    @Test("Half the mean gap between items, within the bounds")
    func adaptive() {
        let policy = IntervalPolicy.adaptive(least: .seconds(300), most: .seconds(7200))
        let hourly = Pace.observe(items(every: 3600, count: 20), now: start)
        #expect(hourly?.meanGap == 3600)
        #expect(Pace.interval(policy, meanGap: 3600, span: nil, advised: nil) == .seconds(1800))
        #expect(Pace.interval(policy, meanGap: 10, span: nil, advised: nil) == .seconds(300))
        #expect(Pace.interval(policy, meanGap: 1e7, span: nil, advised: nil) == .seconds(7200))
        #expect(Pace.interval(policy, meanGap: 600, span: nil, advised: 3600) == .seconds(3600), "the document's own wish counts")
        #expect(Pace.interval(policy, meanGap: 7200, span: 1000, advised: nil) == .seconds(500), "a small window is looked at before it closes")
        #expect(Pace.interval(.fixed(.seconds(7)), meanGap: 1e6, span: nil, advised: 1e6) == .seconds(7))
    }

    @Test("Too few dates, dates all alike or in the future say nothing")
    func nothing() {
        #expect(Pace.observe(items(every: 60, count: 2), now: start) == nil)
        #expect(Pace.observe(items(every: 0, count: 9), now: start) == nil)
        #expect(Pace.observe(items(every: 60, count: 9), now: start.addingTimeInterval(-1e6)) == nil)
    }
}

@Suite("Pages of one poll") struct PageGuardTests {
    @Test("Tokens, bodies and cursors seen before end the poll, each by its name")
    func names() {
        var pages = PageGuard(ceilings: Ceilings())
        #expect(pages.admit(PageRequest(url: "u", token: "1")) == nil)
        #expect(pages.admit(body: [1]) == nil)
        #expect(pages.admit(PageRequest(url: "u", token: "2")) == nil)
        #expect(pages.admit(PageRequest(url: "u", token: "1")) == .tokenSeen)
        #expect(pages.admit(body: [1]) == .pageSeen)
        #expect(pages.admit(PageRequest(url: "c1", cursor: 10)) == nil)
        #expect(pages.admit(PageRequest(url: "c2", cursor: 10)) == .cursorStuck)
        #expect(pages.admit(PageRequest(url: "c3", cursor: 11)) == .cursorStuck)
    }

    @Test("A page with nothing new ends the poll; items beyond the ceiling are left out")
    func items() {
        var ceilings = Ceilings()
        ceilings.items = 3
        var pages = PageGuard(ceilings: ceilings)
        _ = pages.admit(body: [1])
        #expect(pages.take(Page(items: [Item(id: "1"), Item(id: "2")])).end == nil)
        _ = pages.admit(body: [2])
        #expect(pages.take(Page(items: [Item(id: "1"), Item(id: "2")])).end == .nothingNew)
        _ = pages.admit(body: [3])
        let last = pages.take(Page(items: [Item(id: "3"), Item(id: "4")]))
        #expect(last.items.map(\.id) == ["3"])
        #expect(last.end == .items)
    }
}

@Suite("Editing the registry") struct RegistryEditorTests {
    private static func shipped() throws -> [UInt8] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return [UInt8](try Data(contentsOf: root.appendingPathComponent("Plugins.json")))
    }

    @Test("The shipped registry has its thirteen sources")
    func shippedIsRight() throws { #expect(try RegistryReader.read(try Self.shipped(), file: "Plugins.json").sources.count == 13) }

    @Test("Disabling and enabling any source gives every byte back; so does adding and removing one")
    func roundTrips() throws {
        let text = try Self.shipped()
        for source in try RegistryReader.read(text, file: "x").sources {
            var editor = RegistryEditor(text: text)
            try editor.set("disabled", to: RegistryEditor.json(Disabling(by: "a", reason: "“q” \\ \n", at: start, until: nil)), of: source.id)
            let changed = try RegistryReader.read(editor.text, file: "x")
            #expect(changed[source.id]?.disabled?.reason == "“q” \\ \n")
            #expect(changed.sources.count == 13)
            try editor.unset("disabled", of: source.id)
            #expect(editor.text == text)
            try editor.remove(source.id)
            #expect(try RegistryReader.read(editor.text.withoutFallback(of: source.id), file: "x").sources.count == 12)
        }
        var editor = RegistryEditor(text: text)
        try editor.add([("id", "\"new\""), ("kind", "\"feed\""), ("url", "\"https://new.example/feed\"")])
        #expect(try RegistryReader.read(editor.text, file: "x").sources.last?.id.text == "new")
        try editor.remove(try id("new"))
        #expect(editor.text == text)
    }

    @Test(
        "Each mistake is named where it stands",
        arguments: [
            ("{\"version\":2,\"sources\":[]}", "2,", "version of the registry is 2, but must be 1"),
            (
                "{\"version\":1,\"sources\":[{\"id\":\"A b\",\"kind\":\"feed\",\"url\":\"https://a.example\"}]}", "\"A b\"",
                "id of source \"A b\" is \"A b\""
            ),
            ("{\"version\":1,\n\"sources\":[{\"id\":\"a\",\"kind\":\"feed\",\"url\":\"ftp://a\"}]}", "\"ftp:", "absolute http or https address"),
            ("{\"version\":1,\"sources\":[{\"id\":\"a\",\"kind\":\"feed\",\"url\":\"https://u:p@a.example\"}]}", "\"https:", "without user name"),
            (
                "{\"version\":1,\"sources\":[{\"id\":\"a\",\"kind\":\"feed\",\"url\":\"https://a.example\",\"headers\":{\"Authorization\":\"x\"}}]}",
                "\"x\"", "never a value"
            ),
            (
                "{\"version\":1,\"sources\":[{\"id\":\"a\",\"kind\":\"feed\",\"url\":\"https://a.example\",\"fallback\":\"b\"}]}", "\"b\"",
                "which is no source"
            ),
            (
                "{\"version\":1,\"sources\":[{\"id\":\"a\",\"kind\":\"feed\",\"url\":\"https://a.example\",\"interval\":\"5 parsecs\"}]}",
                "\"5 parsecs", "a duration such as"
            ),
        ])
    func mistakes(_ text: String, _ place: String, _ message: String) throws {
        let refusal = #expect(throws: RegistryRefusal.self) { try RegistryReader.read(Array(text.utf8), file: "x") }
        let problem = try #require(refusal?.problems.first)
        #expect(problem.message.contains(message), "\(problem.message)")
        let offset = try #require(text.range(of: place)).lowerBound.utf16Offset(in: text)
        #expect(problem.position == TextPosition(of: offset, in: Array(text.utf8)))
    }

    @Test("Fallbacks that lead back are refused")
    func fallbackLoop() {
        let text =
            "{\"version\":1,\"sources\":[{\"id\":\"a\",\"kind\":\"feed\",\"url\":\"https://a.example\",\"fallback\":\"b\"},{\"id\":\"b\",\"kind\":\"feed\",\"url\":\"https://b.example\",\"fallback\":\"a\"}]}"
        let refusal = #expect(throws: RegistryRefusal.self) { try RegistryReader.read(Array(text.utf8), file: "x") }
        #expect(refusal?.description.contains("lead back to itself") == true)
    }
}

extension [UInt8] {
    /// Without the mention of a source that has gone.
    fileprivate func withoutFallback(of id: SourceID) -> [UInt8] {
        Array(String(decoding: self, as: UTF8.self).replacingOccurrences(of: "\"fallback\": \"\(id)\",", with: "").utf8)
    }
}
