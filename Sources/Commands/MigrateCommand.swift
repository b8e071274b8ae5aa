import ArgumentParser
import Foundation
import Host
import Stores
import Synchronization
import WireCore

/// `wiredesk migrate`: everything from one store into another.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Moves everything that the desk keeps from one store into another, empty one.",
        discussion: """
            Stop the hosts of both first. The source stays as it is. Interrupted, even by kill -9, the same command goes on where it was; until
            it has ended no host works on the target. At the end both sides are read and compared: exit code 1 at the smallest difference.
            """)

    @OptionGroup var global: GlobalOptions
    @Option(help: ArgumentHelp("The source, sqlite:PATH or mongodb://…; by default the store that the other options name.", valueName: "url"))
    var from: String?
    @Option(help: ArgumentHelp("The target, sqlite:PATH or mongodb://…", valueName: "url")) var to: String
    @Flag(help: "Print JSON: one object.") var json = false

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            let source = try from.map(StoreAddress.init(parsing:)) ?? workspace.storeAddress()
            let target = try StoreAddress(parsing: to)
            let (sourceName, targetName) = (try source.name(), try target.name())
            guard sourceName != targetName else { throw DeskError(.usage, "source and target are the same store: \(sourceName)") }
            if case .file(let path) = source, !FileManager.default.fileExists(atPath: path) {
                throw DeskError(.usage, "there is no store to move", place: path, hint: "Name it with --from sqlite:PATH or --data DIR.")
            }
            let locks = [try source.takeFromHosts(), try target.takeFromHosts()]
            let checks = try await move(source, sourceName, target)
            withExtendedLifetime(locks) {}
            if json { printJSON(checks, sourceName, targetName) } else { print(checks, sourceName, targetName) }
            if !checks.allSatisfy(\.isSame) { throw ExitCode(1) }
        }
    }

    private func move(_ source: StoreAddress, _ name: String, _ target: StoreAddress) async throws -> [TransferCheck] {
        let from = try source.open()
        let into = try target.open(isForTransfer: true)
        try await refuseHosts(at: from, named: name)
        try await refuseHosts(at: into, named: try target.name())
        let transfer = StoreTransfer(from: from, named: name, to: into)
        let progress = MovingLine(isShown: !json)
        defer { progress.end() }
        try await transfer.copy { progress.tell($0) }
        let checks = try await transfer.verify { progress.tell($0) }
        try await from.close()
        try await into.close()
        return checks
    }

    /// A database's hosts are on its list, wherever they run.
    private func refuseHosts(at store: any HostStore, named name: String) async throws {
        let roster = try await Roster.glimpse(of: store, clock: SystemClock())
        guard let host = roster.members.first(where: \.isAlive)?.entry else { return }
        throw DeskError(
            .store, "a host is at work on this store: process \(host.pid) on \(host.machine)", place: name,
            hint: "Stop it, and all others that `wiredesk hosts --store …` shows, and try again.")
    }

    private func print(_ checks: [TransferCheck], _ source: String, _ target: String) {
        let palette = Palette()
        var table = Table(["KIND", "ROWS", "CHECKSUM", "AND THERE"], rightAligned: [1])
        for check in checks {
            let verdict = check.isSame ? "the same" : "\(check.target.rows) rows, \(check.target.checksum)"
            let paint = check.isSame ? palette.good : palette.bad
            table.add([
                Table.Cell(check.kind.title), Table.Cell(number: check.source.rows), Table.Cell(check.source.checksum, paint: palette.dim),
                Table.Cell(verdict, paint: paint),
            ])
        }
        Output.text(table.rendered(palette, width: nil))
        let rows = checks.reduce(0) { $0 + $1.source.rows }
        if checks.allSatisfy(\.isSame) {
            return Output.line("Moved \(rows.counted("row")) from \(SafeText.line(source)) to \(SafeText.line(target)); both say the same.")
        }
        Output.error("The two differ: did something write to \(SafeText.line(source)) meanwhile? Empty the target and begin again.")
    }

    private func printJSON(_ checks: [TransferCheck], _ source: String, _ target: String) {
        var json = JSONWriter()
        json.object { json in
            json.member("from", source)
            json.member("to", target)
            json.member("same", checks.allSatisfy(\.isSame))
            json.key("kinds")
            json.array { list in
                for check in checks {
                    list.object {
                        $0.member("kind", check.kind.rawValue)
                        $0.member("same", check.isSame)
                        $0.member("rows", check.source.rows)
                        $0.member("checksum", check.source.checksum)
                        $0.member("targetRows", check.target.rows)
                        $0.member("targetChecksum", check.target.checksum)
                    }
                }
            }
        }
        Output.line(json.text)
    }
}

/// A line on a terminal that says what is being moved; told at most ten times a second.
private final class MovingLine: Sendable {
    private let isShown: Bool
    private let lastTold = Mutex<ContinuousClock.Instant?>(nil)

    init(isShown: Bool) { self.isShown = isShown && Output.isTerminal(2) }

    func tell(_ step: StoreTransfer.Step) {
        guard isShown else { return }
        let isDue = lastTold.withLock { last in
            guard last.map({ .now - $0 > .milliseconds(100) }) ?? true else { return false }
            last = .now
            return true
        }
        guard isDue else { return }
        let text =
            switch step {
            case .copied(let kind, let rows): "moving \(kind.title): \(rows)"
            case .compared(let kind): "compared \(kind.title)"
            }
        Output.progress("\r\u{1B}[K\(text)")
    }

    func end() { if isShown { Output.progress("\r\u{1B}[K") } }
}
