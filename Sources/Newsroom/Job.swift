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

    /// Jobs whose work this one builds on: where several are due at the same time, it waits for those.
    public var predecessors: Set<Job> {
        switch self {
        case .enrich, .consolidate, .watch, .cleanup: []
        case .narratives: [.enrich]
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
