import Costs
import Fetch
import Foundation
import SQLiteStore
import Stores
import Synchronization
import TestSupport
import Testing
import WireCore

@testable import LLM

@Suite("The gateway") struct GatewayTests {
    @Test("A call is held before the provider is asked, and settled by its usage when the answer is given")
    func settled() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.message(input: 1000, output: 200))) { rig in
            let answer = await rig.gateway.answer(GatewayRig.call())
            #expect(answer.status == 200)
            // $1 and $5 per million.
            #expect(answer.cost == Money(dollars: "0.002"))
            let entry = try #require(try await rig.entries().first)
            #expect(entry.status == .settled && entry.cost == answer.cost && entry.messageID == "msg_1" && entry.id == answer.callID + "/1")
            #expect(entry.priceFrom == "anthropic/claude-haiku-4-5@2025-10-01")
            #expect(try await rig.store.standing(of: .desk, in: LedgerPeriod("2026-11-24")) == BudgetStanding(spent: entry.cost))
        }
    }

    @Test("An answer that is long to read is metered, settled and kept as any other")
    func longAnswer() async throws {
        let text = String(repeating: "Long. ", count: 40_000)
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.message(input: 1000, output: 200, text: text))) { rig in
            let answer = await rig.gateway.answer(GatewayRig.call(maxTokens: 60_000))
            #expect(answer.status == 200 && answer.cost == Money(dollars: "0.002"))
            let body = try await answer.text()
            #expect(body.contains(text))
            let again = await rig.gateway.answer(GatewayRig.call(maxTokens: 60_000))
            let kept = try await again.text()
            #expect(again.isCached && kept == body && rig.provider.seen.count == 1)
        }
    }

    @Test("The money is held, durably, at the moment at which the provider is asked")
    func heldBefore() async throws {
        let peek = Peek()
        let provider = ScriptedProvider(ScriptedProvider.after({ await peek.look() }, ScriptedProvider.message()))
        try await GatewayRig.with(provider) { rig in
            peek.store.withLock { $0 = rig.store }
            _ = await rig.gateway.answer(GatewayRig.call(maxTokens: 4000))
            let entry = try #require(peek.seen.withLock { $0.first })
            #expect(entry.status == .reserved && entry.bound > Money(dollars: "0.02") ?? .zero)
            #expect(try await rig.store.openReservations() == [])
        }
    }

    @Test("A model without a price is refused before any call, with the nearest names")
    func unpriced() async throws {
        try await GatewayRig.with(ScriptedProvider()) { rig in
            let answer = await rig.gateway.answer(GatewayRig.call(model: "claude-haiku-4-6"))
            #expect(answer.status == 404)
            let text = try await answer.text()
            #expect(text.contains("claude-haiku-4-5"))
            #expect(rig.provider.seen.isEmpty)
            #expect(try await rig.entries() == [])
        }
    }

    @Test("A spent budget refuses with what is left and when it renews, and asks nobody")
    func spent() async throws {
        try await GatewayRig.with(
            ScriptedProvider(ScriptedProvider.message()), edit: { $0.plan.desk.daily = Money(dollars: "0.001") }
        ) { rig in
            let answer = await rig.gateway.answer(GatewayRig.call(maxTokens: 1000))
            #expect(answer.status == 402)
            let text = try await answer.text()
            #expect(text.contains("billing_error") && text.contains("$0.001000 left") && text.contains("2026-11-25T00:00:00Z"))
            #expect(answer.headers["x-should-retry"] == "false")
            #expect(rig.provider.seen.isEmpty)
        }
    }

    @Test("A call that fits once others have settled waits for them; one for which they take too long is told so, with a retry-after")
    func reserved() async throws {
        let gate = AsyncStream<Void>.makeStream()
        let provider = ScriptedProvider(
            ScriptedProvider.after({ for await _ in gate.stream { break } }, ScriptedProvider.message()), ScriptedProvider.message())
        // Two holds do not fit, what is really used fits many times.
        try await GatewayRig.with(provider, edit: { $0.plan.desk.daily = Money(dollars: "0.01") }) { rig in
            async let first = rig.gateway.answer(GatewayRig.call("one", maxTokens: 1000))
            while rig.provider.seen.isEmpty { await Task.yield() }
            let late = await rig.gateway.answer(GatewayRig.call("two", maxTokens: 1000))
            #expect(late.status == 429 && late.headers["retry-after"] == "1")
            let text = try await late.text()
            #expect(text.contains("reserved"))
            async let third = rig.gateway.answer(GatewayRig.call("three", maxTokens: 1000))
            gate.continuation.finish()
            #expect(await first.status == 200)
            #expect(await third.status == 200)
        }
    }

    @Test("Another model answers where one cannot; each attempt is an entry")
    func chain() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.error(529), ScriptedProvider.message())) { rig in
            var call = GatewayRig.call(model: "claude-sonnet-4-5")
            call.fallbacks = ["claude-haiku-4-5", "extractive"]
            let answer = await rig.gateway.answer(call)
            #expect(answer.status == 200)
            let entries = try await rig.entries()
            #expect(entries.map(\.status) == [.released, .settled])
            #expect(entries.map(\.model) == ["claude-sonnet-4-5", "claude-haiku-4-5"])
            #expect(String(decoding: rig.provider.seen[1].body, as: UTF8.self).contains("\"claude-haiku-4-5\""))
        }
    }

    @Test("When every model fails, the local one still answers, for nothing")
    func extractive() async throws {
        let refused = ScriptedProvider.failing(received: false)
        try await GatewayRig.with(ScriptedProvider(refused)) { rig in
            var call = GatewayRig.call("Bitcoin fell. The regulator said nothing.")
            call.fallbacks = ["extractive"]
            let answer = await rig.gateway.answer(call)
            #expect(answer.status == 200 && answer.cost == .zero)
            let statuses = try await rig.entries().map(\.status)
            #expect(statuses == [.released, .settled])
        }
    }

    @Test("A request that is itself wrong goes to no other model")
    func wrongRequest() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.error(400))) { rig in
            var call = GatewayRig.call()
            call.fallbacks = ["claude-sonnet-4-5"]
            #expect(await rig.gateway.answer(call).status == 400)
            #expect(rig.provider.seen.count == 1)
        }
    }

    @Test(
        "What another try may help is tried again, within the ceiling; what it cannot help is not",
        arguments: [
            (ScriptedProvider.error(500), 3), (ScriptedProvider.error(529), 3),
            (ScriptedProvider.error(429, "", [HTTPHeader(name: "retry-after", value: "0")]), 3),
            (ScriptedProvider.error(429, #","details":{"error_code":"enforced_spend_limit_reached"}"#), 1),
            (ScriptedProvider.error(500, "", [HTTPHeader(name: "x-should-retry", value: "false")]), 1), (ScriptedProvider.error(401), 1),
            (ScriptedProvider.error(529, "", [HTTPHeader(name: "retry-after", value: "3600")]), 1),
        ] as [(ScriptedProvider.Answer, Int)])
    func retries(_ answer: @escaping ScriptedProvider.Answer, _ attempts: Int) async throws {
        try await GatewayRig.with(ScriptedProvider(answer)) { rig in
            var call = GatewayRig.call()
            call.attemptsPerModel = 3
            _ = await rig.gateway.answer(call)
            #expect(rig.provider.seen.count == attempts)
        }
    }

    @Test("What may have been billed is booked at its bound; what surely was not is released")
    func uncertain() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.failing(received: true), ScriptedProvider.failing(received: false))) { rig in
            #expect(await rig.gateway.answer(GatewayRig.call("one")).status == 502)
            #expect(await rig.gateway.answer(GatewayRig.call("two")).status == 502)
            let entries = try await rig.entries()
            #expect(entries.map(\.status) == [.estimated, .released])
            #expect(entries[0].cost == entries[0].bound && entries[1].cost == .zero)
        }
    }

    @Test("Without a ledger no model is called")
    func noLedger() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.message()), isClosedAfterwards: false) { rig in
            try await rig.store.close()
            let answer = await rig.gateway.answer(GatewayRig.call())
            #expect(answer.status == 503)
            #expect(rig.provider.seen.isEmpty)
        }
    }

    @Test("An equal request is answered from the cache, entered at cost zero with what it saved; another key's is not")
    func cache() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.message())) { rig in
            let first = await rig.gateway.answer(GatewayRig.call(key: "a"))
            // The same request, written otherwise.
            var same = GatewayRig.call(key: "a")
            same.body = Array(#"{ "messages" : [{"content":"hello","role":"user"}], "max_tokens":100, "model":"claude-haiku-4-5-20251001"}"#.utf8)
            let second = await rig.gateway.answer(same)
            #expect(second.isCached && second.cost == .zero)
            #expect(try await second.text() == first.text())
            #expect(rig.provider.seen.count == 1)
            let entry = try #require(try await rig.entries().last)
            #expect(entry.status == .cached && entry.saved == first.cost)
            #expect(await rig.gateway.answer(GatewayRig.call(key: "b")).isCached == false)
            var fresh = GatewayRig.call(key: "a")
            fresh.usesCache = false
            #expect(await rig.gateway.answer(fresh).isCached == false)
            rig.clock.advance(169 * 3600)
            #expect(await rig.gateway.answer(GatewayRig.call(key: "a")).isCached == false)
        }
    }

    @Test("Equal requests at the same time are one call, and share what it failed with", arguments: [true, false])
    func singleFlight(isGood: Bool) async throws {
        let html = ScriptedProvider.whole(200, "<html>hello</html>", [HTTPHeader(name: "content-type", value: "text/html")])
        let slow = ScriptedProvider.after({ try? await Task.sleep(for: .milliseconds(100)) }, isGood ? ScriptedProvider.message() : html)
        try await GatewayRig.with(ScriptedProvider(slow)) { rig in
            let answers = await withTaskGroup { group in
                for _ in 0..<16 { group.addTask { await rig.gateway.answer(GatewayRig.call()) } }
                return await group.reduce(into: [ModelAnswer]()) { $0.append($1) }
            }
            #expect(rig.provider.seen.count == 1)
            #expect(answers.count { $0.isCached } == (isGood ? 15 : 0))
            #expect(answers.allSatisfy { $0.status == (isGood ? 200 : 502) })
            #expect(Set(answers.map(\.callID)).count == 16)
            // Each try may be billed: nobody is told to make another.
            #expect(answers.allSatisfy { $0.headers["x-should-retry"] == (isGood ? nil : "false") && $0.headers["retry-after"] == nil })
            let entries = try await rig.entries()
            #expect(entries.count { $0.cost > .zero } == 1 && entries.count == (isGood ? 16 : 1))
            #expect(await rig.gateway.answer(GatewayRig.call()).isCached == isGood, "a failure is shared by those who waited alone")
        }
    }

    @Test("A provider's own error reaches all who asked the same at the same time")
    func sharedError() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.error(500))) { rig in
            let statuses = await withTaskGroup { group in
                for _ in 0..<8 { group.addTask { await rig.gateway.answer(GatewayRig.call()).status } }
                return await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 500, count: 8))
        }
    }

    @Test(
        "A request that names what counts twice, or in capitals, is refused",
        arguments: [#""max_tokens":5"#, #""MAX_TOKENS":60000"#, #""Model":"claude-opus-4-5""#, #""metadata":{},"metadata":{}"#])
    func names(more: String) async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.message())) { rig in
            let answer = await rig.gateway.answer(GatewayRig.call(more: "," + more))
            #expect(answer.status == 400)
            #expect(rig.provider.seen.isEmpty)
            #expect(await rig.gateway.answer(GatewayRig.call(more: #","Other":1,"metadata":{"user_id":"a"}"#)).status == 200)
        }
    }

    @Test("A provider cannot speak for the gateway, and no provider's key is told, whoever sends it")
    func forged() async throws {
        let headers = [HTTPHeader(name: "X-Wiredesk-Cost-USD", value: "99"), HTTPHeader(name: "x-other", value: "1")]
        let error = ScriptedProvider.error(401, #","key":"other-provider-key""#, headers)
        try await GatewayRig.with(ScriptedProvider(error)) { rig in
            let answer = await rig.gateway.answer(GatewayRig.call())
            #expect(answer.headers["x-wiredesk-cost-usd"] == nil && answer.headers["x-other"] == "1")
            let text = try await answer.text()
            #expect(text.contains("REDACTED") && !text.contains("other-provider-key"), "\(text)")
        }
    }

    @Test("An alert is raised once for its period and threshold, however many calls come after")
    func alerts() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.message(input: 400_000, output: 60_000))) { rig in
            for text in ["one", "two", "three"] { _ = await rig.gateway.answer(GatewayRig.call(text, maxTokens: 64_000, more: Self.padding)) }
            let end = ContinuousClock.now + .seconds(10)
            while rig.alerts.ids.isEmpty, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(20)) }
            // $0.70 a call: above fifty cents a day, far from ten dollars a month.
            #expect(rig.alerts.ids == ["cost:day:2026-11-24:0.5"])
            let raised = try await rig.store.raisedAlerts(limit: 10)
            #expect(raised.map(\.id) == rig.alerts.ids)
        }
    }

    /// Makes the bound larger than the usage that is scripted.
    private static let padding = #","metadata":{"user_id":"\#(String(repeating: "x", count: 450_000))"}"#

    @Test("A call's own deadline holds where it is nearer than the gateway's")
    func ownDeadline() async throws {
        let provider = ScriptedProvider(ScriptedProvider.message())
        try await GatewayRig.with(provider) { rig in
            var call = GatewayRig.call()
            call.deadline = .seconds(30)
            _ = await rig.gateway.answer(call)
            _ = await rig.gateway.answer(GatewayRig.call("another"))
            let left = rig.provider.seen.map { ContinuousClock.now.duration(to: $0.deadline) }
            #expect(left[0] < .seconds(31) && left[1] > .seconds(500))
        }
    }

    @Test("A call of the desk that is cancelled ends at the provider and is booked at its bound")
    func cancelled() async throws {
        let provider = ScriptedProvider(
            ScriptedProvider.after({ try? await Task.sleep(for: .seconds(60)) }, ScriptedProvider.failing(received: true, isCancelled: true)))
        try await GatewayRig.with(provider) { rig in
            let task = Task {
                var call = GatewayRig.call()
                call.isDrained = false
                return await rig.gateway.answer(call).status
            }
            while rig.provider.seen.isEmpty { await Task.yield() }
            task.cancel()
            #expect(await task.value == 502)
            let statuses = try await rig.entries().map(\.status)
            #expect(statuses == [.estimated])
        }
    }

    @Test("What a caller of a stream leaves unheard is heard out and kept, and nobody waits for it meanwhile")
    func left() async throws {
        func event(_ json: String) -> [UInt8] { Array("data: \(json)\n\n".utf8) }
        let pieces = [
            event(#"{"type":"message_start","message":{"id":"msg_1","usage":{"input_tokens":10,"output_tokens":1}}}"#),
            event(#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}"#),
            event(#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}}"#), event(#"{"type":"message_stop"}"#),
        ]
        let provider = ScriptedProvider { _ in
            ExchangeAnswer(
                status: 200, headers: [HTTPHeader(name: "content-type", value: "text/event-stream")], body: ExchangeBody(pieces: pieces))
        }
        try await GatewayRig.with(provider) { rig in
            let call = GatewayRig.call(more: #","stream":true"#)
            let first = await rig.gateway.answer(call)
            guard case .stream(let stream) = first.body else { return #expect(Bool(false), "the answer is no stream") }
            #expect(try await stream.next() == pieces[0])
            // An equal call that comes while the first is heard out.
            stream.abandon()
            while try await rig.entries().first?.status == .reserved { await Task.yield() }
            let again = await rig.gateway.answer(GatewayRig.call(more: #","stream":true"#))
            #expect(again.isCached)
            #expect(try await again.text() == String(decoding: pieces.joined(), as: UTF8.self))
            #expect(rig.provider.seen.count == 1)
            #expect(try await rig.entries().map(\.status) == [.settled, .cached])
        }
    }

    @Test("A flight that was ended twice does not end the next of its key")
    func flights() async {
        let flights = SingleFlight()
        let first = flights.begin("k")
        #expect(first != nil && flights.begin("k") == nil)
        if let first { flights.end(first) }
        let second = flights.begin("k")
        #expect(second != nil)
        if let first { flights.end(first) }
        #expect(flights.begin("k") == nil)
        if let second { flights.end(second) }
        #expect(await flights.landing(of: "k") == nil)
    }

    @Test("What a dead process left open is settled at its bound, what a living one holds is not, nor what another machine's may hold")
    func abandoned() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.message())) { rig in
            _ = await rig.gateway.answer(GatewayRig.call())
            var entry = try #require(try await rig.entries().first)
            let own = entry.owner
            let fields = own.split(separator: ":")
            let dead = (["999999999", "1"] + fields[2...]).joined(separator: ":")
            let elsewhere = (fields[..<2] + ["11111111-2222-3333-4444-555555555555", "1"]).joined(separator: ":")
            for (id, owner) in [("call_dead/1", dead), ("call_mine/1", own), ("call_theirs/1", elsewhere)] {
                entry.id = id
                entry.owner = owner
                entry.status = .reserved
                entry.cost = .zero
                entry.usage = Usage()
                entry.messageID = nil
                entry.settledAt = nil
                #expect(try await rig.store.reserve(entry, against: []) == .granted)
            }
            #expect(try await rig.gateway.settleAbandoned() == 1)
            let open = try await rig.store.openReservations().map(\.id)
            #expect(open.sorted() == ["call_mine/1", "call_theirs/1"])
            let settled = try await rig.entries().first { $0.id == "call_dead/1" }
            #expect(settled?.status == .estimated && settled?.cost == settled?.bound)
            rig.clock.advance(3 * 3600)
            #expect(try await rig.gateway.settleAbandoned() == 2)
        }
    }

    @Test("Models that fail again and again rest, and are probed")
    func breaker() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.error(500)), edit: { $0.attempts = 1 }) { rig in
            for turn in 0..<12 {
                var call = GatewayRig.call("turn \(turn)")
                call.attemptsPerModel = 2
                let status = await rig.gateway.answer(call).status
                #expect(status == (turn < 10 ? 500 : 503))
            }
            #expect(rig.provider.seen.count == 10)
            let resting = try #require(rig.gateway.restingModels.first)
            #expect(resting.name == "anthropic/claude-haiku-4-5" && resting.until.map { $0 > rig.clock.now() } == true)
            #expect(resting.cause.contains("500"))
            rig.clock.advance(10)
            #expect(await rig.gateway.answer(GatewayRig.call("later")).status == 500)
            rig.provider.answer(with: ScriptedProvider.message())
            rig.clock.advance(60)
            #expect(await rig.gateway.answer(GatewayRig.call("well again")).status == 200)
            #expect(rig.gateway.restingModels.isEmpty)
        }
    }

    /// Looks at what is held while a provider is being asked.
    private final class Peek: Sendable {
        let store = Mutex<(any LedgerStore)?>(nil)
        let seen = Mutex<[LedgerEntry]>([])

        func look() async {
            guard let store = store.withLock({ $0 }), let open = try? await store.openReservations() else { return }
            seen.withLock { $0 = open }
        }
    }
}

