import Demo
import Foundation
import Logging
import Stores
import Testing
import WireCore

@Suite("The demo") struct DemoDayTests {
    @Test("Equal seeds tell equal news, other seeds other news")
    func seeds() {
        let start = Date(timeIntervalSince1970: 1_793_836_800)
        func headlines(_ seed: UInt64) -> [String] {
            let room = DemoNewsroom(seed: seed, clock: SystemClock(), start: start)
            return DemoSource.all.flatMap { room.published($0.id, by: start.addingTimeInterval(86_400)) }
        }
        #expect(headlines(1) == headlines(1))
        #expect(headlines(1) != headlines(2))
        #expect(headlines(1).count > 1000)
    }

    @Test("The thirteen have the shipped registry's ids")
    func ids() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let shipped = try Data(contentsOf: root.appendingPathComponent("Plugins.json"))
        let sources = (try JSONSerialization.jsonObject(with: shipped) as? [String: Any])?["sources"] as? [[String: Any]]
        #expect(sources?.compactMap { $0["id"] as? String } == DemoSource.all.map(\.id))
    }

    @Test("A played day goes as it should, sick sources and all")
    func day() async throws {
        let folder = NSTemporaryDirectory() + "wiredesk-day-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var options = DemoDay.Options()
        options.seed = 3
        options.hours = 12
        let day = try DemoDay(options: options, folder: folder, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let report = try await day.play(ready: { _, _ in }, observer: { _ in })
        for check in report.checks { #expect(check.ok, "\(check.name): \(check.detail)") }
        try await day.store.close()
    }

    @Test("A week of news is read, told and paid for as it should be, over a restart in its middle")
    func week() async throws {
        let folder = NSTemporaryDirectory() + "wiredesk-week-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let week = try DemoWeek(seed: 5, folder: folder, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let report = try await week.play(observer: { _ in })
        for check in report.checks { #expect(check.ok, "\(check.name): \(check.detail)") }
        #expect(report.articles > 2000 && report.checks.count == 9)
        try await week.store.close()
    }
}
