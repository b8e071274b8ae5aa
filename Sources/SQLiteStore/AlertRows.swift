import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `alerts` and `alert_deliveries`.
extension Database {
    func raiseAlert(id: String, message: String, at instant: Date) throws -> Bool {
        try run("INSERT INTO alerts (id, message, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", .text(id), .text(message), SQLValue(instant))
        return changesCount == 1
    }

    /// Nil while the last alert about the same subject is younger than `cooldown`, or is later than `instant`.
    func raiseAlert(subject: String, message: String, at instant: Date, cooldown: Duration) throws -> RaisedAlert? {
        let at = instant.milliseconds
        let last = try first("SELECT max(at) FROM alerts WHERE subject = ?", .text(subject)) { $0.optionalInt64(0) } ?? nil
        if let last, at < last + Int64(cooldown.milliseconds) { return nil }
        let alert = RaisedAlert(id: subject + "@" + Self.name(of: at), message: message, at: Date(milliseconds: at))
        let sql = "INSERT INTO alerts (id, subject, message, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
        try run(sql, .text(alert.id), .text(subject), .text(message), .integer(at))
        return changesCount == 1 ? alert : nil
    }

    /// "2026-11-24T08:00:00.250Z"; whole seconds without a fraction.
    private static func name(of milliseconds: Int64) -> String {
        let text = UTCTime.text(Date(milliseconds: milliseconds))
        let fraction = (milliseconds % 1000 + 1000) % 1000
        return fraction == 0 ? text : text.dropLast() + "." + String(1000 + fraction).dropFirst() + "Z"
    }

    func noteDelivery(alert id: String, channel: String, at instant: Date) throws {
        guard try first("SELECT 1 FROM alerts WHERE id = ?", .text(id), make: { _ in true }) != nil else {
            throw DeskError(.store, "there is no alert \"\(SafeText.line(id, limit: 80))\" that could have been delivered")
        }
        try run(
            "INSERT INTO alert_deliveries (alert, channel, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", .text(id), .text(channel),
            SQLValue(instant))
    }

    func raisedAlerts(limit: Int) throws -> [RaisedAlert] {
        let sql = "SELECT id, message, at FROM alerts ORDER BY at DESC, number DESC LIMIT ?"
        let alerts = try rows(sql, [SQLValue(max(0, limit))]) { RaisedAlert(id: $0.text(0), message: $0.text(1), at: $0.date(2)) }
        return try alerts.map { alert in
            var alert = alert
            let channels = "SELECT channel FROM alert_deliveries WHERE alert = ? ORDER BY at, channel"
            alert.deliveredTo = try rows(channels, [.text(alert.id)]) { $0.text(0) }
            return alert
        }
    }
}
