import Costs
import Foundation
import SQLiteStore
import Stores
import Testing
import WireCore

/// Every option of `costs`, `prices` and `keys`.
@Suite("Money from the command line") struct MoneyCommandTests {
    /// A call to claude-haiku-4-5 as the ledger has it: 1000 tokens in, 200 out, $0.002 by the shipped table.
    private struct Call {
        var id: String
        var at: Date
        var operation = "extract"
        var source: String?
        var key: String?
        var cost = "0.002"
    }

    private static func instant(_ text: String) throws -> Date { try #require(UTCTime.parse(text)) }

    /// A desk whose ledger holds these calls.
    private static func with(_ calls: [Call], _ body: (Rig) async throws -> Void) async throws {
        try await Rig.with { rig in
            let store = try SQLiteStore(path: rig.folder + "/data/wiredesk.db")
            for call in calls { try await file(call, in: store) }
            try await store.close()
            try await body(rig)
        }
    }

    private static func file(
        _ call: Call, in store: SQLiteStore, row: String = "anthropic/claude-haiku-4-5@2025-10-01"
    ) async throws {
        let cost = try #require(Money(dollars: call.cost))
        _ = try await store.reserve(
            LedgerEntry(
                id: call.id, at: call.at, day: LedgerPeriod(String(UTCTime.text(call.at).prefix(10))),
                purpose: CallPurpose(operation: call.operation, source: call.source.flatMap { SourceID($0) }, key: call.key), provider: "anthropic",
                model: "claude-haiku-4-5", status: .reserved, bound: cost, priceFrom: row, owner: "test", expiresAt: call.at.addingTimeInterval(60)),
            against: [])
        _ = try await store.settle(
            Settlement(
                id: call.id, at: call.at, status: .settled, cost: cost, usage: Usage(inputTokens: 1000, outputTokens: 200), priceFrom: row))
    }

    /// Three days of October.
    private static func october() throws -> [Call] {
        [
            Call(id: "a/1", at: try instant("2026-10-20T23:00:00Z"), source: "decrypt"),
            Call(id: "b/1", at: try instant("2026-10-21T08:00:00Z"), operation: "briefing", key: "=reader"),
            Call(id: "c/1", at: try instant("2026-10-22T08:00:00Z"), operation: "briefing"),
        ]
    }

    private static func object(_ result: Rig.Result) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any] ?? [:]
    }

    // MARK: - costs

    @Test("A breakdown is the one that was asked for; without one all are shown, and JSON has them with the entries")
    func breakdowns() async throws {
        let now = Date()
        try await Self.with([Call(id: "a/1", at: now, source: "decrypt", key: "reader")]) { rig in
            let rows = ["model": "claude-haiku-4-5", "operation": "extract", "source": "decrypt", "key": "reader"]
            for (name, row) in rows {
                let text = try await rig.run("costs", "--by", name).output
                #expect(text.contains(name.uppercased()) && text.contains(row), "\(name): \(text)")
                for other in rows.keys where other != name { #expect(!text.contains(other.uppercased()), "\(name) shows \(other): \(text)") }
            }
            let days = try await rig.run("costs", "--by", "day").output
            #expect(days.contains("DAY") && !days.contains("MODEL"))
            let all = try await rig.run("costs").output
            for name in ["MODEL", "OPERATION", "SOURCE", "KEY", "DAY"] { #expect(all.contains(name), "\(all)") }
            let json = try Self.object(try await rig.run("costs", "--json"))
            #expect((json["entries"] as? [[String: Any]])?.map { $0["costUSD"] as? String } == ["0.002"])
            #expect(json["monthToDateUSD"] as? String == "0.002")
            #expect(try await rig.run("costs", "--by", "colour").status == 64)
        }
    }

    @Test("An export is of the days that were asked for, both included, in the form that was asked for")
    func export() async throws {
        try await Self.with(try Self.october()) { rig in
            func ids(_ arguments: String...) async throws -> [String?] {
                let running = try rig.start(["costs", "export"] + arguments)
                try await running.ended(within: 30)
                return try Rig.Result(status: 0, output: running.output, errors: "").objects().map { $0["id"] as? String }
            }
            #expect(try await ids() == ["a/1", "b/1", "c/1"])
            #expect(try await ids("--from", "2026-10-21") == ["b/1", "c/1"])
            #expect(try await ids("--to", "2026-10-21") == ["a/1", "b/1"])
            #expect(try await ids("--from", "2026-10-21", "--to", "2026-10-21", "--format", "ndjson") == ["b/1"])
            #expect(try await ids("--from", "2026-10-23") == [])

            let csv = try await rig.run("costs", "export", "--format", "csv").output.split(separator: "\n")
            #expect(csv.count == 4 && csv.first?.hasPrefix("id,at,operation,provider") == true)
            // A key that a spreadsheet would take for a formula.
            #expect(csv[2].hasPrefix("b/1,2026-10-21T08:00:00Z,briefing,anthropic,claude-haiku-4-5,,,'=reader,settled,1000,200,"))
            for (option, value) in [("--format", "xml"), ("--from", "yesterday"), ("--to", "2026-13-01"), ("--from", "2026-10-21T00:00:00Z")] {
                #expect(try await rig.run("costs", "export", option, value).status == 64, "\(option) \(value)")
            }
        }
    }

    @Test("Verifying tells a ledger that agrees from one with an entry of another cost, as text and as JSON")
    func verify() async throws {
        try await Self.with(try Self.october()) { rig in
            let good = try Self.object(try await rig.run("costs", "verify", "--json"))
            #expect(good["ok"] as? Bool == true && good["entries"] as? Int == 3 && good["totalUSD"] as? String == "0.006")
            let store = try SQLiteStore(path: rig.folder + "/data/wiredesk.db")
            try await Self.file(Call(id: "wrong/1", at: Date(), cost: "0.002000000001"), in: store)
            try await store.close()
            let text = try await rig.run("costs", "verify")
            #expect(text.status == 1 && text.output.contains("wrong/1 costs $0.002000000001, but its usage comes to $0.002 by"), "\(text.output)")
            let json = try await rig.run("costs", "verify", "--json")
            #expect(json.status == 1)
            let bad = try Self.object(json)
            #expect(bad["ok"] as? Bool == false && (bad["differences"] as? [String])?.count == 1)
        }
    }

    @Test("Verifying tells an entry that was priced by a row of another model, or of a later day")
    func verifyRows() async throws {
        let calls = [
            Call(id: "a/1", at: try Self.instant("2026-10-20T23:00:00Z")), Call(id: "b/1", at: try Self.instant("2025-09-01T08:00:00Z")),
        ]
        try await Rig.with { rig in
            let store = try SQLiteStore(path: rig.folder + "/data/wiredesk.db")
            try await Self.file(calls[0], in: store, row: "anthropic/claude-sonnet-4-5@2025-09-29")
            try await Self.file(calls[1], in: store)
            try await store.close()
            let text = try await rig.run("costs", "verify")
            #expect(text.status == 1)
            #expect(text.output.contains("a/1 was priced by anthropic/claude-sonnet-4-5@2025-09-29, which is no price of anthropic/claude-haiku-4-5"))
            #expect(text.output.contains("b/1 was priced by anthropic/claude-haiku-4-5@2025-10-01, which is no price of"), "\(text.output)")
        }
    }

    @Test("What-if prices the recorded calls by another model: all of them, one operation's, or each operation by its own")
    func whatIf() async throws {
        try await Self.with(try Self.october()) { rig in
            func priced(_ arguments: String...) async throws -> [String?] {
                let running = try rig.start(["costs", "what-if", "--json"] + arguments)
                try await running.ended(within: 30)
                let sums = try Self.object(Rig.Result(status: 0, output: running.output, errors: ""))
                return [(sums["calls"] as? Int).map(String.init), sums["costUSD"] as? String, sums["whatIfUSD"] as? String]
            }
            // Sonnet 4.5: $3 in, $15 out, three times as much.
            #expect(try await priced("--model", "claude-sonnet-4-5") == ["3", "0.006", "0.018"])
            #expect(try await priced("--model", "claude-sonnet-4-5", "--operation", "briefing") == ["2", "0.004", "0.012"])
            #expect(try await priced("--model", "extract=claude-sonnet-4-5") == ["1", "0.002", "0.006"])
            #expect(try await priced("--model", "claude-haiku-4-5", "--model", "extract=claude-sonnet-4-5") == ["3", "0.006", "0.01"])
            let text = try await rig.run("costs", "what-if", "--model", "claude-sonnet-4-5").output
            #expect(text.contains("3 calls cost $0.0060; with claude-sonnet-4-5 they would have cost $0.0180; that is $"), "\(text)")
            #expect(try await rig.run("costs", "what-if", "--model", "claude-haiku-4-5", "--model", "claude-sonnet-4-5").status == 64)
            #expect(try await rig.run("costs", "what-if").status == 64)
            let unknown = try await rig.run("costs", "what-if", "--model", "claude-sonet-4-5")
            #expect(unknown.status == 1 && unknown.errors.contains("claude-sonnet-4-5"))
        }
    }

    @Test("Without a ledger every verb says that there is nothing")
    func nothing() async throws {
        try await Rig.with { (rig: Rig) async throws in
            #expect(try await rig.run("costs").output.contains("Nothing was spent yet"))
            #expect(try await rig.run("costs", "--json").output == "{}\n")
            #expect(try await rig.run("costs", "export").output == "")
            #expect(try await rig.run("costs", "verify").status == 0)
            #expect(try await rig.run("keys", "list", "--json").output == "[]\n")
            #expect(try await rig.run("keys").output.contains("No keys yet"))
        }
    }

    // MARK: - prices

    @Test("The list is of the models that can be used now; --all has the retired ones and every row")
    func priceList() async throws {
        try await Rig.with { rig in
            func models(_ arguments: String...) async throws -> [String] {
                let running = try rig.start(["prices", "list", "--json"] + arguments)
                try await running.ended(within: 30)
                return try Rig.Result(status: 0, output: running.output, errors: "").list().compactMap { $0["model"] as? String }
            }
            let (now, all) = (try await models(), try await models("--all"))
            #expect(now.contains("claude-haiku-4-5") && !now.contains("claude-3-haiku") && all.count > now.count)
            #expect(all.contains("claude-3-haiku"), "\(all)")
            #expect(Set(now).count == now.count)
            let text = try await rig.run("prices").output
            #expect(text.contains("WRITE 5M") && text.contains("claude-haiku-4-5") && !text.contains("retired "))
            #expect(try await rig.run("prices", "list", "--all").output.contains("retired 20"))
            #expect(try await rig.run("prices", "schema").output.contains("\"$schema\""))
        }
    }

    @Test("A check prices by the row of the instant that was asked for, and says what is wrong with a model, a usage or an instant")
    func priceCheck() async throws {
        let rows = #"[{"from":"2026-01-01","input":"1","output":"2"},{"from":"2026-06-01","input":"3","output":"4"}]"#
        try await Rig.with { rig in
            try #"{"version":1,"models":[{"provider":"anthropic","id":"m","prices":\#(rows)}]}"#
                .write(toFile: rig.folder + "/other.json", atomically: true, encoding: .utf8)
            func check(_ arguments: String...) async throws -> Rig.Result {
                let running = try rig.start(["prices", "check"] + arguments, environment: ["WIREDESK_PRICES": "other.json"])
                try await running.ended(within: 30)
                return Rig.Result(status: running.process.terminationStatus, output: running.output, errors: running.log)
            }
            let usage = #"{"input_tokens":1000000,"output_tokens":500000}"#
            let old = try Self.object(try await check("--model", "m", "--usage", usage, "--at", "2026-05-31T23:59:59Z", "--json"))
            #expect(old["costUSD"] as? String == "2" && old["priceFrom"] as? String == "anthropic/m@2026-01-01")
            #expect(try await check("--model", "m", "--usage", usage, "--at", "2026-06-01").output == "$5  by anthropic/m@2026-06-01\n")
            for (at, status) in [("noon", Int32(64)), ("2025-12-31", 1)] {
                #expect(try await check("--model", "m", "--usage", usage, "--at", at).status == status, "\(at)")
            }
            for (usage, status) in [("{", Int32(64)), (#"{"input_tokens":-1,"output_tokens":1}"#, 1), ("{}", 1)] {
                #expect(try await check("--model", "m", "--usage", usage).status == status, "\(usage)")
            }
            let unknown = try await check("--model", "claude-haiku-4-5", "--usage", usage)
            #expect(unknown.status == 1 && unknown.output.isEmpty)
            #expect(try await check("--model", "m").status == 64)
            let missing = try await rig.run("prices", environment: ["WIREDESK_PRICES": "none.json"])
            #expect(missing.status == 78 && missing.errors.contains("none.json"))
        }
    }

    @Test("A comparison writes nothing; an import adds its rows from the day that was asked for, once")
    func priceImport() async throws {
        try await Rig.with { rig in
            let prices = """
                "input_cost_per_token":2e-06,"output_cost_per_token":5e-06,"cache_read_input_token_cost":1e-07,\
                "cache_creation_input_token_cost":1.25e-06,"cache_creation_input_token_cost_above_1hr":2e-06
                """
            try #"{"claude-haiku-4-5":{"litellm_provider":"anthropic","mode":"chat",\#(prices)}}"#.write(
                toFile: rig.folder + "/list.json", atomically: true, encoding: .utf8)
            let table = rig.folder + "/Prices.json"
            let difference = try await rig.run("prices", "diff", "list.json", "--from", "2026-12-01")
            #expect(difference.output.contains("anthropic/claude-haiku-4-5@2026-12-01  2 in, 5 out"), "\(difference.output)\(difference.errors)")
            #expect(!FileManager.default.fileExists(atPath: table))
            let added = try await rig.run("prices", "import", "list.json", "--from", "2026-12-01")
            #expect(added.status == 0 && added.output.contains("written to \(table)"), "\(added.output)\(added.errors)")
            let usage = #"{"input_tokens":1000000,"output_tokens":0}"#
            for (day, cost) in [("2026-11-30", "1"), ("2026-12-01", "2")] {
                let priced = try Self.object(
                    try await rig.run("prices", "check", "--model", "claude-haiku-4-5", "--usage", usage, "--at", day, "--json"))
                #expect(priced["costUSD"] as? String == cost, "\(day)")
            }
            #expect(try await rig.run("prices", "import", "list.json", "--from", "2026-12-02").output.contains("The table says all of it already."))
            // Without a price for cache reads that row would lose one: it is left out, and said so.
            try #"{"claude-haiku-4-5":{"litellm_provider":"anthropic","mode":"chat","input_cost_per_token":3e-06,"output_cost_per_token":5e-06}}"#
                .write(toFile: rig.folder + "/poor.json", atomically: true, encoding: .utf8)
            let poor = try await rig.run("prices", "diff", "poor.json", "--from", "2027-01-01")
            #expect(poor.output == "There is nothing to add.\n" && poor.errors.contains("left out claude-haiku-4-5"), "\(poor.output)\(poor.errors)")
            for verb in ["diff", "import"] {
                #expect(try await rig.run("prices", verb, "list.json", "--from", "soon").status == 64)
                #expect(try await rig.run("prices", verb, "none.json").status == 64)
            }
        }
    }

    // MARK: - keys

    @Test("A key is made with its budgets, listed with what it spent, and revoked; a name is used once")
    func keys() async throws {
        try await Self.with([Call(id: "a/1", at: Date(), key: "reader")]) { rig in
            let made = try Self.object(try await rig.run("keys", "create", "reader", "--daily", "0.50", "--monthly", "5", "--json"))
            #expect((made["key"] as? String)?.hasPrefix("wd-") == true && made["name"] as? String == "reader")
            #expect(made["dailyUSD"] as? String == "0.5" && made["monthlyUSD"] as? String == "5")
            let plain = try await rig.run("keys", "create", "plain")
            #expect(plain.output.hasPrefix("wd-") && plain.errors.contains("the only time it is shown"))
            let listed = try await rig.run("keys", "list", "--json").list()
            #expect(listed.compactMap { $0["name"] as? String } == ["plain", "reader"])
            let reader = try #require(listed.last)
            #expect(reader["dailyUSD"] as? String == "0.5" && reader["monthlyUSD"] as? String == "5" && reader["revokedAt"] == nil)
            #expect(reader["spentThisMonthUSD"] as? String == "0.002" && reader["reservedUSD"] as? String == "0")
            #expect(!(try await rig.run("keys", "list", "--json").output.contains("wd-")))

            let slip = try await rig.run("keys", "revoke", "raeder")
            #expect(slip.status == 64 && slip.errors.contains("Did you mean reader?"))
            #expect(try await rig.run("keys", "revoke", "reader").output == "reader is revoked\n")
            #expect(try await rig.run("keys", "revoke", "reader").status == 64)
            let table = try await rig.run("keys").output
            #expect(table.contains("revoked 2") && table.contains("in force") && table.contains("$0.5"), "\(table)")
            #expect(try await rig.run("keys", "create", "reader").status == 64)
            for amount in ["-1", "much", "1e3", "0.0000000000001"] {
                #expect(try await rig.run("keys", "create", "other", "--daily=\(amount)").status == 64, "--daily \(amount)")
                #expect(try await rig.run("keys", "create", "other", "--monthly=\(amount)").status == 64, "--monthly \(amount)")
            }
            #expect(try await rig.run("keys", "create", "").status == 64)
            #expect(try await rig.run("keys", "list", "--json").list().count == 2)
        }
    }
}
