import Fetch
import Foundation
import Host
import Resilience
import SQLiteStore
import SourcePlugins
import Stores
import TestSupport
import Testing
import WireCore

private let path = "/api/v3/simple/price"

@Suite("A poll for prices") struct PricePollTests {
    private func source(_ rig: PollRig, coins: [String] = ["bitcoin", "ethereum"], key: String = "KEY") throws -> SourceConfiguration {
        try rig.source("prices", path: "", kind: .price(.init(coins: coins), key: .environment(key)))
    }

    private func poll(_ rig: PollRig, _ source: SourceConfiguration) async throws -> PollReport {
        try await rig.poller.poll(source, in: Registry(sources: [source]))
    }

    @Test("Prices that were read are stored with their instants, and the poll is well")
    func stored() async throws {
        let rig = try PollRig(environment: ["KEY": "k3y"])
        rig.server.respond(
            path, body: #"{"bitcoin":{"usd":67187.33,"last_updated_at":1711356300},"ethereum":{"usd":3.5e3,"last_updated_at":1711356299}}"#)
        let source = try source(rig)
        let report = try await poll(rig, source)
        #expect(report.record.outcome == .ok)
        #expect(report.record.message == "2 prices read from a price API")
        #expect(report.isHealthy && report.state.breaker.state == .closed && report.state.lastSuccessAt != nil)
        let wanted = [
            PricePoint(coin: "bitcoin", price: 67_187.33, at: Date(timeIntervalSince1970: 1_711_356_300), source: source.id),
            PricePoint(coin: "ethereum", price: 3500, at: Date(timeIntervalSince1970: 1_711_356_299), source: source.id),
        ]
        #expect(try await rig.store.latestPrices() == wanted)
        // Once more: the same instants change nothing.
        #expect(try await poll(rig, source).record.outcome == .ok)
        #expect(try await rig.store.prices(of: "bitcoin", since: .distantPast) == [wanted[0]])
        let request = try #require(rig.server.requests(to: path).first)
        #expect(request.headers["x-cg-demo-api-key"] == "k3y")
        #expect(request.path == path + "?ids=bitcoin,ethereum&vs_currencies=usd&include_last_updated_at=true")
        try await rig.close()
    }

    @Test("Without its key the API is asked all the same")
    func keyless() async throws {
        let rig = try PollRig()
        rig.server.respond(path, body: #"{"bitcoin":{"usd":1},"ethereum":{"usd":2}}"#)
        #expect(try await poll(rig, try source(rig)).record.outcome == .ok)
        #expect(rig.server.requests(to: path).first?.headers["x-cg-demo-api-key"] == nil)
        try await rig.close()
    }

    @Test(
        "What cannot be a price is named and not stored; the others are",
        arguments: [
            (#"{"bitcoin":{"usd":1}}"#, "no price of ethereum"),
            (#"{"bitcoin":{"usd":1},"ethereum":{}}"#, "no price of ethereum"),
            (#"{"bitcoin":{"usd":1},"ethereum":{"usd":null}}"#, "no price of ethereum"),
            (#"{"bitcoin":{"usd":1},"ethereum":7}"#, "no price of ethereum"),
            (#"{"bitcoin":{"usd":1},"ethereum":{"usd":0}}"#, "not credible: ethereum (0)"),
            (#"{"bitcoin":{"usd":1},"ethereum":{"usd":-3}}"#, "not credible: ethereum (-3)"),
            (#"{"bitcoin":{"usd":1},"ethereum":{"usd":1e999}}"#, "not credible: ethereum (1e999)"),
            (#"{"bitcoin":{"usd":1},"ethereum":{"usd":2e9}}"#, "not credible: ethereum (2e9)"),
            (#"{"bitcoin":{"usd":1},"ethereum":{"usd":"12\n"}}"#, "not credible: ethereum (\"12\\n\")"),
            (#"{"bitcoin":{"usd":1},"Ethereum":{"usd":2}}"#, "no price of ethereum"),
        ])
    func refused(_ body: String, _ remark: String) async throws {
        let rig = try PollRig()
        rig.server.respond(path, body: body)
        let report = try await poll(rig, try source(rig))
        #expect(report.record.outcome == .ok)
        #expect(report.record.message == "1 price read from a price API; " + remark)
        #expect(try await rig.store.latestPrices().map(\.coin) == ["bitcoin"])
        try await rig.close()
    }

    @Test(
        "What brings no price at all has its outcome, says why, and counts for the breaker",
        arguments: [
            ("{}", 200, Outcome.schema, "no price of bitcoin, ethereum; the answer is empty"),
            (#"{"bitcoin":{"usd":0}}"#, 200, .schema, "no price of ethereum; not credible: bitcoin (0); its keys are: bitcoin"),
            ("[]", 200, .schema, "an object of coins was due"), ("", 200, .parse, "an empty body"), (#"{"bitcoin":"#, 200, .parse, "no valid JSON"),
            ("<!DOCTYPE html><html><title>Coins</title></html>", 200, .wrongKind, "an HTML page “Coins” where JSON was due"),
            (
                #"{"status":{"error_code":429,"error_message":"You've exceeded the Rate Limit."}}"#, 200, .rateLimited,
                "You've exceeded the Rate Limit. (code 429)"
            ),
            (#"{"status":{"error_code":"429"}}"#, 200, .schema, "the API reports"),
            (#"{"status":{"timestamp":"x","error_code":10002,"error_message":"API Key Missing"}}"#, 200, .auth, "API Key Missing (code 10002)"),
            (#"{"error_code":10010,"status":{"error_message":"x"}}"#, 200, .auth, "(code 10010)"),
            (#"{"error":"Too many requests"}"#, 200, .rateLimited, "Too many requests"), (#"{"error":"no"}"#, 200, .schema, "the API reports: no"),
            ("slow down", 429, .rateLimited, "status 429"), ("no", 401, .auth, "status 401"),
            (String(repeating: "[", count: 100_000), 200, .ceiling, "no valid JSON"),
        ])
    func faults(_ body: String, _ status: Int, _ outcome: Outcome, _ words: String) async throws {
        let rig = try PollRig()
        rig.server.respond(path, status, body: body)
        let report = try await poll(rig, try source(rig))
        #expect(report.record.outcome == outcome)
        #expect(report.record.message.contains(words), "\(report.record.message)")
        #expect(rig.server.requests(to: path).count == 1)
        #expect(report.state.breaker.state == .open || report.state.breaker.consecutiveFailures == 1)
        #expect(try await rig.store.latestPrices().isEmpty)
        try await rig.close()
    }

    @Test("Coins named like an envelope's members are coins all the same")
    func awkwardNames() async throws {
        let rig = try PollRig()
        rig.server.respond(path, body: #"{"status":{"usd":0.02},"error":{"usd":1},"bitcoin":{"usd":2}}"#)
        let report = try await poll(rig, try source(rig, coins: ["status", "error", "bitcoin", "bitcoin"]))
        #expect(report.record.message == "3 prices read from a price API")
        try await rig.close()
    }

    @Test(
        "A price without a credible instant is of the poll's time",
        arguments: ["", ",\"last_updated_at\":0", ",\"last_updated_at\":-5", ",\"last_updated_at\":99999999999", ",\"last_updated_at\":\"now\""])
    func instants(_ more: String) async throws {
        let rig = try PollRig()
        rig.server.respond(path, body: "{\"bitcoin\":{\"usd\":1\(more)}}")
        let report = try await poll(rig, try source(rig, coins: ["bitcoin"]))
        let at = try #require(try await rig.store.latestPrices().first).at
        #expect(abs(at.timeIntervalSince(report.record.startedAt)) < 0.002)
        try await rig.close()
    }

    @Test("Not modified is a success without prices")
    func conditional() async throws {
        let rig = try PollRig()
        rig.server.on(path) { connection in
            if connection.request.headers["if-none-match"] == "\"1\"" { return connection.answer(304) }
            connection.answer(200, ["ETag: \"1\""], Array(#"{"bitcoin":{"usd":1}}"#.utf8))
        }
        let source = try source(rig, coins: ["bitcoin"])
        #expect(try await poll(rig, source).record.outcome == .ok)
        #expect(try await poll(rig, source).record.outcome == .notModified)
        try await rig.close()
    }

    @Test("A key that the API sends back reaches no message")
    func secret() async throws {
        let rig = try PollRig(environment: ["KEY": "s3cr3t/k3y+DO=NOT-LEAK"])
        rig.server.respond(path, body: #"{"error":"no such API key: s3cr3t\/k3y+DO=NOT-LEAK"}"#)
        let report = try await poll(rig, try source(rig))
        #expect(report.record.outcome == .auth)
        #expect(!"\(report)".contains("NOT-LEAK"))
        try await rig.close()
    }

    @Test("A diagnosis tells what it read, and stores nothing")
    func diagnosis() async throws {
        let rig = try PollRig()
        rig.server.respond(path, body: #"{"bitcoin":{"usd":1}}"#)
        let diagnostician = Diagnostician(fetcher: rig.fetcher, store: rig.store, clock: SystemClock(), environment: [:])
        let stages = try await diagnostician.diagnose(try source(rig)).stages
        #expect(stages.first { $0.name == "items" }?.detail == "1 price; no price of ethereum")
        #expect(stages.allSatisfy { $0.ok == true })
        #expect(try await rig.store.latestPrices().isEmpty)
        try await rig.close()
    }
}

@Suite("Kind price in the registry") struct PriceEntryTests {
    private func read(_ more: String) throws -> SourceConfiguration {
        let text = #"{"version":1,"sources":[{"id":"prices","kind":"price"\#(more)}]}"#
        return try #require(try RegistryReader.read(Array(text.utf8), file: "x").sources.first)
    }

    @Test("An entry says coins, and perhaps address and key")
    func entry() throws {
        let plain = try read(#","config":{"coins":["bitcoin"]}"#)
        #expect(plain.kind == .price(.init(coins: ["bitcoin"]), key: .environment("COINGECKO_API_KEY")))
        #expect(plain.url == "https://api.coingecko.com")
        let full = try read(#","url":"https://p.example/","interval":"5m","config":{"coins":["a-1","b_2.c"],"key":{"env":"OWN"}}"#)
        #expect(full.kind == .price(.init(coins: ["a-1", "b_2.c"]), key: .environment("OWN")))
        #expect(full.secrets(environment: ["OWN": "s3cr3t-k3y"]).isEmpty == false)
    }

    @Test(
        "A mistake in it is named",
        arguments: [
            ("", "needs a \"config\" with \"coins\""), (#","config":{}"#, "names 0 coins, but must name 1 to 100"),
            (#","config":{"coins":[]}"#, "names 0 coins"), (#","config":{"coins":"bitcoin"}"#, "must be a list"),
            (#","config":{"coins":["bit coin"]}"#, "the API's id of a coin"), (#","config":{"coins":["a,b"]}"#, "the API's id of a coin"),
            (#","config":{"coins":["a&x=1"]}"#, "the API's id of a coin"),
            (#","config":{"coin":["bitcoin"]}"#, "did you mean \"coins\"?"),
            (#","config":{"coins":["a"],"key":"secret"}"#, "must be {\"env\":\"NAME\"}"),
        ])
    func mistakes(_ more: String, _ message: String) throws {
        let refusal = #expect(throws: RegistryRefusal.self) { try read(more) }
        let messages = refusal?.problems.map(\.message) ?? []
        #expect(messages.contains { $0.contains(message) }, "\(messages)")
    }

    @Test("Keys of paid plans go in their own field, and an address that is whole is left so")
    func addresses() {
        let context = PollContext(now: Date(timeIntervalSince1970: 1_795_000_000), state: nil, ceilings: Ceilings())
        for (url, field, start) in [
            ("https://pro-api.coingecko.com/", "x-cg-pro-api-key", "https://pro-api.coingecko.com/api/v3/simple/price?ids=a&"),
            ("https://p.example/v9/simple/price", "x-cg-demo-api-key", "https://p.example/v9/simple/price?ids=a&"),
        ] {
            let request = PriceAdapter(url: url, configuration: .init(coins: ["a"]), key: "k").firstRequest(context)
            #expect(request.headers.map(\.name) == [field])
            #expect(request.url.hasPrefix(start))
        }
    }
}
