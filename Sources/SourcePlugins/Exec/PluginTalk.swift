public import Fetch
public import FoundationEssentials
public import WireCore

/// One side of the conversation with a plugin's process: reads its lines and says what the host must do. Pure: no process, no network.
public protocol PluginTalk: Sendable {
    /// Reads one line of the plugin's output.
    mutating func receive(_ line: [UInt8]) -> [PluginAction]
    /// The process has ended: what was held back.
    mutating func end() -> [PluginAction]
    /// What is said to a plugin that is to stop; empty where the protocol has no word for it.
    var farewell: [UInt8] { get }
    /// The bookmark that covers the items so far; nil: keep what there was.
    var state: String? { get }
}

/// What the host must do.
public enum PluginAction: Sendable {
    case send([UInt8])
    /// Items, and entries that could not be read.
    case take([Item], rejected: Int)
    case fetch(PluginFetch)
    case note(String)
    /// The plugin says that it has finished.
    case done(PluginVerdict)
    /// The plugin broke the protocol: it is stopped.
    case broken(ReadFailure)
}

/// A document that a plugin wants the host to get.
public struct PluginFetch: Sendable, Equatable {
    /// What the document is expected to be; anything else is `wrong_kind`.
    public enum Kind: String, Sendable, CaseIterable {
        case any, json, feed
    }

    public var id: String
    public var url: String
    public var headers: [HTTPHeader] = []
    public var expects = Kind.any
    /// The file in the plugin's folder that takes the document; nil: it comes with the answer.
    public var file: String?
}

/// What a plugin says of its poll.
public struct PluginVerdict: Sendable, Equatable {
    /// Nil: well, if there is nothing to say against it.
    public var outcome: Outcome?
    public var message: String?
    public var hint: String?
    /// When the source wants to be asked again, in seconds from now.
    public var retryAfter: Double?

    public init() {}

    /// Outcomes that a plugin can tell; the others are the host's to see.
    public static let outcomes: [Outcome] = [
        .ok, .notModified, .empty, .rateLimited, .blocked, .wrongKind, .auth, .gone, .http, .dns, .tls, .network, .timeout, .tooLarge, .parse,
        .schema,
        .redirect, .config,
    ]
}

/// What a plugin is asked for.
public struct PluginOrder: Sendable {
    public var poll: String
    public var source: String
    /// The registry's url; nil where the entry has none.
    public var url: String?
    public var now: Date
    /// When the poll ends.
    public var seconds: Double
    /// The bookmark of the last poll that was stored, as ``PluginTalk/state`` gave it.
    public var state: String?
    /// The entry's settings, secrets filled in: a JSON object.
    public var settings: String
    public var ceilings: Ceilings

    public init(poll: String, source: String, url: String?, now: Date, seconds: Double, state: String?, settings: String, ceilings: Ceilings) {
        self.poll = poll
        self.source = source
        self.url = url
        self.now = now
        self.seconds = seconds
        self.state = state
        self.settings = settings
        self.ceilings = ceilings
    }
}

extension FieldMap {
    /// The fields of an item under their own names, as `wiredesk parse --ndjson` prints them.
    static let native: FieldMap = {
        var map = FieldMap()
        for field in Field.allCases where field != .enclosures { map[field] = FieldRule(JSONPointer.root.appending(field.rawValue)) }
        return map
    }()
}

extension Item {
    /// An item under its own names; nil when it has neither id, address nor title. Enclosures are addresses, or objects with one.
    init?(native node: JSONNode, base: String?) {
        guard node.object != nil, let item = FieldMap.native.item(node, key: "", base: base) else { return nil }
        self = item
        enclosures = (node["enclosures"]?.array ?? []).prefix(256).compactMap { entry in
            guard let url = entry.string ?? entry["url"]?.string else { return nil }
            let length = entry["length"]?.int.flatMap { $0 >= 0 ? $0 : nil }
            return Enclosure(url: base.flatMap { WebAddress.resolve(url, against: $0) } ?? url, type: entry["type"]?.string, length: length)
        }
    }
}
