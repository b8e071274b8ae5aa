import Costs
import Foundation
import Testing

@Suite("Price import")
struct PriceImportTests {
    private static let table = """
        {"version": 1, "models": [
          {"provider": "anthropic", "id": "claude-a", "aliases": ["claude-a-20260101"], "prices": [
            {"from": "2026-01-01", "input": "3.00", "output": "15", "cacheRead": "0.30", "cacheWrite5m": "3.75", "cacheWrite1h": "6", "webSearch": "0.01",
              "factors": {"batch": "0.5", "region": {"us": "1.1"}}}]},
          {"provider": "openai", "id": "gpt-a", "prices": [{"from": "2026-01-01", "input": "1.1", "output": "4.4",
              "tiers": [{"promptAbove": 200000, "input": "2.2", "output": "8.8"}]}]}]}
        """

    private func compare(_ entries: String, from day: String = "2026-11-24T15:00:00Z") throws -> (PriceTable, PriceImport) {
        let table = try PriceTableReader.read(Array(Self.table.utf8), file: "Prices.json")
        return (table, try PriceImport.liteLLM(Array(entries.utf8), file: "list.json", against: table, from: Fixtures.instant(day)))
    }

    private static let same = """
        "litellm_provider": "anthropic", "mode": "chat", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
        "cache_read_input_token_cost": 3e-07, "cache_creation_input_token_cost": 3.75e-06, "cache_creation_input_token_cost_above_1hr": 6e-06,
        "input_cost_per_token_batches": 1.5e-06, "output_cost_per_token_batches": 7.5e-06
        """

    @Test("What the table says already is no difference, alias or id, and neither is what the list leaves out")
    func nothingNew() throws {
        let (table, change) = try compare(
            #"{"sample_spec": {"mode": "chat"}, "claude-a": {\#(Self.same)}, "claude-a-20260101": {\#(Self.same), "provider_specific_entry": {"us": 1.1}}}"#
        )
        #expect(change == PriceImport())
        #expect(change.isEmpty)
        #expect(table.adding(change) == table)
    }

