import Costs
import Fetch
import Foundation
import LLM
import Logging
import Newsroom
import SQLiteStore
import Stores
import Synchronization
import TestSupport
import Testing
import WireCore

/// A model that says what the test makes of a question, call after call; the last answer stays. Its usage is the bytes of question and answer
/// divided by four.
final class StubModel: Exchanging {
    /// From the request's whole text to what the model says; nil: the provider fails with this status.
    enum Say: Sendable {
        case text(String)
        case made(@Sendable (String) -> String)
        case cutOff(String)
        case status(Int)
    }

    private let state: Mutex<(script: [Say], seen: [String])>

    init(_ script: Say...) { state = Mutex((script, [])) }

    /// The requests as they came.
    var seen: [String] { state.withLock { $0.seen } }

    func exchange(_ request: ExchangeRequest) async throws(FetchFailure) -> ExchangeAnswer {
        let asked = String(decoding: request.body, as: UTF8.self)
        let say = state.withLock { state -> Say in
            state.seen.append(asked)
            return state.script.count > 1 ? state.script.removeFirst() : state.script.first ?? .status(500)
        }
        switch say {
        case .text(let text): return Self.answer(text, to: asked)
        case .made(let make): return Self.answer(make(asked), to: asked)
        case .cutOff(let text): return Self.answer(text, to: asked, stop: "max_tokens")
        case .status(let status):
            let body = #"{"type":"error","error":{"type":"api_error","message":"scripted trouble"}}"#
            return ExchangeAnswer(status: status, headers: [], body: ExchangeBody(pieces: [Array(body.utf8)]))
        }
    }

    private static func answer(_ text: String, to asked: String, stop: String = "end_turn") -> ExchangeAnswer {
        var json = JSONWriter()
        json.object { root in
            root.member("id", "msg_1")
            root.member("type", "message")
            root.member("role", "assistant")
            // As a provider does: an answer of another model would be booked at its bound.
            root.member("model", (try? JSONReader.read(Array(asked.utf8), maximumDepth: 64))?["model"]?.string ?? "")
            root.key("content")
            root.array { list in
                list.object {
                    $0.member("type", "text")
                    $0.member("text", text)
                }
            }
            root.member("stop_reason", stop)
            root.key("usage")
            root.object {
                $0.member("input_tokens", asked.utf8.count / 4)
                $0.member("output_tokens", text.utf8.count / 4)
            }
        }
        return ExchangeAnswer(status: 200, headers: [], body: ExchangeBody(pieces: [json.bytes]))
    }
}

/// A newsroom over a real store, with a scripted model behind the real gateway.
struct DeskRig {
    let store: SQLiteStore
    let models: ModelDesk
    let gateway: Gateway
    let clock: HandClock
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func with(
        _ model: StubModel?, at instant: String = "2026-11-24T12:00:00Z", budget: Money? = nil, _ body: (DeskRig) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "wiredesk-newsroom-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStore(path: folder + "/desk.db")
        let clock = HandClock(instant)
        var configuration = GatewayConfiguration()
        configuration.patience = .milliseconds(100)
        configuration.plan.desk.daily = budget
        let anthropic = Provider(
            name: "anthropic", shape: .messages, url: "https://provider.example/v1/messages", headers: [],
            problem: model == nil ? "ANTHROPIC_API_KEY is not set" : nil, exchanger: model ?? StubModel())
        let gateway = Gateway(
            prices: try PriceTableReader.read(PriceTable.shipped, file: "Prices.json"), providers: [anthropic], store: store,
            configuration: configuration, clock: clock, logger: logger)
        try await body(DeskRig(store: store, models: ModelDesk(gateway: gateway), gateway: gateway, clock: clock))
        #expect(try await store.reconcileLedger() == [])
        try await store.close()
    }

    /// Files articles as a poll of a source would. Returns their numbers.
    @discardableResult
    func file(_ titles: [String], source: String = "coindesk", body: String = "", age: Double = 60) async throws -> [Int64] {
        let id = try #require(SourceID(source))
        let now = clock.now()
        let items = titles.map { title in
            Item(
                id: title, title: title, url: "https://\(source).example/\(abs(title.hashValue))", publishedAt: now.addingTimeInterval(-age),
                summary: body.isEmpty ? title + "." : body)
        }
        let state = try await store.sourceState(of: id) ?? SourceState(source: id)
        let result = try await store.file(
            PollFiling(
                drafts: ArticleDraft.drafts(of: items), state: state, record: PollRecord(source: id, startedAt: now, outcome: .ok),
                newItemsPerDay: 10_000,
                bytesStoredPerDay: .mebibytes(100)))
        return result.newArticles
    }

    func enricher(_ edit: (inout EnrichmentSettings) -> Void = { _ in }) -> Enricher {
        var settings = EnrichmentSettings()
        settings.models = ["claude-haiku-4-5"]
        settings.patience = .zero
        edit(&settings)
        return Enricher(store: store, models: models, settings: settings, clock: clock, logger: Self.logger)
    }

    func briefings(_ edit: (inout BriefingSettings) -> Void = { _ in }) -> BriefingDesk {
        var settings = BriefingSettings()
        settings.models = ["claude-sonnet-4-5"]
        settings.reviewModels = ["claude-haiku-4-5"]
        edit(&settings)
        return BriefingDesk(store: store, models: models, settings: settings, clock: clock, logger: Self.logger)
    }

    func entries() async throws -> [LedgerEntry] { try await store.entries(LedgerQuery(limit: 1000)) }

    func enriched() async throws -> [EnrichedArticle] { try await store.enrichedArticles(EnrichedQuery(limit: 1000)) }
}
