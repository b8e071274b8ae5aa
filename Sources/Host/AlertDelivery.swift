public import Costs
public import Fetch
import FoundationEssentials
public import Logging
public import Stores
public import WireCore

/// Tells people of cost alerts: posts them as JSON, `{"id", "message", "at"}`, and sends them by e-mail. Each channel gets three tries, a
/// minute apart; what was delivered is noted in the store, what was not goes to the log.
public struct AlertDelivery: Sendable {
    /// A way to reach people.
    public enum Channel: Sendable {
        case webhook(url: String)
        case mail(server: MailServer, from: String, to: [String])

        var name: String {
            switch self {
            case .webhook: "webhook"
            case .mail: "mail"
            }
        }
    }

    private let channels: [Channel]
    private let exchanger: any Exchanging
    private let store: any LedgerStore
    private let clock: any DeskClock
    private let logger: Logger
    private static let tries = 3

    public init(channels: [Channel], exchanger: any Exchanging, store: any LedgerStore, clock: any DeskClock, logger: Logger) {
        self.channels = channels
        self.exchanger = exchanger
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// Delivers an alert over every channel.
    public func deliver(_ alert: BudgetAlert) async {
        await withTaskGroup { group in
            for channel in channels { group.addTask { await deliver(alert, over: channel) } }
        }
    }

    private func deliver(_ alert: BudgetAlert, over channel: Channel) async {
        var reason = ""
        for attempt in 1...Self.tries {
            do throws(FetchFailure) {
                try await send(alert, over: channel)
                try? await store.noteDelivery(alert: alert.id, channel: channel.name, at: clock.now())
                return
            } catch {
                reason = error.message
            }
            guard attempt < Self.tries, (try? await clock.sleep(for: .seconds(60))) != nil else { break }
        }
        logger.error(
            "a cost alert could not be delivered",
            metadata: ["alert": "\(alert.id)", "channel": "\(channel.name)", "error": "\(SafeText.line(reason, limit: 200))"])
    }

    private func send(_ alert: BudgetAlert, over channel: Channel) async throws(FetchFailure) {
        let now = clock.now()
        switch channel {
        case .webhook(let url):
            var json = JSONWriter()
            json.object {
                $0.member("id", alert.id)
                $0.member("message", alert.message)
                $0.member("at", UTCTime.text(now))
            }
            let request = ExchangeRequest(
                url: url, headers: [HTTPHeader(name: "content-type", value: "application/json")], body: json.bytes, deadline: .now + .seconds(20))
            let answer = try await exchanger.exchange(request)
            guard (200..<300).contains(answer.status) else {
                throw FetchFailure(outcome: .http, message: "the webhook answers with status \(answer.status)")
            }
        case .mail(let server, let from, let to):
            let letter = Letter(
                from: from, to: to, subject: "wiredesk: \(alert.message)",
                text: "\(alert.message)\n\n`wiredesk costs` shows what drives it.\n\(alert.id)")
            try await server.send(letter, date: Self.mailDate(now), id: "\(Int(now.timeIntervalSince1970)).\(UInt32.random(in: 0 ... .max))")
        }
    }

    /// "24 Nov 2026 12:00:00 +0000" (RFC 5322, 3.3).
    static func mailDate(_ date: Date) -> String {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let text = UTCTime.text(date)
        let parts = text.prefix(10).split(separator: "-")
        guard parts.count == 3, let month = Int(parts[1]), (1...12).contains(month) else { return text }
        return "\(parts[2]) \(months[month - 1]) \(parts[0]) \(text.dropFirst(11).prefix(8)) +0000"
    }
}
