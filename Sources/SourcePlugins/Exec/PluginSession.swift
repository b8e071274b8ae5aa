public import Fetch
import FoundationEssentials
public import WireCore

/// The desk's own protocol: a JSON object a line, both ways. docs/plugins.md describes it.
///
/// The plugin says `hello`; the host answers with `poll`; the plugin sends `items`, `state`, `log` and `fetch`, and ends with `done`.
public struct PluginSession: PluginTalk {
    /// The version of the protocol that this host speaks.
    public static let version = 1
    /// A bookmark is no larger.
    public static let stateBytes = 64 << 10
    private static let prefix = "exec:"

    private let order: PluginOrder
    private var stage = Stage.new
    public private(set) var state: String?
    private var unknown: Set<String> = []

    private enum Stage { case new, polling, done }

    public init(_ order: PluginOrder) { self.order = order }

    /// True once the plugin has said hello.
    public var hasBegun: Bool { stage != .new }

    public var farewell: [UInt8] {
        Self.message {
            $0.member("type", "cancel")
            $0.member("poll", order.poll)
        }
    }

    public mutating func end() -> [PluginAction] { [] }

    public mutating func receive(_ line: [UInt8]) -> [PluginAction] {
        guard stage != .done else { return [] }
        let message: JSONNode
        do {
            message = try JSONReader.read(line, maximumDepth: order.ceilings.depth)
        } catch {
            return [Self.broken("a line that is no JSON (\(error.message)): \(SafeText.line(bytes: line, limit: 100))")]
        }
        guard let type = message["type"]?.string else {
            return [Self.broken("a line that is no message: it has no \"type\": \(SafeText.line(bytes: line, limit: 100))")]
        }
        if stage == .new, type != "hello", type != "log" { return [Self.broken("\"\(SafeText.line(type, limit: 40))\" before its \"hello\"")] }
        if let poll = message["poll"]?.string, poll != order.poll {
            return [Self.broken("it speaks of poll \"\(SafeText.line(poll, limit: 40))\", and was asked for \"\(order.poll)\"")]
        }
        return take(message, type)
    }

    private mutating func take(_ message: JSONNode, _ type: String) -> [PluginAction] {
        switch type {
        case "hello": return hello(message)
        case "item": return items([message["item"] ?? message])
        case "items":
            guard let list = message["items"]?.array else { return [Self.broken("\"items\" without a list of items")] }
            return items(list)
        case "state":
            guard let node = message["state"] else { return [Self.broken("\"state\" without a state")] }
            let text = String(decoding: node.rendered, as: UTF8.self)
            guard text.utf8.count <= Self.stateBytes else {
                return [Self.broken("a state of \(ByteCount(text.utf8.count).short); \(ByteCount(Self.stateBytes).short) are allowed")]
            }
            state = Self.prefix + text
            return []
        case "log":
            let level = message["level"]?.string ?? "info"
            return [.note("\(SafeText.line(level, limit: 10)): \(SafeText.line(message["message"]?.string ?? "", limit: 300))")]
        case "fetch": return [fetch(message)]
        case "done": return done(message)
        default:
            guard unknown.count < 8, unknown.insert(type).inserted else { return [] }
            return [.note("messages of the unknown type \"\(SafeText.line(type, limit: 40))\" were passed over")]
        }
    }

    private mutating func hello(_ message: JSONNode) -> [PluginAction] {
        guard stage == .new else { return [] }
        guard let version = message["version"]?.int else { return [Self.broken("a \"hello\" without a version")] }
        guard version == Self.version else {
            return [
                .broken(
                    ReadFailure(
                        .config, "the plugin speaks version \(version) of the protocol, and this host version \(Self.version)",
                        hint: "Use a plugin and a host that speak the same version."))
            ]
        }
        stage = .polling
        return [.send(poll)]
    }

    private func items(_ nodes: [JSONNode]) -> [PluginAction] {
        let items = nodes.map { Item(native: $0, base: order.url) }
        return [.take(items.compactMap { $0 }, rejected: items.count { $0 == nil })]
    }

    private func fetch(_ message: JSONNode) -> PluginAction {
        guard let url = message["url"]?.string else { return Self.broken("\"fetch\" without a url") }
        var fetch = PluginFetch(id: message["id"].flatMap { $0.string ?? $0.number } ?? "", url: url)
        for member in message["headers"]?.object ?? [] {
            guard let value = member.node.string ?? member.node.number else { return Self.broken("a header field of \"fetch\" that is no text") }
            fetch.headers.append(HTTPHeader(name: member.key, value: value))
        }
        if let text = message["expect"]?.string {
            guard let kind = PluginFetch.Kind(rawValue: text) else {
                return Self.broken("\"expect\" of \"fetch\" is \"\(SafeText.line(text, limit: 20))\", but must be any, json or feed")
            }
            fetch.expects = kind
        }
        if let name = message["save"]?.string {
            guard Self.isFileName(name) else {
                return Self.broken("\"save\" of \"fetch\" must be a file's bare name of letters, digits, '.', '-' and '_'")
            }
            fetch.file = name
        }
        return .fetch(fetch)
    }

