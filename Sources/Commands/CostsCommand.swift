import ArgumentParser
import Costs
import Foundation
import Stores
import WireCore

/// `wiredesk costs …`: what the models cost.
struct CostsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "costs", abstract: "Shows what the models cost; exports, verifies and re-prices the ledger.",
        subcommands: [Summary.self, CostsExport.self, CostsVerify.self, CostsWhatIf.self], defaultSubcommand: Summary.self)

    /// What a summary can be broken down by.
    enum Breakdown: String, CaseIterable, ExpressibleByArgument {
        case model, operation, source, key, day

        var property: SpendingGroup.Property { SpendingGroup.Property(rawValue: rawValue) ?? .model }
    }

    struct Summary: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Today, the month so far, what it is projected to cost, and by what.",
            discussion: "--json also lists the month's entries, one for each attempt that reached a provider.")

        @OptionGroup var global: GlobalOptions
        @Option(help: "Break down by model, operation, source, key or day; all of them by default.") var by: Breakdown?
        @Flag(help: "Print JSON: one object.") var json = false

        func run() async throws {
            try await reportingErrors {
                let workspace = try Workspace(global)
                guard let store = try workspace.openStoreIfThere() else {
                    return Output.line(json ? "{}" : "Nothing was spent yet: no model has been called.")
                }
                let report = try await CostReport(store: store, plan: workspace.plan(), now: Date())
                if json {
                    Output.text(report.jsonHead)
                    try await Self.printEntries(of: report.day.month, store)
                    Output.line("]}")
                } else {
                    Output.text(report.text(by: by.map { [$0] } ?? Breakdown.allCases))
                }
                try await store.close()
            }
        }
    }
}

extension CostsCommand.Summary {
    private static func printEntries(of month: LedgerPeriod, _ store: any LedgerStore) async throws {
        var query = LedgerQuery(limit: 1000)
        query.from = LedgerPeriod(month.text + "-01")
        query.to = LedgerPeriod(month.text + "-31")
        var separator = ""
        try await store.eachPage(of: query) { entries in
            var text = ""
            for entry in entries {
                text += separator + LedgerLine.json(entry)
                separator = ","
            }
            Output.text(text)
        }
    }
}

/// `costs export`: every entry.
struct CostsExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "export", abstract: "Prints every entry of the ledger, oldest first.")

    enum Format: String, CaseIterable, ExpressibleByArgument { case csv, ndjson }

    @OptionGroup var global: GlobalOptions
    @Option(help: "csv or ndjson.") var format = Format.ndjson
    @Option(help: "First day, in the ledger's zone: 2026-11-01.") var from: String?
    @Option(help: "Last day.") var to: String?

    private static let page = 1000

    func run() async throws {
        try await reportingErrors {
            var query = LedgerQuery(limit: Self.page)
            query.from = try from.map { try Self.day($0, "--from") }
            query.to = try to.map { try Self.day($0, "--to") }
            if format == .csv { Output.line(LedgerLine.columns.joined(separator: ",")) }
            guard let store = try Workspace(global).openStoreIfThere() else { return }
            try await store.eachPage(of: query) { entries in
                var text = ""
                for entry in entries { text += (format == .csv ? LedgerLine.csv(entry) : LedgerLine.json(entry)) + "\n" }
                Output.text(text)
            }
            try await store.close()
        }
    }

    private static func day(_ text: String, _ option: String) throws(DeskError) -> LedgerPeriod {
        guard text.utf8.count == 10, UTCTime.parse(text) != nil else {
            throw DeskError(.usage, "\(option) “\(SafeText.line(text, limit: 40))” is no day", hint: "Write it like 2026-11-24.")
        }
        return LedgerPeriod(text)
    }
}

/// `costs verify`: the ledger against itself and its prices.
struct CostsVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Recomputes every entry from its usage and price, and every sum and reservation; exit 1 on the smallest difference.")

    @OptionGroup var global: GlobalOptions
    @Flag(help: "Print JSON: one object.") var json = false

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            let table = try workspace.prices()
            var check = LedgerCheck(table: table)
            if let store = try workspace.openStoreIfThere() {
                try await store.eachPage(of: LedgerQuery(limit: 1000)) { entries in entries.forEach { check.take($0) } }
                check.differences += try await store.reconcileLedger()
                try await store.close()
            }
            json ? Output.line(check.json) : Output.text(check.text)
            if !check.differences.isEmpty { throw ExitCode(1) }
        }
    }
}

