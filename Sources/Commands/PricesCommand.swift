import ArgumentParser
import Costs
import Foundation
import Host
import WireCore

/// `wiredesk prices …`: what models cost.
struct PricesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prices", abstract: "Shows, checks and extends the price table.",
        discussion: "The table is WIREDESK_PRICES, else Prices.json beside the registry, else the one that the program brings along.",
        subcommands: [List.self, Check.self, Diff.self, Import.self, Schema.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the models with their prices now, in dollars per million tokens.")

        @OptionGroup var global: GlobalOptions
        @Flag(help: "With every row that was ever in force, and retired models.") var all = false
        @Flag(help: "Print JSON: a list of objects.") var json = false

        func run() async throws {
            try await reportingErrors {
                let table = try Workspace(global).prices()
                let now = Date()
                let rows = table.models.flatMap { model -> [(PricedModel, PriceRow)] in
                    if all { return model.prices.map { (model, $0) } }
                    guard model.retired.map({ $0 > now }) ?? true, let row = try? model.row(at: now) else { return [] }
                    return [(model, row)]
                }
                json ? Self.printJSON(rows) : Self.printTable(rows, at: now)
            }
        }

        private static func printTable(_ rows: [(PricedModel, PriceRow)], at now: Date) {
            let palette = Palette()
            var table = Table(["MODEL", "PROVIDER", "FROM", "IN", "OUT", "READ", "WRITE 5M", "WRITE 1H", "REMARK"], rightAligned: [3, 4, 5, 6, 7])
            for (model, row) in rows {
                let prices = row.prices
                let tiers = row.tiers.map { "above \($0.promptAbove) tokens: \($0.prices.input) in, \($0.prices.output) out" }
                let remarks = [model.retired.map { "\($0 > now ? "retires" : "retired") \(UTCTime.text($0).prefix(10))" }].compactMap { $0 } + tiers
                table.add([
                    Table.Cell(model.id, paint: palette.bold), Table.Cell(model.provider), Table.Cell(String(UTCTime.text(row.from).prefix(10))),
                    Table.Cell(prices.input.description), Table.Cell(prices.output.description), Table.Cell(prices.cacheRead?.description ?? "—"),
                    Table.Cell(prices.cacheWrite5m?.description ?? "—"), Table.Cell(prices.cacheWrite1h?.description ?? "—"),
                    Table.Cell(remarks.joined(separator: "; "), paint: palette.dim),
                ])
            }
            Output.text(table.rendered(palette, width: Output.isTerminal() ? Output.width : nil))
        }

        private static func printJSON(_ rows: [(PricedModel, PriceRow)]) {
            var json = JSONWriter(capacity: 16 << 10)
            json.array { list in
                for (model, row) in rows {
                    list.object {
                        $0.member("provider", model.provider)
                        $0.member("model", model.id)
                        $0.member("row", row.name)
                        $0.member(ifPresent: "from", row.from)
                        $0.member(ifPresent: "retired", model.retired)
                        $0.member("input", row.prices.input.description)
                        $0.member("output", row.prices.output.description)
                        $0.member("cacheRead", orNull: row.prices.cacheRead?.description)
                        $0.member("cacheWrite5m", orNull: row.prices.cacheWrite5m?.description)
                        $0.member("cacheWrite1h", orNull: row.prices.cacheWrite1h?.description)
                    }
                }
            }
            Output.line(json.text)
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prices one usage, by the code that prices calls.",
            discussion: "The usage is in the provider's own field names, as its answer gives it.")

        @OptionGroup var global: GlobalOptions
        @Option(help: "The model's id or alias.") var model: String
        @Option(help: ArgumentHelp("The usage object.", valueName: "json")) var usage: String
        @Option(help: "The instant whose prices hold; now by default.") var at: String?
        @Flag(help: "Print JSON: {\"costUSD\": …}.") var json = false

        func run() async throws {
            try await reportingErrors {
                let table = try Workspace(global).prices()
                guard let instant = at.map({ UTCTime.parse($0) }) ?? Date() else {
                    throw DeskError(
                        .usage, "--at “\(SafeText.line(at ?? "", limit: 40))” is no instant", hint: "Write 2026-11-24 or 2026-11-24T08:00:00Z.")
                }
                do {
                    let priced = try table.lookup(model: model)
                    let row = try priced.row(at: instant)
                    let node = try JSONReader.read(Array(usage.utf8), maximumDepth: 16)
                    let reading = try UsageReading.read(node, provider: priced.provider)
                    let cost = try Pricing.cost(of: reading.usage, under: reading.terms, by: row)
                    guard json else { return Output.line("$\(cost.dollars)  by \(row.name)") }
                    var writer = JSONWriter()
                    writer.object {
                        $0.member("costUSD", cost.dollars)
                        $0.member("model", priced.id)
                        $0.member("priceFrom", row.name)
                    }
                    Output.line(writer.text)
                } catch let error as PriceFault {
                    throw DeskError(.failure, error.message)
                } catch let error as UsageFault {
                    throw DeskError(.failure, "this usage cannot be believed: \(error.message)")
                } catch let error as JSONSyntaxError {
                    throw DeskError(.usage, "--usage is no valid JSON: \(error.message), at byte \(error.offset)")
                }
            }
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows what an import would add; writes nothing.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "LiteLLM's model_prices_and_context_window.json.", completion: .file()) var file: String
        @Option(help: ArgumentHelp("The day from which new rows hold; today by default.", valueName: "date")) var from: String?

        func run() async throws {
            try await reportingErrors {
                let addition = try PriceFile.addition(file, from: from, to: Workspace(global).prices())
                PriceFile.print(addition)
            }
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Adds what a community list knows as new dated rows; rows are never changed.")

        @OptionGroup var global: GlobalOptions
        @Argument(help: "LiteLLM's model_prices_and_context_window.json.", completion: .file()) var file: String
        @Option(help: ArgumentHelp("The day from which new rows hold; today by default.", valueName: "date")) var from: String?

        func run() async throws {
            try await reportingErrors {
                let workspace = try Workspace(global)
                let table = try workspace.prices()
                let addition = try PriceFile.addition(file, from: from, to: table)
                PriceFile.print(addition)
                guard !addition.isEmpty else { return }
                let path = workspace.pricesPath
                do {
                    try Data(PriceTableWriter.text(table.adding(addition)).utf8).write(to: URL(filePath: path), options: .atomic)
                } catch {
                    throw DeskError(
                        .failure, "the price table cannot be written", place: path, hint: "Check the folder's permissions and the disk's room.")
                }
                Output.line("written to \(path); a running host takes it over at once")
            }
        }
    }

    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints the JSON Schema of Prices.json.")
        func run() throws { Output.text(PriceTable.schemaText) }
    }
}

