import FoundationEssentials
import WireCore

/// A Singer tap's output (Singer specification 0.3.0): SCHEMA, RECORD and STATE, one JSON message a line. Whatever else there is, such as the
/// SDK's BATCH and ACTIVATE_VERSION, is passed over.
///
/// A tap says nothing at its end: its exit status does, and the host judges that. An empty STATE, which a fresh run begins with, is no progress.
public struct SingerSession: PluginTalk {
    private static let prefix = "singer:"
    /// Records of a stream that are looked at before its fields are guessed.
    private static let sample = 20

    private let streams: Set<String>
    private let fields: FieldMap?
    private let depth: Int
    private var seen: [String: Stream] = [:]
    private var passedOver: Set<String> = []
    private var nonsense = 0
    public private(set) var state: String?
    /// Records of streams that were not asked for.
    private var unwanted = 0

    private struct Stream {
        var keys: [String] = []
        var fields: FieldMap?
        var waiting: [JSONNode] = []
    }

    /// `streams` empty: all. `fields` nil: they are guessed for each stream from its first records.
    public init(streams: [String] = [], fields: FieldMap? = nil, depth: Int = 200) {
        self.streams = Set(streams)
        self.fields = fields
        self.depth = depth
    }

    /// The text for a tap's `--state`; nil when there is none.
    public static func file(ofState state: String?) -> String? {
        state.flatMap { $0.hasPrefix(prefix) ? String($0.dropFirst(prefix.count)) : nil }
    }

    /// True while the tap has named no stream.
    public var isSilent: Bool { seen.isEmpty && unwanted == 0 }

    public var farewell: [UInt8] { [] }

    public mutating func receive(_ line: [UInt8]) -> [PluginAction] {
        guard let message = try? JSONReader.read(line, maximumDepth: depth), let type = message["type"]?.string?.uppercased() else {
            nonsense += 1
            return nonsense == 1 ? [.note("a line that is no Singer message was passed over: \(SafeText.line(bytes: line, limit: 80))")] : []
        }
        switch type {
        case "SCHEMA":
            let name = message["stream"]?.string ?? ""
            guard seen.count < 1000 else { return [] }
            seen[name, default: Stream()].keys = (message["key_properties"]?.array ?? []).prefix(16).compactMap(\.string)
            return []
        case "RECORD": return record(message)
        case "STATE": return keep(message["value"])
        default:
            guard passedOver.count < 8, passedOver.insert(type).inserted else { return [] }
            return [.note("Singer messages of type \(SafeText.line(type, limit: 40)) were passed over")]
        }
    }

    public mutating func end() -> [PluginAction] {
        var actions = seen.keys.sorted().compactMap { flush($0) }
        if unwanted > 0 { actions.append(.note("\(unwanted.counted("record")) of streams that config.streams does not name")) }
        return actions
    }

    private mutating func keep(_ value: JSONNode?) -> [PluginAction] {
        guard let value, !value.isNull, value.object?.isEmpty != true else { return [] }
        // What the state covers must be handed over before it counts.
        let actions = seen.keys.sorted().compactMap { flush($0) }
        let bytes = value.rendered
        guard bytes.count <= PluginSession.stateBytes else {
            return actions + [.broken(ReadFailure(.crash, "the tap's STATE is larger than \(ByteCount(PluginSession.stateBytes).short)"))]
        }
        state = Self.prefix + String(decoding: bytes, as: UTF8.self)
        return actions
    }

    private mutating func record(_ message: JSONNode) -> [PluginAction] {
        let name = message["stream"]?.string ?? ""
        guard let record = message["record"], record.object != nil else { return [.take([], rejected: 1)] }
        guard streams.isEmpty || streams.contains(name) else {
            unwanted += 1
            return []
        }
        guard seen[name] != nil || seen.count < 1000 else { return [.take([], rejected: 1)] }
        seen[name, default: Stream()].waiting.append(record)
        guard let stream = seen[name], stream.fields != nil || fields != nil || stream.waiting.count >= Self.sample else { return [] }
        return [flush(name)].compactMap { $0 }
    }

    private mutating func flush(_ name: String) -> PluginAction? {
        guard var stream = seen[name], !stream.waiting.isEmpty else { return nil }
        let map = stream.fields ?? fields ?? FieldMap.guessed(from: stream.waiting)
        let items = stream.waiting.map { Self.item($0, map, stream.keys, name) }
        stream.fields = map
        stream.waiting = []
        seen[name] = stream
        return .take(items.compactMap { $0 }, rejected: items.count { $0 == nil })
    }

    /// The stream's key identifies a record where `fields` does not.
    private static func item(_ record: JSONNode, _ fields: FieldMap, _ keys: [String], _ stream: String) -> Item? {
        let parts = keys.compactMap { record[$0].flatMap { $0.string ?? $0.number } }
        let key = parts.isEmpty || parts.count < keys.count ? nil : "\(stream):\(parts.joined(separator: ":"))"
        guard var item = fields.item(record, key: "", base: nil) ?? key.map({ Item(id: $0) }) else { return nil }
        if let key, item.id == nil || fields[.id] == nil { item.id = key }
        return item
    }
}
