public import Fetch
public import FoundationEssentials
public import Logging
public import Stores
public import WireCore

/// Sends alerts and briefings to people: posts them as JSON, `{"id", "message", "at"}` and for a briefing its text, and by e-mail. Each channel
/// gets three tries, a minute apart; what was delivered is noted in the store, what was not goes to the log.
public actor Delivery {
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

    private var channels: [Channel]
    private let exchanger: any Exchanging
    private let store: any LedgerStore
    private let clock: any DeskClock
    private let logger: Logger
    private static let tries = 3
    /// Notices under way, by id.
    private var underWay: Set<String> = []
    private let errands = Errands()
    /// So many at a time; what comes beyond is not sent, and said so in the log: a flood of alerts helps nobody.
    private static let most = 32

    public init(channels: [Channel], exchanger: any Exchanging, store: any LedgerStore, clock: any DeskClock, logger: Logger) {
        self.channels = channels
        self.exchanger = exchanger
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// Other ways from now on; what is under way goes the old ones.
    public func adopt(_ channels: [Channel]) { self.channels = channels }

    /// Delivers a notice over every channel, in the background. Does nothing when there is no channel, or it is under way already.
    public func begin(_ notice: Notice) {
        guard !channels.isEmpty, !underWay.contains(notice.id) else { return }
        guard underWay.count < Self.most else {
            return logger.error("too many alerts at once: this one is not sent", metadata: ["alert": "\(notice.id)"])
        }
        underWay.insert(notice.id)
        // No job waits a minute for a mail server; `finish` does.
        errands.begin {
            await self.deliver(notice)
            await self.end(notice)
        }
    }

    private func end(_ notice: Notice) { underWay.remove(notice.id) }

    /// Waits for what is under way, and calls off what has not ended in time.
    public func finish(within time: Duration = .seconds(3)) async { await errands.finish(within: time) }

    /// Alerts raised since an instant that did not reach every channel, because a process ended before they could; oldest first.
    public func undelivered(since instant: Date) async throws -> [RaisedAlert] {
        guard !channels.isEmpty else { return [] }
        return try await store.raisedAlerts(limit: 50).filter { $0.at >= instant && $0.deliveredTo.count < channels.count }.reversed()
    }

    /// Delivers a notice over every channel that it has not reached yet.
    public func deliver(_ notice: Notice) async {
        // A briefing has no alert of its own yet.
        _ = try? await store.raiseAlert(id: notice.id, message: notice.message, at: clock.now())
        let reached = Set((try? await store.raisedAlerts(limit: 200))?.first { $0.id == notice.id }?.deliveredTo ?? [])
        await withTaskGroup { group in
            for channel in channels where !reached.contains(channel.name) { group.addTask { await self.deliver(notice, over: channel) } }
        }
    }

    private nonisolated func deliver(_ alert: Notice, over channel: Channel) async {
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
            "an alert could not be delivered",
            metadata: ["alert": "\(alert.id)", "channel": "\(channel.name)", "error": "\(SafeText.line(reason, limit: 200))"])
    }

    private nonisolated func send(_ alert: Notice, over channel: Channel) async throws(FetchFailure) {
        let now = clock.now()
        switch channel {
        case .webhook(let url):
            let request = ExchangeRequest(
                url: url, headers: [HTTPHeader(name: "content-type", value: "application/json")], body: alert.json(at: UTCTime.text(now)),
                deadline: .now + .seconds(20))
            let answer = try await exchanger.exchange(request)
            guard (200..<300).contains(answer.status) else {
                throw FetchFailure(outcome: .http, message: "the webhook answers with status \(answer.status)")
            }
        case .mail(let server, let from, let to):
            let letter = Letter(
                from: from, to: to, subject: "wiredesk: \(alert.message.prefix(200))", text: alert.letter)
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
