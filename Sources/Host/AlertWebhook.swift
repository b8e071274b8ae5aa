public import Costs
public import Fetch
import FoundationEssentials
public import Logging
public import Stores
public import WireCore

/// Posts cost alerts as JSON, `{"id", "message", "at"}`; three tries, a minute apart.
public struct AlertWebhook: Sendable {
    private let url: String
    private let exchanger: any Exchanging
    private let store: any LedgerStore
    private let clock: any DeskClock
    private let logger: Logger
    private static let tries = 3

    public init(url: String, exchanger: any Exchanging, store: any LedgerStore, clock: any DeskClock, logger: Logger) {
        self.url = url
        self.exchanger = exchanger
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// Delivers an alert and notes it; a failure goes to the log.
    public func deliver(_ alert: BudgetAlert) async {
        var json = JSONWriter()
        json.object {
            $0.member("id", alert.id)
            $0.member("message", alert.message)
            $0.member("at", UTCTime.text(clock.now()))
        }
        var reason = ""
        for attempt in 1...Self.tries {
            let request = ExchangeRequest(
                url: url, headers: [HTTPHeader(name: "content-type", value: "application/json")], body: json.bytes, deadline: .now + .seconds(20))
            do throws(FetchFailure) {
                let answer = try await exchanger.exchange(request)
                if (200..<300).contains(answer.status) {
                    try? await store.noteDelivery(alert: alert.id, channel: "webhook", at: clock.now())
                    return
                }
                reason = "status \(answer.status)"
            } catch {
                reason = error.message
            }
            guard attempt < Self.tries, (try? await clock.sleep(for: .seconds(60))) != nil else { break }
        }
        logger.error("a cost alert could not be delivered", metadata: ["alert": "\(alert.id)", "error": "\(SafeText.line(reason, limit: 200))"])
    }
}
