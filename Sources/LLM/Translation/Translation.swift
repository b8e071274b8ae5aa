public import WireCore

/// Between the two wire shapes that clients and providers speak: Anthropic's Messages (`POST /v1/messages`) and OpenAI's Chat
/// Completions (`POST /v1/chat/completions`). Pure functions; no network, no clock.
///
/// Read in this order: `Translation+RequestToChat`, `Translation+RequestToMessages`, the two answers, `Translation+Errors`, then the
/// streams `AnthropicToChatStream` and `ChatToAnthropicStream`, which take what `SSEParser` yields.
///
/// What both shapes can say is translated. Fields that neither list knows are passed on unchanged, so that the provider judges them.
/// What would change the answer and cannot be said in the other shape is a `TranslationFailure`; hints that change no answer
/// (`cache_control` toward OpenAI, an image's `detail` toward Anthropic) are left out. Numbers keep their digits.
/// Tests: `Tests/LLMTests`.
public enum Translation {
    /// The depth to which a document may nest. Tool schemas are the deepest thing seen in practice, at about twenty.
    public static let maximumDepth = 256

    /// Reads a body from either side.
    public static func read(_ bytes: [UInt8]) throws(TranslationFailure) -> JSONNode {
        do {
            return try JSONReader.read(bytes, maximumDepth: maximumDepth)
        } catch {
            throw TranslationFailure(.notJSON, "not JSON: \(error.message), at byte \(error.offset)")
        }
    }
}
