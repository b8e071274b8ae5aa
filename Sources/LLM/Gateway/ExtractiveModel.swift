public import Fetch
import WireCore

/// The local model `extractive` behind the same door as the others: takes a Messages request, answers with the sentences of the last
/// user's text that say most. Free, deterministic, and always there.
public struct ExtractiveModel: Exchanging {
    public init() {}

    public func exchange(_ request: ExchangeRequest) async throws(FetchFailure) -> ExchangeAnswer {
        guard let root = try? JSONReader.read(request.body, maximumDepth: Translation.maximumDepth) else {
            throw FetchFailure(outcome: .parse, message: "the request is no JSON", mayHaveBeenReceived: false)
        }
        // Reading takes as long as the text is: not on a thread that others wait for.
        let summary = await withTaskExecutorPreference(globalConcurrentExecutor) { Extractive.summary(of: Self.lastText(of: root)) }
        let isStreaming = root["stream"]?.bool ?? false
        let body = isStreaming ? Self.events(summary) : [Self.message(summary)]
        return ExchangeAnswer(
            status: 200, headers: [.contentType(isStream: isStreaming)],
            body: ExchangeBody(pieces: body))
    }

    private static func lastText(of root: JSONNode) -> String {
        guard let message = root["messages"]?.array?.last(where: { $0["role"]?.string == "user" }), let content = message["content"] else {
            return ""
        }
        if let text = content.string { return text }
        return (content.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
    }

    private static func write(_ json: inout JSONWriter, _ text: String?) {
        json.object { root in
            root.member("id", "msg_extractive")
            root.member("type", "message")
            root.member("role", "assistant")
            root.member("model", "extractive")
            root.key("content")
            root.array { list in
                guard let text else { return }
                list.object {
                    $0.member("type", "text")
                    $0.member("text", text)
                }
            }
            root.member("stop_reason", orNull: text.map { _ in "end_turn" })
            root.member("stop_sequence", orNull: Optional<String>.none)
            root.key("usage")
            root.object {
                $0.member("input_tokens", 0)
                $0.member("output_tokens", 0)
            }
        }
    }

    private static func message(_ text: String) -> [UInt8] {
        var json = JSONWriter()
        write(&json, text)
        return json.bytes
    }

    private static func events(_ text: String) -> [[UInt8]] {
        func event(_ name: StaticString, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
            var json = JSONWriter()
            json.object { root in
                root.member("type", "\(name)")
                body(&root)
            }
            return Array("event: \(name)\ndata: ".utf8) + json.bytes + [0x0A, 0x0A]
        }
        return [
            event("message_start") { root in
                root.key("message")
                write(&root, nil)
            },
            event("content_block_start") { root in
                root.member("index", 0)
                root.key("content_block")
                root.object {
                    $0.member("type", "text")
                    $0.member("text", "")
                }
            },
            event("content_block_delta") { root in
                root.member("index", 0)
                root.key("delta")
                root.object {
                    $0.member("type", "text_delta")
                    $0.member("text", text)
                }
            },
            event("content_block_stop") { $0.member("index", 0) },
            event("message_delta") { root in
                root.key("delta")
                root.object {
                    $0.member("stop_reason", "end_turn")
                    $0.member("stop_sequence", orNull: Optional<String>.none)
                }
                root.key("usage")
                root.object { $0.member("output_tokens", 0) }
            },
            event("message_stop") { _ in },
        ]
    }
}
