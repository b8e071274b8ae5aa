public import Newsroom
public import Stores
import WireCore

/// Something to be sent to people: an alert, or a briefing.
public struct Notice: Sendable, Equatable {
    /// The alert's id in the store, under which deliveries are noted.
    public var id: String
    /// One line.
    public var message: String
    /// The body of a letter.
    public var letter: String
    /// Nil for an alert.
    public var briefing: BriefingText?

    /// A briefing in the forms that a webhook gets.
    public struct BriefingText: Sendable, Equatable {
        public var number: Int64
        public var date: String
        public var slot: String
        public var headline: String
        public var text: String
        public var markdown: String
        public var html: String
    }

    public init(id: String, message: String, letter: String? = nil) {
        self.id = id
        self.message = message
        self.letter = letter ?? "\(message)\n\n\(id)"
    }

    public init(_ alert: RaisedAlert) { self.init(id: alert.id, message: alert.message) }

    /// A briefing's notice: its headline, and the whole text.
    public init(_ briefing: Briefing, _ rendering: BriefingRendering) {
        let text = rendering.text(as: .text)
        self.init(id: "briefing:\(briefing.id)", message: "\(rendering.title): \(briefing.content.headline)", letter: text)
        self.briefing = BriefingText(
            number: briefing.id, date: briefing.date, slot: briefing.slot.rawValue, headline: briefing.content.headline, text: text,
            markdown: rendering.text(as: .markdown), html: rendering.text(as: .html))
    }

    /// What a webhook gets.
    func json(at instant: String) -> [UInt8] {
        var json = JSONWriter()
        json.object { root in
            root.member("id", id)
            root.member("message", message)
            root.member("at", instant)
            guard let briefing else { return }
            root.key("briefing")
            root.object {
                $0.member("id", Int(briefing.number))
                $0.member("date", briefing.date)
                $0.member("slot", briefing.slot)
                $0.member("headline", briefing.headline)
                $0.member("text", briefing.text)
                $0.member("markdown", briefing.markdown)
                $0.member("html", briefing.html)
            }
        }
        return json.bytes
    }
}
