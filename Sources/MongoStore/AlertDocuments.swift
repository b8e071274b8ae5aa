import FoundationEssentials
import Stores
import WireCore

/// `alerts`, each with its deliveries.
extension MongoAccess {
    /// False when there is one of that id.
    func raiseAlert(id: String, subject: String?, message: String, at instant: Date) throws -> Bool {
        guard try !exists(.alerts, ["_id": .text(id)]) else { return false }
        var document: BSONDocument = [
            "_id": .text(id), "number": .int(try draw("alerts", 1)?.lowerBound ?? 0), "message": .text(message), "at": BSON(instant),
            "deliveries": [],
        ]
        if let subject { document["subject"] = .text(subject) }
        try insert(.alerts, [document])
        return true
    }

    /// Nil while the last alert about the same subject is younger than `cooldown`, or is later than `instant`.
    func raiseAlert(subject: String, message: String, at instant: Date, cooldown: Duration) throws -> RaisedAlert? {
        // Hosts that look at the same subject at once meet here: one of them looks again.
        _ = try next("alert " + subject)
        let at = instant.milliseconds
        let last = try first(.alerts, ["subject": .text(subject)], sort: ["at": -1], only: ["at"])?.int64("at")
        if let last, at < last + Int64(cooldown.milliseconds) { return nil }
        let alert = RaisedAlert(id: subject + "@" + Self.name(of: at), message: message, at: Date(milliseconds: at))
        return try raiseAlert(id: alert.id, subject: subject, message: message, at: alert.at) ? alert : nil
    }

    func noteDelivery(alert id: String, channel: String, at instant: Date) throws {
        guard try exists(.alerts, ["_id": .text(id)]) else {
            throw DeskError(.store, "there is no alert “\(SafeText.line(id, limit: 80))” that could have been delivered")
        }
        let delivery: BSON = ["channel": .text(channel), "at": BSON(instant)]
        try update(.alerts, ["_id": .text(id), "deliveries.channel": ["$ne": .text(channel)]], ["$push": ["deliveries": delivery]])
    }

    func raisedAlerts(limit: Int) throws -> [RaisedAlert] {
        try find(.alerts, sort: ["at": -1, "number": -1], limit: max(0, limit)).map { document in
            let deliveries = try document.documents("deliveries").map { (at: try $0.int64("at"), channel: try $0.text("channel")) }
            return RaisedAlert(
                id: try document.text("_id"), message: try document.text("message"), at: try document.date("at"),
                deliveredTo: deliveries.sorted { ($0.at, $0.channel) < ($1.at, $1.channel) }.map(\.channel))
        }
    }

    /// "2026-11-24T08:00:00.250Z"; whole seconds without a fraction.
    private static func name(of milliseconds: Int64) -> String {
        let text = UTCTime.text(Date(milliseconds: milliseconds))
        let fraction = (milliseconds % 1000 + 1000) % 1000
        return fraction == 0 ? text : text.dropLast() + "." + String(1000 + fraction).dropFirst() + "Z"
    }
}
