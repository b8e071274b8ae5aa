import Costs
import Foundation
import LLM
import Stores
import Testing
import WireCore

@Suite("The gateway's rules change while it runs") struct RulesInForceTests {
    private static func table(_ price: String) throws -> PriceTable {
        let row = #"{"from":"2025-10-01","input":"\#(price)","output":"5"}"#
        let text = #"{"version":1,"models":[{"provider":"anthropic","id":"claude-haiku-4-5","prices":[\#(row)]}]}"#
        return try PriceTableReader.read(Array(text.utf8), file: "Prices.json")
    }

    /// The configuration in force, with a daily budget.
    private static func budget(_ dollars: String, in gateway: Gateway) -> GatewayConfiguration {
        var configuration = gateway.configuration
        configuration.plan.desk.daily = Money(dollars: dollars)
        return configuration
    }

    @Test("The next call is priced by the new table; one under way is settled by the row that it was bounded by")
    func prices() async throws {
        let gate = AsyncStream<Void>.makeStream()
        let slow = ScriptedProvider.after({ for await _ in gate.stream { break } }, ScriptedProvider.message(input: 1000, output: 0))
        try await GatewayRig.with(ScriptedProvider(slow, ScriptedProvider.message(input: 1000, output: 0))) { rig in
            async let first = rig.gateway.answer(GatewayRig.call("one"))
            while rig.provider.seen.isEmpty { await Task.yield() }
            rig.gateway.adopt(try Self.table("40"))
            gate.continuation.finish()
            #expect(await first.cost == Money(dollars: "0.001"))
            #expect(await rig.gateway.answer(GatewayRig.call("two")).cost == Money(dollars: "0.04"))
        }
    }

    @Test("A budget that is lowered refuses the next call, one that is raised lets it through")
    func budgets() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.message())) { rig in
            #expect(await rig.gateway.answer(GatewayRig.call("one")).status == 200)
            rig.gateway.adopt(Self.budget("0.0001", in: rig.gateway))
            #expect(await rig.gateway.answer(GatewayRig.call("two")).status == 402)
            rig.gateway.adopt(Self.budget("1", in: rig.gateway))
            #expect(await rig.gateway.answer(GatewayRig.call("two")).status == 200)
        }
    }

    @Test("A call that waits for money that others hold goes on when the budget is raised")
    func waiting() async throws {
        let gate = AsyncStream<Void>.makeStream()
        let provider = ScriptedProvider(
            ScriptedProvider.after({ for await _ in gate.stream { break } }, ScriptedProvider.message()), ScriptedProvider.message())
        try await GatewayRig.with(
            provider,
            edit: {
                $0.plan.desk.daily = Money(dollars: "0.01")
                $0.patience = .seconds(30)
            }
        ) { rig in
            async let first = rig.gateway.answer(GatewayRig.call("one", maxTokens: 1000))
            while rig.provider.seen.isEmpty { await Task.yield() }
            let began = ContinuousClock.now
            async let second = rig.gateway.answer(GatewayRig.call("two", maxTokens: 1000))
            rig.gateway.adopt(Self.budget("1", in: rig.gateway))
            #expect(await second.status == 200)
            #expect(began.duration(to: .now) < .seconds(20))
            gate.continuation.finish()
            #expect(await first.status == 200)
        }
    }

    @Test("A cache that is turned off keeps nothing and answers nothing")
    func cache() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.message())) { rig in
            _ = await rig.gateway.answer(GatewayRig.call())
            #expect(await rig.gateway.answer(GatewayRig.call()).isCached)
            var configuration = rig.gateway.configuration
            configuration.keepAnswersFor = .zero
            rig.gateway.adopt(configuration)
            #expect(await !rig.gateway.answer(GatewayRig.call()).isCached)
            #expect(rig.provider.seen.count == 2)
        }
    }

    @Test("A lower alert threshold is raised by the next call")
    func alerts() async throws {
        try await GatewayRig.with(ScriptedProvider(ScriptedProvider.message(input: 1000, output: 200))) { rig in
            _ = await rig.gateway.answer(GatewayRig.call("one"))
            var configuration = rig.gateway.configuration
            configuration.plan.alerts.daily = [Money(picodollars: Money.perDollar / 1000)]
            rig.gateway.adopt(configuration)
            _ = await rig.gateway.answer(GatewayRig.call("two"))
            let deadline = ContinuousClock.now + .seconds(10)
            while !rig.alerts.ids.contains("cost:day:2026-11-24:0.001"), .now < deadline { await Task.yield() }
            #expect(rig.alerts.ids.contains("cost:day:2026-11-24:0.001"), "\(rig.alerts.ids)")
        }
    }
}