/// `costs what-if`: the same work at another model's prices.
struct CostsWhatIf: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "what-if", abstract: "What the recorded calls would have cost with another model, at that model's prices of their day.")

    @OptionGroup var global: GlobalOptions
    @Option(
        name: .customLong("model"),
        help: ArgumentHelp(
            "The other model's id or alias; OPERATION=MODEL for one operation's calls alone, as often as you like.", valueName: "model"))
    var models: [String]
    @Option(help: "Only this operation's calls.") var operation: String?
    @Flag(help: "Print JSON: one object.") var json = false

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            let table = try workspace.prices()
            var sum = try WhatIf(models, table)
            if let store = try workspace.openStoreIfThere() {
                var query = LedgerQuery(limit: 1000)
                query.operation = operation
                try await store.eachPage(of: query) { entries in entries.forEach { sum.take($0) } }
                try await store.close()
            }
            Output.line(json ? sum.json : sum.text)
        }
    }
}

/// Sums of one what-if.
private struct WhatIf {
    /// For every operation that is not named.
    private var general: PricedModel?
    private var byOperation: [String: PricedModel] = [:]
    /// When the first and the last call was made.
    private var span: ClosedRange<Date>?
    var calls = 0
    /// Entries without a usage, or with one that the other model has no price for.
    var leftOut = 0
    var was = MoneySum()
    var would = MoneySum()

    init(_ models: [String], _ table: PriceTable) throws(DeskError) {
        guard !models.isEmpty else { throw DeskError(.usage, "--model is missing", hint: "Write --model claude-haiku-4-5.") }
        for text in models {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let model: PricedModel
            do throws(PriceFault) { model = try table.lookup(model: parts.last ?? text) } catch { throw DeskError(.failure, error.message) }
            if parts.count == 2 {
                byOperation[parts[0]] = model
            } else if general == nil {
                general = model
            } else {
                throw DeskError(.usage, "two models are named for all operations", hint: "Write OPERATION=MODEL for one of them.")
            }
        }
    }

    private var names: String {
        ((general.map { [$0.id] } ?? []) + byOperation.sorted { $0.key < $1.key }.map { "\($0.value.id) for \($0.key)" }).joined(separator: ", ")
    }

    mutating func take(_ entry: LedgerEntry) {
        guard entry.status == .settled else {
            if entry.status == .estimated { leftOut += 1 }
            return
        }
        // The terms were the other provider's; standard ones are assumed.
        guard let model = byOperation[entry.purpose.operation] ?? general else { return }
        guard let row = try? model.row(at: entry.at), let cost = try? Pricing.cost(of: entry.usage, under: CallTerms(), by: row)
        else {
            leftOut += 1
            return
        }
        calls += 1
        span = min(span?.lowerBound ?? entry.at, entry.at)...max(span?.upperBound ?? entry.at, entry.at)
        was += entry.cost
        would += cost
    }

    var text: String {
        let rest = leftOut > 0 ? "; \(leftOut) without a usage that could be priced were left out" : ""
        let month =
            perMonth(would).map { "; that is $\($0.text(decimals: 2)) in 30 days, instead of $\(perMonth(was)?.text(decimals: 2) ?? "")" } ?? ""
        return "\(calls) calls cost $\(was.text(decimals: 4)); with \(names) they would have cost $\(would.text(decimals: 4))\(month)\(rest)"
    }

    /// At the recorded pace; nil for less than a day of calls, which says nothing about a month.
    private func perMonth(_ sum: MoneySum) -> MoneySum? {
        guard let span else { return nil }
        let seconds = span.upperBound.timeIntervalSince(span.lowerBound)
        return seconds >= 86_400 ? MoneySum(picodollars: Int128(Double(sum.picodollars) * 30 * 86_400 / seconds)) : nil
    }

    var json: String {
        var json = JSONWriter()
        json.object {
            $0.member("model", names)
            $0.member("calls", calls)
            $0.member("leftOut", leftOut)
            $0.member("costUSD", was.dollars)
            $0.member("whatIfUSD", would.dollars)
            $0.member("per30DaysUSD", orNull: perMonth(would)?.dollars)
        }
        return json.text
    }
}
