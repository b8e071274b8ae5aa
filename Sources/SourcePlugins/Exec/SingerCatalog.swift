import WireCore

/// A Singer catalog: the streams that a tap has. None is read unless it is selected.
public enum SingerCatalog {
    /// The catalog with the named streams selected, all where none is named; nil when it is none.
    public static func selecting(_ names: [String], in text: [UInt8]) -> [UInt8]? {
        guard let root = try? JSONReader.read(text, maximumDepth: 100), let streams = root["streams"]?.array else { return nil }
        let wanted = Set(names)
        let selected = streams.map { stream in
            let name = stream["stream"]?.string ?? stream["tap_stream_id"]?.string ?? ""
            return select(stream, wanted.isEmpty || wanted.contains(name))
        }
        return setting("streams", to: .array(selected), in: root).rendered
    }

    /// In the metadata of the stream itself, and, for older taps, in the stream and its schema.
    private static func select(_ stream: JSONNode, _ isWanted: Bool) -> JSONNode {
        let entries = stream["metadata"]?.array ?? []
        var own = entries.first { $0["breadcrumb"]?.array?.isEmpty == true } ?? object([("breadcrumb", .array([]))])
        own = setting("metadata", to: setting("selected", to: .bool(isWanted), in: own["metadata"] ?? object([])).value, in: own)
        let metadata = [own] + entries.filter { $0["breadcrumb"]?.array?.isEmpty != true }
        var stream = setting("metadata", to: .array(metadata), in: setting("selected", to: .bool(isWanted), in: stream))
        if let schema = stream["schema"], schema.object != nil {
            stream = setting("schema", to: setting("selected", to: .bool(isWanted), in: schema).value, in: stream)
        }
        return stream
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONNode {
        JSONNode(value: .object(members.map { JSONMember(key: $0.0, keyRange: 0..<0, node: JSONNode(value: $0.1, range: 0..<0)) }), range: 0..<0)
    }

    private static func setting(_ key: String, to value: JSONValue, in node: JSONNode) -> JSONNode {
        let member = JSONMember(key: key, keyRange: 0..<0, node: JSONNode(value: value, range: 0..<0))
        return JSONNode(value: .object((node.object ?? []).filter { $0.key != key } + [member]), range: node.range)
    }
}
