import Costs
import Fetch
import Foundation
import LLM
import Logging
import SQLiteStore
import Stores
import Synchronization
import TestSupport
import Testing
import WireCore

/// A provider that answers what the test says, call after call; the last answer stays.
final class ScriptedProvider: Exchanging {
    typealias Answer = @Sendable (ExchangeRequest) async throws(FetchFailure) -> ExchangeAnswer
    private let state: Mutex<(answers: [Answer], seen: [ExchangeRequest])>

    init(_ answers: Answer...) { state = Mutex((answers, [])) }

    var seen: [ExchangeRequest] { state.withLock { $0.seen } }

    /// From now on.
    func answer(with answer: @escaping Answer) { state.withLock { $0.answers = [answer] } }

    func exchange(_ request: ExchangeRequest) async throws(FetchFailure) -> ExchangeAnswer {
        let answer = state.withLock { state -> Answer? in
            state.seen.append(request)
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers.first
        }
        guard let answer else { throw FetchFailure(outcome: .network, message: "nothing is scripted", mayHaveBeenReceived: false) }
        return try await answer(request)
    }

    static func whole(_ status: Int = 200, _ body: String, _ headers: [HTTPHeader] = []) -> Answer {
        { _ in ExchangeAnswer(status: status, headers: headers, body: ExchangeBody(pieces: [Array(body.utf8)])) }
    }

    /// Does something first.
    static func after(_ first: @escaping @Sendable () async -> Void, _ answer: @escaping Answer) -> Answer {
        { request in
            await first()
            return try await answer(request)
        }
    }

    /// No answer comes.
    static func failing(received: Bool, isCancelled: Bool = false) -> Answer {
        @Sendable func fail(_: ExchangeRequest) async throws(FetchFailure) -> ExchangeAnswer {
            throw FetchFailure(outcome: .network, message: "no answer", isCancelled: isCancelled, mayHaveBeenReceived: received)
        }
        return fail
    }

    /// A good answer that used so many tokens.
    static func message(_ id: String = "msg_1", input: Int = 10, output: Int = 5, text: String = "Hello") -> Answer {
        whole(
            200,
            """
            {"id":"\(id)","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"\(text)"}],"stop_reason":"end_turn",\
            "usage":{"input_tokens":\(input),"output_tokens":\(output)}}
            """)
    }

    static func error(_ status: Int, _ more: String = "", _ headers: [HTTPHeader] = []) -> Answer {
        whole(status, #"{"type":"error","error":{"type":"x","message":"no"\#(more)}}"#, headers)
    }
}

/// A gateway over a real store, with a scripted provider.
struct GatewayRig {
    let gateway: Gateway
    let store: SQLiteStore
    let provider: ScriptedProvider
    let clock: HandClock
    let alerts: AlertList

    final class AlertList: Sendable {
        private let list = Mutex<[BudgetAlert]>([])
        func add(_ alert: BudgetAlert) { list.withLock { $0.append(alert) } }
        var ids: [String] { list.withLock { $0.map(\.id) } }
    }

    static func with(
        _ provider: ScriptedProvider, key: String = "provider-key", isClosedAfterwards: Bool = true,
        edit: (inout GatewayConfiguration) -> Void = { _ in },
        _ body: (GatewayRig) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "wiredesk-gateway-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try SQLiteStore(path: folder + "/desk.db")
        var configuration = GatewayConfiguration()
        configuration.patience = .milliseconds(300)
        edit(&configuration)
        let clock = HandClock("2026-11-24T12:00:00Z")
        let alerts = AlertList()
        let gateway = Gateway(
            prices: try PriceTableReader.read(PriceTable.shipped, file: "Prices.json"),
            providers: [
                Provider(
                    name: "anthropic", shape: .messages, url: "https://provider.example/v1/messages",
                    headers: [HTTPHeader(name: "x-api-key", value: key)], exchanger: provider),
                Provider(
                    name: "openai", shape: .chat, url: "https://other.example/v1/chat/completions",
                    headers: [HTTPHeader(name: "authorization", value: "Bearer other-provider-key")], exchanger: provider),
                Provider(name: "extractive", shape: .messages, url: "extractive:", headers: [], exchanger: ExtractiveModel()),
            ], store: store, configuration: configuration, clock: clock, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onAlert: { alerts.add($0) })
        try await body(GatewayRig(gateway: gateway, store: store, provider: provider, clock: clock, alerts: alerts))
        guard isClosedAfterwards else { return }
        #expect(try await store.reconcileLedger() == [])
        try await store.close()
    }

    /// A request for a short answer.
    static func call(_ text: String = "hello", model: String = "claude-haiku-4-5", maxTokens: Int = 100, key: String? = nil, more: String = "")
        -> ModelCall
    {
        let body = #"{"model":"\#(model)","max_tokens":\#(maxTokens),"messages":[{"role":"user","content":"\#(text)"}]\#(more)}"#
        return ModelCall(shape: .messages, body: Array(body.utf8), purpose: CallPurpose(operation: "test", key: key))
    }

    func entries() async throws -> [LedgerEntry] { try await store.entries(LedgerQuery(limit: 1000)) }
}

extension ModelAnswer {
    /// The whole body as text; of a stream what it gives until its end.
    func text() async throws -> String {
        switch body {
        case .whole(let bytes): return String(decoding: bytes, as: UTF8.self)
        case .stream(let stream):
            var bytes: [UInt8] = []
            while let piece = try await stream.next() { bytes += piece }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
