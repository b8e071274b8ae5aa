import Foundation
import Logging
import Stores
import Synchronization
import TestSupport
import Testing
import WireCore

@testable import Host

@Suite("The roster of hosts") struct RosterTests {
    private static let start = Date(timeIntervalSince1970: 1_795_507_200)
    private static let other = "desk-2 7:8:boot"

    private static func at(_ seconds: Double) -> Date { start.addingTimeInterval(seconds) }

    private static func entry(_ id: String = other, beat: Int64, clock: Double = 0) -> HostEntry {
        HostEntry(id: id, roles: ["poll"], version: "1", startedAt: start, beat: beat, beatAt: at(clock))
    }

    /// A roster that looked every two seconds, at beats that moved until `last`, until `end`.
    private static func watched(until last: Double, end: Double) -> Roster {
        var roster = Roster()
        for second in stride(from: 0.0, through: end, by: 2) { roster.note([entry(beat: Int64(min(second, last)))], at: at(second)) }
        return roster
    }

    @Test("A host whose beat has not moved for fifteen seconds is dead, no sooner, and lives again when it moves")
    func silence() {
        var roster = Self.watched(until: 10, end: 24)
        roster.note([Self.entry(beat: 10)], at: Self.at(24.999))
        #expect(roster.living("poll") == [Self.other])
        roster.note([Self.entry(beat: 10)], at: Self.at(25))
        #expect(roster.living("poll").isEmpty && roster.members.count == 1)
        roster.note([Self.entry(beat: 11)], at: Self.at(27))
        #expect(roster.living("poll") == [Self.other])
        #expect(roster.living("enrich").isEmpty)
    }

    @Test("An observer whose clock is put on, or who stood still, takes nobody for dead: it has not looked often enough")
    func jump() {
        var roster = Self.watched(until: 10, end: 12)
        roster.note([Self.entry(beat: 10)], at: Self.at(3600))
        #expect(roster.living("poll") == [Self.other])
        roster.note([Self.entry(beat: 11)], at: Self.at(3602))
        roster.note([Self.entry(beat: 12)], at: Self.at(3604))
        #expect(roster.living("poll") == [Self.other])
    }

    @Test("A clock that is put back delays a death and prevents none")
    func setBack() {
        var roster = Self.watched(until: 10, end: 12)
        for second in stride(from: 0.0, through: 14, by: 2) { roster.note([Self.entry(beat: 10)], at: Self.at(second - 600)) }
        #expect(roster.living("poll") == [Self.other])
        roster.note([Self.entry(beat: 10)], at: Self.at(15 - 600))
        #expect(roster.living("poll").isEmpty)
    }

    @Test("A host whose process has surely ended is dead at once")
    func gone() {
        var roster = Roster()
        roster.note([Self.entry(beat: 1)], at: Self.start) { $0 == Self.other }
        #expect(roster.members.map(\.isAlive) == [false])
    }

    @Test("A host that was on the list before the observer came is not known to be at work until its beat moves")
    func stale() {
        var roster = Roster()
        for second in [0.0, 2] { roster.note([Self.entry(beat: 7, clock: -140)], at: Self.at(second)) }
        #expect(roster[Self.other]?.isAlive == true && roster[Self.other]?.hasMoved == false)
        #expect(roster.sharing("poll") == [Self.other], "it may be about to beat")
        roster.note([Self.entry(beat: 7, clock: -140)], at: Self.at(4))
        #expect(roster.sharing("poll").isEmpty && roster.living("poll") == [Self.other], "its leases hold still")
        roster.note([Self.entry(beat: 8, clock: 6)], at: Self.at(6))
        #expect(roster[Self.other]?.hasMoved == true && roster[Self.other]?.clockAhead == 0 && roster.sharing("poll") == [Self.other])
        for second in [8.0, 10, 12] { roster.note([Self.entry(beat: 8, clock: 6)], at: Self.at(second)) }
        #expect(roster[Self.other]?.hasMoved == true && roster.sharing("poll") == [Self.other])
    }

