/// How requests and answers are written: whose API they follow.
public enum WireShape: String, Sendable, Hashable, CaseIterable {
    /// Anthropic's Messages API.
    case messages
    /// OpenAI's Chat Completions API.
    case chat
}
