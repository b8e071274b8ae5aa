import ArgumentParser
import Costs
import Foundation
import LLM
import Stores
import WireCore

/// `wiredesk keys …`: who may use the gateway.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Makes, lists and revokes the gateway's keys.", subcommands: [Create.self, List.self, Revoke.self],
        defaultSubcommand: List.self)

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a key, shown once.",
            discussion: """
                Use it as the API key of any Anthropic or OpenAI client, with this host's address as its base URL. Only its SHA-256 is kept.
                """)

        @OptionGroup var global: GlobalOptions
        @Argument(help: "A name for the key, as the ledger shows it.") var name: String
        @Option(help: ArgumentHelp("US dollars that it may spend in a day.", valueName: "usd")) var daily: String?
        @Option(help: ArgumentHelp("US dollars that it may spend in a month.", valueName: "usd")) var monthly: String?
        @Flag(help: "Print JSON: {\"key\": …}.") var json = false

        func run() async throws {
            try await reportingErrors {
                let shown = SafeText.line(name, limit: 64)
                guard !name.isEmpty, name.utf8.count <= 64, shown == name else {
                    throw DeskError(.usage, "“\(shown)” is no name for a key", hint: "A name has 1 to 64 bytes and no control characters.")
                }
                let daily = try daily.map { try Self.dollars($0, "--daily") }
                let monthly = try monthly.map { try Self.dollars($0, "--monthly") }
                let secret = Self.secret()
                let key = GatewayKey(name: name, hash: SHA256.hex(Array(secret.utf8)), daily: daily, monthly: monthly, createdAt: Date())
                let store = try Workspace(global).openStore()
                try await store.addKey(key)
                try await store.close()
                guard json else {
                    Output.line(secret)
                    return Output.error("This is the only time it is shown. Its name is \(shown); `wiredesk keys revoke` ends it.")
                }
                var writer = JSONWriter()
                writer.object {
                    $0.member("key", secret)
                    $0.member("name", name)
                    $0.member("dailyUSD", orNull: daily?.dollars)
                    $0.member("monthlyUSD", orNull: monthly?.dollars)
                }
                Output.line(writer.text)
            }
        }

        private static func dollars(_ text: String, _ option: String) throws(DeskError) -> Money {
            guard let money = Money(dollars: text), money >= .zero else {
                throw DeskError(.usage, "\(option) “\(SafeText.line(text, limit: 40))” is no amount of dollars", hint: "Write it like 2.50.")
            }
            return money
        }

        /// "wd-" and 192 random bits.
        private static func secret() -> String {
            var generator = SystemRandomNumberGenerator()
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
            return "wd-" + String(decoding: (0..<33).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] }, as: UTF8.self)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the keys by name, with what they have spent.")

        @OptionGroup var global: GlobalOptions
        @Flag(help: "Print JSON: a list of objects.") var json = false

        func run() async throws {
            try await reportingErrors {
                let workspace = try Workspace(global)
                guard let store = try workspace.openStoreIfThere() else {
                    return Output.line(json ? "[]" : "No keys yet: `wiredesk keys create NAME`.")
                }
                let calendar = try workspace.calendar()
                let now = Date()
                var rows: [(GatewayKey, BudgetStanding, BudgetStanding)] = []
                for key in try await store.gatewayKeys() {
                    let day = calendar.day(of: now)
                    rows.append(
                        (key, try await store.standing(of: .key(key.name), in: day), try await store.standing(of: .key(key.name), in: day.month)))
                }
                try await store.close()
                json ? Self.printJSON(rows) : Self.printTable(rows)
            }
        }

        private static func printJSON(_ rows: [(GatewayKey, BudgetStanding, BudgetStanding)]) {
            var writer = JSONWriter(capacity: 1024)
            writer.array { list in
                for (key, day, month) in rows {
                    list.object {
                        $0.member("name", key.name)
                        $0.member("dailyUSD", orNull: key.daily?.dollars)
                        $0.member("monthlyUSD", orNull: key.monthly?.dollars)
                        $0.member("spentTodayUSD", day.spent.dollars)
                        $0.member("spentThisMonthUSD", month.spent.dollars)
                        $0.member("reservedUSD", month.reserved.dollars)
                        $0.member(ifPresent: "createdAt", key.createdAt)
                        $0.member(ifPresent: "revokedAt", key.revokedAt)
                    }
                }
            }
            Output.line(writer.text)
        }

        private static func printTable(_ rows: [(GatewayKey, BudgetStanding, BudgetStanding)]) {
            guard !rows.isEmpty else { return Output.line("No keys yet: `wiredesk keys create NAME`.") }
            let palette = Palette()
            var table = Table(["KEY", "TODAY", "OF", "THIS MONTH", "OF", "STATE"], rightAligned: [1, 2, 3, 4])
            for (key, day, month) in rows {
                table.add([
                    Table.Cell(key.name, paint: palette.bold), Table.Cell("$" + day.spent.text(decimals: 4)),
                    Table.Cell(key.daily.map { "$\($0.dollars)" } ?? "—"), Table.Cell("$" + month.spent.text(decimals: 4)),
                    Table.Cell(key.monthly.map { "$\($0.dollars)" } ?? "—"),
                    key.revokedAt.map { Table.Cell("revoked \(UTCTime.text($0))", paint: palette.dim) }
                        ?? Table.Cell("in force", paint: palette.good),
                ])
            }
            Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Ends a key; hosts refuse it within a second. Its spending stays in the ledger.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "The key's name.") var name: String

        func run() async throws {
            try await reportingErrors {
                let store = try Workspace(global).openStore()
                let isRevoked = try await store.revokeKey(name: name, at: Date())
                let names = try await store.gatewayKeys().filter { $0.revokedAt == nil }.map(\.name)
                try await store.close()
                guard isRevoked else {
                    let nearest = NearestName.of(name, among: names).map { "Did you mean \($0)?" } ?? "`wiredesk keys list` shows them."
                    throw DeskError(.usage, "there is no key “\(SafeText.line(name, limit: 64))” in force", hint: nearest)
                }
                Output.line("\(SafeText.line(name, limit: 64)) is revoked")
            }
        }
    }
}