    @Test("A lease is judged by its holder's clock, whatever this machine's shows, and ends with its holder")
    func leases() {
        var roster = Roster()
        // Ten minutes behind.
        roster.note([Self.entry(beat: 1, clock: -600)], at: Self.start)
        let lease = SourceLease(holder: Self.other, number: 1, until: Self.at(-600 + 90))
        #expect(roster.isHeld(lease, at: Self.at(89.9)))
        #expect(!roster.isHeld(lease, at: Self.at(90)))
        for second in 1...9 { roster.note([Self.entry(beat: 1, clock: -600)], at: Self.at(Double(second) * 2)) }
        #expect(!roster.isHeld(lease, at: Self.at(18)))
        // Of a holder that nobody knows, a command line, the clock is taken to be right.
        let unknown = SourceLease(holder: "desk-9 1:1:b", number: 1, until: Self.at(30))
        #expect(roster.isHeld(unknown, at: Self.at(29)) && !roster.isHeld(unknown, at: Self.at(30)))
    }

    @Test("What happened within the last minute is counted, and no more")
    func minutes() {
        var count = MinuteCount()
        for second in [0.0, 0.5, 30, 59.9] { count.add(at: Self.at(second)) }
        #expect(count.count(at: Self.at(59.9)) == 4)
        #expect(count.count(at: Self.at(60)) == 2)
        #expect(count.count(at: Self.at(89.9)) == 2)
        #expect(count.count(at: Self.at(90)) == 1)
        #expect(count.count(at: Self.at(1e6)) == 0)
    }
}

@Suite("A host among others") struct HostPresenceTests {
    /// A list of hosts that can be out of reach.
    private actor List: HostStore {
        private var entries: [String: HostEntry] = [:]
        private var isAway = false

        func setAway(_ isAway: Bool) { self.isAway = isAway }
        func beat(_ entry: HostEntry) throws -> [HostEntry] {
            if isAway { throw DeskError(.store, "away") }
            entries[entry.id] = entry
            return hosts()
        }
        func leave(_ host: String) { entries[host] = nil }
        func hosts() -> [HostEntry] { entries.values.sorted { $0.id < $1.id } }
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func presence(_ name: String, _ list: List, _ clock: HandClock) -> HostPresence {
        HostPresence(
            owner: JobOwner(machine: name, process: "1:1:b"), roles: ["poll"], version: "1", store: list, clock: clock, logger: logger)
    }

    @Test("It may begin something for ten seconds after a beat was sent, and again after the next that is taken")
    func patience() async throws {
        let (list, clock) = (List(), HandClock("2026-11-24T08:00:00Z"))
        let host = Self.presence("a", list, clock)
        #expect(!host.isCurrent(at: clock.now()))
        try await host.enter()
        clock.advance(9.99)
        #expect(host.isCurrent(at: clock.now()))
        clock.advance(0.01)
        #expect(!host.isCurrent(at: clock.now()))
        await list.setAway(true)
        await #expect(throws: DeskError.self) { try await host.enter() }
        #expect(!host.isCurrent(at: clock.now()))
        await list.setAway(false)
        try await host.enter()
        #expect(host.isCurrent(at: clock.now()))
    }

    @Test("The work is divided anew when a host comes, dies or leaves, and not otherwise; each thing has one who does it")
    func division() async throws {
        let (list, clock) = (List(), HandClock("2026-11-24T08:00:00Z"))
        let (a, b) = (Self.presence("a", list, clock), Self.presence("b", list, clock))
        try await a.enter()
        #expect(a.division.number == 1 && a.division.hosts == [a.id])
        try await b.enter()
        for _ in 0..<3 {
            clock.advance(2)
            try await a.enter()
            try await b.enter()
        }
        #expect(a.division.number == 2 && a.division.hosts == [a.id, b.id] && b.division.number == 1)
        #expect(a.division.shares == b.division.shares)
        #expect([a, b].count { $0.isChosen(for: "deliveries", role: "poll") } == 1)
        // b beats no more; its last beat is seen at the first of these looks.
        for _ in 0..<9 {
            clock.advance(2)
            try await a.enter()
        }
        #expect(a.division.number == 3 && a.division.hosts == [a.id])
        try await b.enter()
        try await a.enter()
        #expect(a.division.number == 4 && a.division.hosts == [a.id, b.id])
        await list.leave(b.id)
        try await a.enter()
        #expect(a.division.number == 5 && a.division.hosts == [a.id])
    }
}