/// A foreign list of prices.
private enum PriceFile {
    static func addition(_ file: String, from: String?, to table: PriceTable) throws(DeskError) -> PriceImport {
        guard let day = from.map({ UTCTime.parse($0) }) ?? Date() else {
            throw DeskError(.usage, "--from “\(SafeText.line(from ?? "", limit: 40))” is no date", hint: "Write it like 2026-12-01.")
        }
        let bytes = try GivenFile.read(file, "the file")
        do {
            return try PriceImport.liteLLM(bytes, file: file, against: table, from: day)
        } catch {
            throw error.deskError
        }
    }

    static func print(_ addition: PriceImport) {
        let palette = Palette()
        for row in addition.rows { Output.line("\(palette.good("+ row  ")) \(row.name)  \(row.prices.input) in, \(row.prices.output) out") }
        for model in addition.models {
            let price = model.prices.last.map { "\($0.prices.input) in, \($0.prices.output) out" } ?? ""
            Output.line("\(palette.good("+ model")) \(SafeText.line(model.provider))/\(SafeText.line(model.id))  \(price)")
        }
        for alias in addition.aliases { Output.line("\(palette.good("+ alias")) \(SafeText.line(alias.alias)) for \(SafeText.line(alias.model))") }
        for entry in addition.skipped {
            Output.error("left out \(SafeText.line(entry.model, limit: 80)): \(SafeText.line(entry.reason, limit: 120))")
        }
        if addition.isEmpty { Output.line(addition.skipped.isEmpty ? "The table says all of it already." : "There is nothing to add.") }
    }
}
