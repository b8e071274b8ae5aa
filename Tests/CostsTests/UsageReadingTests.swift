import Costs
import Testing
import WireCore

@Suite("Usage readings")
struct UsageReadingTests {
    @Test("Anthropic's full usage is read class by class, with its terms")
    func anthropic() throws {
        let reading = try UsageReading.anthropic(
            Fixtures.node(
                """
                {"input_tokens": 10, "output_tokens": 20, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 40,
                 "cache_creation": {"ephemeral_5m_input_tokens": 12, "ephemeral_1h_input_tokens": 18},
                 "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 1}, "service_tier": "standard",
                 "inference_geo": "us", "speed": "fast", "output_tokens_details": {"thinking_tokens": 5}, "new_field": [1]}
                """))
        #expect(
            reading.usage
                == Usage(
                    inputTokens: 10, outputTokens: 20, cacheReadTokens: 40, cacheWrite5mTokens: 12, cacheWrite1hTokens: 18, webSearches: 2))
        #expect(reading.terms == CallTerms(region: "us", speed: "fast", serviceTier: "standard"))
    }

    @Test("A compaction stands beside the sums and is added; what another model may have served is not believed at this one's price")
    func iterations() throws {
        let head = #"{"input_tokens": 23000, "output_tokens": 1000, "iterations": ["#
        let message = #"{"type": "message", "input_tokens": 23000, "output_tokens": 1000}"#
        let compaction = #"{"type": "compaction", "input_tokens": 180000, "output_tokens": 3500, "cache_read_input_tokens": 7}"#
        #expect(try UsageReading.anthropic(Fixtures.node(head + message + "]}")).usage == Usage(inputTokens: 23000, outputTokens: 1000))
        #expect(
            try UsageReading.anthropic(Fixtures.node(head + compaction + "," + message + "]}")).usage
                == Usage(inputTokens: 203_000, outputTokens: 4500, cacheReadTokens: 7))
        for type in ["advisor_message", "fallback_message", "news"] {
            let other = #"{"type": "\#(type)", "model": "claude-opus-5", "input_tokens": 823, "output_tokens": 1612}"#
            let fault = #expect(throws: UsageFault.self) { try UsageReading.anthropic(Fixtures.node(head + message + "," + other + "]}")) }
            #expect(fault?.field == "iterations" && fault?.message.contains(type) == true)
        }
        #expect(throws: UsageFault.self) { try UsageReading.anthropic(Fixtures.node(head + #"{"type": "compaction"}]}"#)) }
        #expect(throws: UsageFault.self) {
            try UsageReading.anthropic(Fixtures.node(#"{"input_tokens": 1, "output_tokens": 1, "iterations": {"type": "message"}}"#))
        }
    }

    @Test("null is absent, and writes without a split live for five minutes")
    func nulls() throws {
        let reading = try UsageReading.anthropic(
            Fixtures.node(
                """
                {"input_tokens": 1, "output_tokens": 2, "cache_creation_input_tokens": 7, "cache_read_input_tokens": null, "cache_creation": null,
                 "server_tool_use": null, "service_tier": "batch", "inference_geo": null, "speed": null}
                """))
        #expect(reading.usage == Usage(inputTokens: 1, outputTokens: 2, cacheWrite5mTokens: 7))
        #expect(reading.terms == CallTerms(isBatch: true))
    }

    @Test("OpenAI's cached part is taken off the prompt; Chat Completions and Responses read the same")
    func openAI() throws {
        let chat = try UsageReading.openAI(
            Fixtures.node(
                """
                {"prompt_tokens": 100, "completion_tokens": 9, "total_tokens": 109, "completion_tokens_details": {"reasoning_tokens": 4, "audio_tokens": 0},
                 "prompt_tokens_details": {"cached_tokens": 60, "audio_tokens": 0, "cache_write_tokens": 10}}
                """), in: Fixtures.node(#"{"service_tier": "priority"}"#))
        #expect(chat.usage == Usage(inputTokens: 30, outputTokens: 9, cacheReadTokens: 60, cacheWrite5mTokens: 10))
        #expect(chat.terms == CallTerms(serviceTier: "priority"))
        let responses = try UsageReading.read(
            Fixtures.node(
                #"{"input_tokens": 100, "output_tokens": 9, "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10}}"#),
            provider: "openai")
        #expect(responses.usage == chat.usage)
        let long = try UsageReading.openAI(
            Fixtures.node(
                #"""
                {"prompt_tokens": 9, "completion_tokens": 1, "service_tier": "flex",
                 "prompt_tokens_details": {"cache_write_tokens": 9, "cache_write_1h_tokens": 7}}
                """#), in: Fixtures.node(#"{"service_tier": ""}"#))
        #expect(long.usage == Usage(outputTokens: 1, cacheWrite5mTokens: 2, cacheWrite1hTokens: 7))
        #expect(long.terms == CallTerms(serviceTier: "flex"), "a tier that says nothing is none")
        let strange = #expect(throws: UsageFault.self) {
            try UsageReading.openAI(
                Fixtures.node(#"{"prompt_tokens": 1, "completion_tokens": 1}"#), in: Fixtures.node(#"{"service_tier": ["priority"]}"#))
        }
        #expect(strange?.field == "service_tier")
    }

    @Test(
        "A usage that cannot be believed is a fault that names the field",
        arguments: [
            (#"{"output_tokens": 1}"#, "input_tokens"), (#"{"input_tokens": 1}"#, "output_tokens"),
            (#"{"input_tokens": null, "output_tokens": 1}"#, "input_tokens"),
            (#"{"input_tokens": -1, "output_tokens": 1}"#, "input_tokens"), (#"{"input_tokens": 1.5, "output_tokens": 1}"#, "input_tokens"),
            (#"{"input_tokens": "1", "output_tokens": 1}"#, "input_tokens"), (#"{"input_tokens": 1e2, "output_tokens": 1}"#, "input_tokens"),
            (#"{"input_tokens": 1, "output_tokens": 100000001}"#, "output_tokens"),
            (#"{"input_tokens": 1, "output_tokens": 99999999999999999999}"#, "output_tokens"),
            (#"{"input_tokens": 1, "output_tokens": 1, "cache_creation": {"ephemeral_1h_input_tokens": true}}"#, "ephemeral_1h_input_tokens"),
            (#"{"input_tokens": 1, "output_tokens": 1, "cache_creation": 5}"#, "cache_creation"),
            (
                #"{"input_tokens": 1, "output_tokens": 1, "cache_creation_input_tokens": 9, "cache_creation": {"ephemeral_5m_input_tokens": 8}}"#,
                "cache_creation_input_tokens"
            ), (#"{"input_tokens": 1, "output_tokens": 1, "server_tool_use": {"web_search_requests": 10001}}"#, "web_search_requests"),
            (#"{"input_tokens": 1, "output_tokens": 1, "speed": 2}"#, "speed"), ("[]", "usage"), ("null", "usage"),
        ])
    func anthropicFaults(text: String, field: String) throws {
        let fault = #expect(throws: UsageFault.self) { try UsageReading.anthropic(Fixtures.node(text)) }
        #expect(fault?.field == field)
    }

    @Test(
        "OpenAI's contradictions are faults too",
        arguments: [
            (#"{"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 6}}"#, "prompt_tokens"),
            (#"{"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 9}"#, "total_tokens"), (#"{"completion_tokens": 1}"#, "prompt_tokens"),
            (#"{"prompt_tokens": 5}"#, "completion_tokens"), (#"{"input_tokens": 5}"#, "output_tokens"),
            (#"{"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"audio_tokens": 1}}"#, "audio_tokens"),
        ])
    func openAIFaults(text: String, field: String) throws {
        let fault = #expect(throws: UsageFault.self) { try UsageReading.openAI(Fixtures.node(text)) }
        #expect(fault?.field == field)
    }

    @Test("Messages say what was seen and what is due")
    func message() throws {
        let fault = #expect(throws: UsageFault.self) {
            try UsageReading.anthropic(Fixtures.node(#"{"input_tokens": "x\u001b", "output_tokens": 1}"#))
        }
        #expect(fault?.message == "input_tokens is a string, but must be a whole number from 0 to 100000000")
    }

    @Test("A term that was asked for is paid for unless the answer says otherwise")
    func completed() {
        let request = CallTerms(isBatch: true, region: "us", speed: "fast")
        #expect(CallTerms().completed(by: request) == request)
        #expect(
            CallTerms(region: "global", serviceTier: "standard").completed(by: request)
                == CallTerms(region: "global", speed: "fast", serviceTier: "standard"))
    }

    @Test("A stream keeps the last value of each field and never adds")
    func stream() throws {
        var stream = StreamedUsage()
        stream.start(
            try Fixtures.node(
                """
                {"input_tokens": 100, "output_tokens": 1, "cache_read_input_tokens": 50, "cache_creation_input_tokens": 9,
                 "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 5}, "service_tier": "standard"}
                """))
        stream.delta(try Fixtures.node(#"{"output_tokens": 7, "cache_read_input_tokens": null}"#))
        stream.delta(try Fixtures.node(#"{"input_tokens": 120, "output_tokens": 42, "server_tool_use": {"web_search_requests": 1}}"#))
        let reading = try stream.reading()
        #expect(
            reading.usage
                == Usage(inputTokens: 120, outputTokens: 42, cacheReadTokens: 50, cacheWrite5mTokens: 4, cacheWrite1hTokens: 5, webSearches: 1))
        #expect(reading.terms.serviceTier == "standard")
    }

    @Test("A stream that broke off before its final usage is not believed")
    func brokenStream() throws {
        var stream = StreamedUsage()
        #expect(!stream.hasBegun)
        stream.start(try Fixtures.node(#"{"input_tokens": 100, "output_tokens": 1}"#))
        #expect(stream.hasBegun)
        let fault = #expect(throws: UsageFault.self) { try stream.reading() }
        #expect(fault?.field == "output_tokens")
        stream.delta(try Fixtures.node(#"{"output_tokens": 3}"#))
        #expect(try stream.reading().usage.outputTokens == 3)
        stream.delta(try Fixtures.node("7"))
        #expect(throws: UsageFault.self) { try stream.reading() }
    }
}