@Suite("Upper bounds") struct PromptBoundTests {
    private func bound(_ body: String, shape: WireShape = .messages) async throws -> Money {
        var bound = Money.zero
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.message())) { rig in
            _ = await rig.gateway.answer(ModelCall(shape: shape, body: Array(body.utf8), purpose: CallPurpose(operation: "t")))
            bound = try #require(try await rig.entries().first).bound
        }
        return bound
    }

    @Test("Text is bounded by its bytes, a picture by the most that providers count, a document by the context")
    func parts() async throws {
        func request(_ content: String) -> String {
            #"{"model":"claude-haiku-4-5","max_tokens":1,"messages":[{"role":"user","content":[\#(content)]}]}"#
        }
        let text = try await bound(request(#"{"type":"text","text":"hello"}"#))
        let picture = try await bound(request(#"{"type":"image","source":{"type":"url","url":"https://a.example/b.png"}}"#))
        let document = try await bound(request(#"{"type":"document","source":{"type":"url","url":"https://a.example/b.pdf"}}"#))
        #expect(text < picture && picture < document)
        #expect(picture.picodollars - text.picodollars >= 5000 * 1_000_000)
        #expect(document.picodollars >= 1_000_000 * 1_000_000)
    }

    @Test("A tool that the provider runs multiplies the bound by its rounds; the caller's own does not")
    func tools() async throws {
        func request(_ tool: String) -> String {
            #"{"model":"claude-haiku-4-5","max_tokens":10,"tools":[\#(tool)],"messages":[{"role":"user","content":"hello"}]}"#
        }
        let own = try await bound(request(#"{"name":"f","input_schema":{"type":"object"}}"#))
        let search = try await bound(request(#"{"type":"web_search_20250305","name":"web_search","max_uses":2}"#))
        #expect(own.picodollars < 10_000 * 1_000_000)
        // Three rounds over the largest context at a dollar per million, and two searches at a cent.
        #expect(search.picodollars >= 3_000_000 * 1_000_000 + 2 * 10_000_000_000)
    }
}