    @Test("A changed price becomes a new row from that UTC midnight; what the list leaves out is carried over, old rows stay")
    func newRow() throws {
        let changed = Self.same.replacingOccurrences(of: "3e-07", with: "1.5E-7")
        let (table, change) = try compare(#"{"claude-a": {\#(changed), "provider_specific_entry": {"fast": 2.0}}}"#)
        let row = try #require(change.rows.first)
        #expect(change.rows.count == 1 && change.models.isEmpty && change.skipped.isEmpty)
        #expect(row.name == "anthropic/claude-a@2026-11-24")
        #expect(row.prices.cacheRead?.description == "0.15")
        #expect(row.webSearch?.description == "0.01")
        #expect(row.factors.region["us"]?.text == "1.1")
        #expect(row.factors.speed["fast"]?.text == "2")
        let model = try table.adding(change).lookup(model: "claude-a-20260101")
        #expect(model.prices.count == 2)
        #expect(model.prices.first == table.models.first?.prices.first)
        #expect(try model.row(at: Fixtures.instant("2026-11-23T23:59:59Z")).prices.cacheRead?.description == "0.30")
    }

    @Test("The enlarged table is written, read and found to need nothing more")
    func written() throws {
        let changed = Self.same.replacingOccurrences(of: "1.5e-05", with: "1.6e-05").replacingOccurrences(of: "7.5e-06", with: "8e-06")
        let list = #"{"claude-a": {\#(changed)}, "claude-b": {\#(Self.same)}}"#
        let (table, change) = try compare(list)
        let text = PriceTableWriter.text(table.adding(change))
        let again = try PriceTableReader.read(Array(text.utf8), file: "Prices.json")
        #expect(again == table.adding(change))
        let rest = try PriceImport.liteLLM(Array(list.utf8), file: "list.json", against: again, from: Fixtures.instant("2026-11-25"))
        #expect(rest.isEmpty)
    }

    @Test("New chat models of the two providers come with tiers and factors; a dated twin is an alias, others are left alone")
    func newModels() throws {
        let prices = """
            "mode": "chat", "input_cost_per_token": 1.1e-06, "output_cost_per_token": 4.4e-06, "input_cost_per_token_priority": 2e-06,
            "output_cost_per_token_priority": 8e-06, "input_cost_per_token_above_272k_tokens": 2.2e-06,
            "output_cost_per_token_above_272k_tokens": 6.6e-06, "max_output_tokens": 1000, "deprecation_date": "2027-01-01",
            "search_context_cost_per_query": {"search_context_size_low": 0.01, "search_context_size_high": 0.025}
            """
        let (table, change) = try compare(
            """
            {"gpt-z": {"litellm_provider": "openai", \(prices)}, "gpt-z-2026-05-01": {"litellm_provider": "openai", \(prices)},
             "other": {"litellm_provider": "azure", \(prices)}, "gpt-img": {"litellm_provider": "openai", "mode": "image_generation"},
             "claude-a-20260202": {\(Self.same)}}
            """)
        let model = try #require(change.models.first)
        #expect(change.models.count == 1 && change.rows.isEmpty && change.skipped.isEmpty)
        #expect((model.id, model.aliases) == ("gpt-z", ["gpt-z-2026-05-01"]))
        #expect(model.maxOutputTokens == 1000)
        #expect(model.retired == (try Fixtures.instant("2027-01-01")))
        #expect(model.prices.first?.factors.serviceTier["priority"]?.text == "20/11")
        #expect(model.prices.first?.tiers.first?.promptAbove == 272_000)
        #expect(model.prices.first?.webSearch?.description == "0.025")
        #expect(change.aliases.map(\.alias) == ["claude-a-20260202"])
        #expect(try table.adding(change).lookup(model: "claude-a-20260202").id == "claude-a")
    }

    private static let priority = #""input_cost_per_token_priority": 6e-06, "output_cost_per_token_priority": 3e-05"#

    @Test(
        "A price that the row would leave out, and that is dearer than what it charges, keeps the model out",
        arguments: [
            #""output_cost_per_token_above_200k_tokens": 3e-05"#,
            #"\#(priority), "cache_read_input_token_cost_priority": 3e-06"#,
            #""input_cost_per_token_above_200k_tokens": 6e-06, "output_cost_per_token_above_200k_tokens": 2e-05, \#(priority), "input_cost_per_token_above_200k_tokens_priority": 4e-05"#,
            #""output_cost_per_reasoning_token": 6e-05"#, #""input_cost_per_image_token": 9e-06"#, #""tiered_pricing": [{"range": [0, 1]}]"#,
            #""input_cost_per_token_above_32k_tokens_priority": 4e-05"#,
            #""cache_creation_input_token_cost": 1e-06, "cache_creation_input_token_cost_above_99k_tokens": 2e-06"#,
        ])
    func dearer(_ more: String) throws {
        let plain = #""litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05"#
        let (_, change) = try compare(
            #"{"gpt-n": {\#(plain), "cache_read_input_token_cost": 1e-06, \#(more)}, "gpt-m": {\#(plain), "output_cost_per_reasoning_token": 1.5e-05, "input_cost_per_token_ultrafast": 9e-05}}"#
        )
        #expect(change.models.map(\.id) == ["gpt-m"])
        #expect(change.skipped.map(\.model) == ["gpt-n"])
    }

    @Test("A model whose price is 0 is not taken for free")
    func free() throws {
        let (_, change) = try compare(
            #"{"gpt-0": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0.0}}"#)
        #expect(change.isEmpty && change.skipped.map(\.model) == ["gpt-0"])
    }

    @Test("Cached prices under a term, published rounded, are no other price")
    func rounded() throws {
        let (_, change) = try compare(
            """
            {"gpt-r": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1.5e-05,
             "cache_read_input_token_cost": 2.5e-07, "input_cost_per_token_flex": 1.25e-06, "output_cost_per_token_flex": 7.5e-06,
             "cache_read_input_token_cost_flex": 1.3e-07}}
            """)
        #expect(change.models.map(\.id) == ["gpt-r"] && change.skipped.isEmpty)
    }

    @Test("What cannot be taken over exactly is left out with a reason, never rounded")
    func skipped() throws {
        let (_, change) = try compare(
            """
            {"gpt-x": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.9999900000000002e-06, "output_cost_per_token": 1e-06},
             "gpt-y": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06},
             "gpt-w": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06,
               "input_cost_per_token_batches": 5e-07, "output_cost_per_token_batches": 6e-07},
             "gpt-v": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": -1e-06},
             "ft:gpt": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06},
             "gpt-a": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 9e-06, "output_cost_per_token": 9e-06}}
            """)
        #expect(change.isEmpty)
        #expect(Set(change.skipped.map(\.model)) == ["gpt-x", "gpt-y", "gpt-w", "gpt-v", "ft:gpt", "gpt-a"])
        #expect(change.skipped.contains { $0.model == "gpt-a" && $0.reason.contains("its prices for long prompts") })
    }

    @Test("A day that the table has a row from already is too early for another")
    func tooEarly() throws {
        let changed = Self.same.replacingOccurrences(of: "3e-07", with: "1e-07")
        let (_, change) = try compare(#"{"claude-a": {\#(changed)}}"#, from: "2026-01-01")
        #expect(change.rows.isEmpty)
        #expect(change.skipped.first?.reason.contains("choose a later date") == true)
        let (_, before) = try compare(#"{"claude-a": {\#(changed)}}"#, from: "2025-01-01")
        #expect(before.rows.isEmpty && before.skipped.count == 1)
    }

    @Test("A list that is no JSON object is refused with line and column")
    func noList() throws {
        let broken = #expect(throws: PriceTableRefusal.self) { try compare("{\n  oops") }
        #expect(broken?.description == "list.json:2:3: no valid JSON: 'o' where a key in quotes was due")
        #expect(throws: PriceTableRefusal.self) { try compare("[]") }
    }
}
