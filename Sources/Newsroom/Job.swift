/// Everything that the desk does by the clock, beside polling. A case without a handler does not compile.
public enum Job: String, Sendable, CaseIterable {
    /// Reads new articles: entities, sentiment, theme.
    case enrich
    /// Sorts them into narratives.
    case narratives
    /// Merges narratives that have become one.
    case consolidate
    /// Looks for what stands out, and raises alerts.
    case watch
    case morningBriefing = "briefing_morning"
    case afternoonBriefing = "briefing_afternoon"
    case eveningBriefing = "briefing_evening"
    /// Lets go of what has aged.
    case cleanup

    /// Jobs that this one does not run beside: it builds on their work, or writes the same narratives. Of several that are due, the first goes
    /// first.
    public var waitsFor: Set<Job> {
        switch self {
        case .enrich, .cleanup: []
        case .narratives: [.enrich, .consolidate, .watch]
        case .consolidate: [.narratives, .watch]
        case .watch: [.narratives, .consolidate]
        case .morningBriefing, .afternoonBriefing, .eveningBriefing: [.enrich, .narratives]
        }
    }

    /// One line for people.
    public var purpose: String {
        switch self {
        case .enrich: "reads new articles: entities, sentiment, theme"
        case .narratives: "sorts articles into narratives"
        case .consolidate: "merges narratives that have become one"
        case .watch: "looks for what stands out, and raises alerts"
        case .morningBriefing: "writes the morning briefing"
        case .afternoonBriefing: "writes the afternoon briefing"
        case .eveningBriefing: "writes the evening briefing"
        case .cleanup: "lets go of what has aged"
        }
    }
}

/// What a job's run came to when it did not fail.
public enum JobResult: Sendable, Equatable {
    /// One line says what was done.
    case done(String)
    case nothingToDo(String)
}
