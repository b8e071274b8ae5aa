import Costs
import Foundation
import Testing
import WireCore

@testable import LLM

@Suite("CallFacts bounds what a call can cost under every term that the request leaves to the provider")
struct CallFactsTests {
    private static func facts(_ body: String, model: String, shape: WireShape) throws -> CallFacts {
        let call = ModelCall(shape: shape, body: Array(body.utf8), purpose: CallPurpose(operation: "t"))
        return try CallFacts(
            call, body: Translation.read(call.body), model: model, table: PriceTableReader.read(PriceTable.shipped, file: "Prices.json"),
            at: try #require(UTCTime.parse("2026-11-24T12:00:00Z")))
    }

    private static func messages(_ more: String, model: String = "claude-haiku-4-5", content: String = "\"hello\"") throws -> CallFacts {
        try facts(#"{"max_tokens":10,"messages":[{"role":"user","content":\#(content)}]\#(more)}"#, model: model, shape: .messages)
    }

    private static func chat(_ more: String, model: String = "gpt-6-luna") throws -> CallFacts {
        try facts(#"{"max_completion_tokens":4000,"messages":[{"role":"user","content":"hello"}]\#(more)}"#, model: model, shape: .chat)
    }

    @Test("A name that is spelled with escapes is the same name")
    func escapes() throws {
        let plain = try Self.messages("", content: #"[{"type":"document","source":{"type":"file","file_id":"f"}}]"#)
        let escaped = try Self.messages("", content: #"[{"typ\u0065":"document","source":{"type":"file","file_id":"f"}}]"#)
        #expect(plain.bound.picodollars >= 1_000_000 * 1_000_000)
        #expect(escaped.bound.picodollars >= 1_000_000 * 1_000_000)
        let marked = try Self.messages("", content: #"[{"type":"text","text":"hello","cach\u0065_control":{"type":"ephemeral","ttl":"1h"}}]"#)
        // At the price of a write that lives an hour, two dollars per million.
        #expect(marked.bound.picodollars >= 2048 * 2_000_000)
    }

    @Test("A search that OpenAI's usage does not count is paid for once a choice, within the bound")
    func uncountedSearches() throws {
        let none = try Self.chat("", model: "gpt-6-sol")
        let two = try Self.chat(#","web_search_options":{},"n":2"#, model: "gpt-6-sol")
        #expect(none.uncountedSearches == 0 && two.uncountedSearches == 2)
        let metered = MeteredUsage(reading: .success(UsageReading(usage: Usage(inputTokens: 9)))).adding(searches: two.uncountedSearches)
        let usage = try metered.reading.get().usage
        #expect(usage == Usage(inputTokens: 9, webSearches: 2))
        #expect(try Pricing.cost(of: usage, under: CallTerms(), by: two.row) <= two.bound)
        // Anthropic counts its own.
        #expect(try Self.messages(#","tools":[{"type":"web_search_20250305","name":"web_search"}]"#).uncountedSearches == 0)
    }

    @Test("A service tier that is not named may be the project's, a region the workspace's")
    func openTerms() throws {
        let (open, standard) = (try Self.chat(""), try Self.chat(#","service_tier":"default""#))
        let priority = try Self.chat(#","service_tier":"priority""#)
        #expect(open.bound.picodollars > standard.bound.picodollars * 19 / 10)
        #expect(open.bound <= priority.bound)
        #expect(try Self.chat(#","service_tier":"fast""#).bound.picodollars > standard.bound.picodollars * 19 / 10)
        let usage = Usage(inputTokens: 1000, outputTokens: 4000)
        #expect(try Pricing.cost(of: usage, under: CallTerms(serviceTier: "priority"), by: open.row) <= open.bound)

        let anywhere = try Self.messages("", model: "claude-opus-5")
        let inUS = try Pricing.cost(of: Usage(inputTokens: 2000, outputTokens: 10), under: CallTerms(region: "us"), by: anywhere.row)
        #expect(inUS <= anywhere.bound)
        #expect(try Self.messages(#","inference_geo":"global""#, model: "claude-opus-5").bound < anywhere.bound)
    }

    @Test("OpenAI's cache is written unasked and for one lifetime, in whichever shape it is asked")
    func unaskedWrites() throws {
        let row = try Self.chat("").row
        let write = try #require(row.prices.cacheWrite5m?.scaled(to: Money.decimals))
        for facts in [try Self.chat(#","service_tier":"default""#), try Self.messages("", model: "gpt-6-luna")] {
            #expect(Int128(facts.bound.picodollars) >= 2048 * write / 1_000_000)
        }
        let long = try #require(row.prices.cacheWrite1h?.scaled(to: Money.decimals))
        let cheap = try Self.facts(
            #"{"max_completion_tokens":1,"service_tier":"default","messages":[]}"#, model: "gpt-6-luna", shape: .chat)
        #expect(Int128(cheap.bound.picodollars) < 2048 * long / 1_000_000)
    }

    @Test("Anthropic's max_tokens 0 asks for no output; OpenAI's is nonsense, and bounded by the model's most")
    func noOutput() throws {
        let none = try Self.facts(#"{"max_tokens":0,"messages":[]}"#, model: "claude-haiku-4-5", shape: .messages)
        let one = try Self.facts(#"{"max_tokens":1,"messages":[]}"#, model: "claude-haiku-4-5", shape: .messages)
        #expect(none.bound < one.bound)
        let chat = try Self.facts(#"{"max_tokens":0,"messages":[]}"#, model: "gpt-6-luna", shape: .chat)
        let token = try Self.facts(#"{"max_tokens":1,"messages":[]}"#, model: "gpt-6-luna", shape: .chat)
        #expect(chat.bound.picodollars > 20 * token.bound.picodollars)
    }

    @Test("Of two names for the output's limit the larger counts, and a whole number may be written as 3.0")
    func doubts() throws {
        let large = try Self.messages("").bound.picodollars
        #expect(try Self.messages(#","max_completion_tokens":1"#).bound.picodollars >= large)
        let both = try Self.chat(#","max_tokens":16000"#).bound.picodollars
        #expect(try both > 3 * Self.chat("").bound.picodollars)
        #expect(try Self.chat(#","n":3.0"#).bound.picodollars > 2 * Self.chat("").bound.picodollars)
        #expect(try Self.chat(#","n":1e9"#).bound.picodollars > 400 * Self.chat("").bound.picodollars)
    }

    @Test("Servers of tools and OpenAI's own search are rounds over the whole context")
    func foreignTools() throws {
        let servers = try Self.messages(#","mcp_servers":[{"type":"url","url":"https://tools.example","name":"t"}]"#)
        #expect(servers.bound.picodollars >= 11_000_000 * 1_000_000)
        #expect(try Self.messages(#","mcp_servers":[]"#).bound.picodollars < 10_000 * 1_000_000)
        let search = try Self.chat(#","web_search_options":{}"#, model: "gpt-4o-mini")
        let row = search.row
        #expect(search.bound.picodollars > 10 * (try Pricing.cost(of: Usage(webSearches: 1), under: CallTerms(), by: row)).picodollars)
    }

    @Test("A conversation that may be summed up is read twice, a model that the provider may fall back to is bounded too")
    func moreReadings() throws {
        let plain = try Self.messages("")
        let compacted = try Self.messages(#","context_management":{"edits":[{"type":"compact_20260112"}]}"#)
        #expect(compacted.bound.picodollars > 2 * plain.bound.picodollars)
        let fallback = try Self.messages(#","fallbacks":[{"model":"claude-opus-5"}]"#)
        #expect(fallback.bound.picodollars > 4 * plain.bound.picodollars)
        let refusal = #expect(throws: GatewayRefusal.self) { try Self.messages(#","fallbacks":[{"model":"no-such-model"}]"#) }
        #expect(refusal?.message.contains("no-such-model") == true)
    }
}