    private static func isFileName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count) && name.utf8.first != 0x2E
            && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || [0x2D, 0x2E, 0x5F].contains($0) }
    }

    private mutating func done(_ message: JSONNode) -> [PluginAction] {
        var verdict = PluginVerdict()
        if let text = message["outcome"]?.string {
            guard let outcome = PluginVerdict.outcomes.first(where: { $0.rawValue == text }) else {
                let names = PluginVerdict.outcomes.map(\.rawValue)
                let nearest = NearestName.of(text, among: names).map { "; did it mean \"\($0)\"?" } ?? ""
                return [Self.broken("\"\(SafeText.line(text, limit: 40))\" is no outcome that a plugin can tell\(nearest)")]
            }
            verdict.outcome = outcome
        }
        verdict.message = message["message"]?.string
        verdict.hint = message["hint"]?.string.map { SafeText.line($0, limit: 300) }
        verdict.retryAfter = message["retryAfter"]?.double
        stage = .done
        return [.done(verdict)]
    }

    private static func broken(_ what: String) -> PluginAction {
        .broken(
            ReadFailure(
                .crash, "the plugin broke the protocol: \(what)",
                hint:
                    "Standard output belongs to the protocol: print anything else to standard error. `wiredesk plugins test` tries it by itself.")
        )
    }

    // MARK: - What the host says

    private static func message(_ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.object(body)
        writer.endLine()
        return writer.bytes
    }

    private var poll: [UInt8] {
        let known = order.state.flatMap { $0.hasPrefix(Self.prefix) ? try? JSONReader.read(Array($0.dropFirst(Self.prefix.count).utf8)) : nil }
        let settings = try? JSONReader.read(Array(order.settings.utf8))
        return Self.message {
            $0.member("type", "poll")
            $0.member("poll", order.poll)
            $0.member("source", order.source)
            $0.member("url", orNull: order.url)
            $0.member("now", UTCTime.text(order.now))
            $0.member("deadline", UTCTime.text(order.now.addingTimeInterval(order.seconds)))
            $0.key("seconds")
            $0.number(asWritten: String(Int(order.seconds)))
            $0.key("state")
            if let known { $0.node(known) } else { $0.null() }
            $0.key("settings")
            if let settings { $0.node(settings) } else { $0.object { _ in } }
            $0.key("ceilings")
            $0.object { list in
                for field in Ceilings.fields {
                    list.key(escaping: field.key)
                    switch field.kind {
                    case .count(let path, _): list.number(order.ceilings[keyPath: path])
                    case .bytes(let path, _): list.number(order.ceilings[keyPath: path].bytes)
                    case .time(let path, _): list.number(Int(order.ceilings[keyPath: path].seconds))
                    }
                }
            }
        }
    }

    /// The answer to a `fetch` that succeeded. `items`: those of a feed that was expected. `file`: where the document was put.
    public static func fetched(_ fetch: PluginFetch, _ document: Document, items: [Item]? = nil) -> [UInt8] {
        message {
            $0.member("type", "fetched")
            $0.member("id", fetch.id)
            $0.member("ok", true)
            $0.member("status", document.status)
            $0.member("url", document.url)
            $0.member(ifPresent: "contentType", document.contentType)
            $0.key("headers")
            $0.object { list in
                for header in document.headers where header.name.lowercased() != "set-cookie" {
                    list.key(escaping: header.name.lowercased())
                    list.string(header.value)
                }
            }
            if let items {
                $0.key("items")
                $0.array { list in items.forEach { $0.write(to: &list) } }
            } else if let file = fetch.file {
                $0.member("file", file)
            } else if let text = String(validating: document.body, as: UTF8.self) {
                $0.member("body", text)
            } else {
                $0.member("bodyBase64", Data(document.body).base64EncodedString())
            }
        }
    }

    /// The answer to a `fetch` that failed: the plugin may go on without the document, or end.
    public static func refused(_ fetch: PluginFetch, _ failure: ReadFailure) -> [UInt8] {
        message {
            $0.member("type", "fetched")
            $0.member("id", fetch.id)
            $0.member("ok", false)
            $0.member(ifPresent: "status", failure.status)
            $0.member("outcome", failure.outcome.rawValue)
            $0.member("message", failure.message)
        }
    }
}

extension Item {
    fileprivate func write(to json: inout JSONWriter) {
        json.object {
            $0.member(ifPresent: "id", id)
            $0.member(ifPresent: "title", title)
            $0.member(ifPresent: "url", url)
            $0.member(ifPresent: "author", author)
            $0.member(ifPresent: "publishedAt", publishedAt)
            $0.member(ifPresent: "updatedAt", updatedAt)
            $0.member(ifPresent: "summary", summary)
            $0.member(ifPresent: "content", content)
            $0.key("categories")
            $0.array { list in categories.forEach { list.string($0) } }
            $0.key("enclosures")
            $0.array { list in
                for enclosure in enclosures {
                    list.object {
                        $0.member("url", enclosure.url)
                        $0.member(ifPresent: "type", enclosure.type)
                        $0.member(ifPresent: "length", enclosure.length)
                    }
                }
            }
        }
    }
}
