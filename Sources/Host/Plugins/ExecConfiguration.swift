import FoundationEssentials
public import SourcePlugins
public import WireCore

/// The registry's `config` of kind `exec`: a program, and what it may use.
public struct ExecConfiguration: Sendable, Equatable {
    /// The protocols that a program may speak.
    public enum Wire: String, Sendable, CaseIterable {
        case wiredesk, singer
    }

    /// The program and its arguments. A name without a slash is looked for on the PATH; what begins with `./` or `../` lies beside the registry.
    public var command: [String]
    /// The registry's folder.
    public var folder: String
    public var wire = Wire.wiredesk
    /// What the plugin is told: a JSON object in which `{"env":"NAME"}` stands for a secret.
    public var settings = "{}"
    /// Variables of its environment, beside those that every plugin has.
    public var environment: [NamedSetting] = []
    /// Of a tap: the streams whose records are news; empty: all.
    public var streams: [String] = []
    /// Of a tap: which field of a record is which; nil: guessed by name.
    public var fields: FieldMap?
    /// Of a tap: its streams are found and selected first. Nil: only where it gives nothing without that.
    public var discovers: Bool?
    public var limits = PluginLimits()

    public init(command: [String], folder: String) {
        self.command = command
        self.folder = folder
    }

    /// In one line, for `sources show`.
    public var summary: String {
        let limits = PluginLimits.fields.map { "\($0.key) \(self.limits.text(of: $0))" }.joined(separator: ", ")
        return "\(command.joined(separator: " ")), protocol \(wire.rawValue), \(limits)"
    }

    /// The settings with every secret in its place. Throws `config` when a variable that they name is not set.
    func settings(_ environment: [String: String]) throws(ReadFailure) -> String {
        guard let node = try? JSONReader.read(Array(settings.utf8)) else { return "{}" }
        return String(decoding: try Self.filled(node, environment).rendered, as: UTF8.self)
    }

    private static func filled(_ node: JSONNode, _ environment: [String: String]) throws(ReadFailure) -> JSONNode {
        if let name = secretName(node) {
            return JSONNode(value: .string(try SettingValue.environment(name).resolved(environment, for: "config.settings")), range: node.range)
        }
        switch node.value {
        case .array(let nodes):
            var filled: [JSONNode] = []
            for node in nodes { filled.append(try self.filled(node, environment)) }
            return JSONNode(value: .array(filled), range: node.range)
        case .object(let members):
            var filled: [JSONMember] = []
            for member in members {
                filled.append(JSONMember(key: member.key, keyRange: member.keyRange, node: try self.filled(member.node, environment)))
            }
            return JSONNode(value: .object(filled), range: node.range)
        default: return node
        }
    }

    /// The variable that a node stands for; nil when it is no secret.
    static func secretName(_ node: JSONNode) -> String? {
        guard let members = node.object, members.count == 1 else { return nil }
        return node["env"]?.string
    }

    /// The names of all variables that the settings and the environment take secrets from.
    var secretNames: [String] {
        func names(_ node: JSONNode) -> [String] {
            if let name = Self.secretName(node) { return [name] }
            return (node.array ?? []).flatMap(names) + (node.object ?? []).flatMap { names($0.node) }
        }
        let own = environment.compactMap { if case .environment(let name) = $0.value { name } else { nil } }
        return own + ((try? JSONReader.read(Array(settings.utf8))).map(names) ?? [])
    }
}

/// What a plugin's process and all that it starts may use. All on by default.
public struct PluginLimits: Sendable, Equatable {
    public var startUp = Duration.seconds(10)
    public var cpuTime = Duration.seconds(30)
    public var memory = ByteCount.mebibytes(512)
    public var output = ByteCount.mebibytes(32)
    public var line = ByteCount.mebibytes(1)
    public var processes = 32

    public init() {}

    /// A limit as the registry and the documentation know it.
    public struct Field: Sendable {
        public var key: String
        public var meaning: String
        public var kind: Kind
    }

    /// A limit's place and its range; both ends are allowed.
    public enum Kind: Sendable {
        case count(any WritableKeyPath<PluginLimits, Int> & Sendable, ClosedRange<Int>)
        case bytes(any WritableKeyPath<PluginLimits, ByteCount> & Sendable, ClosedRange<ByteCount>)
        case time(any WritableKeyPath<PluginLimits, Duration> & Sendable, ClosedRange<Duration>)
    }

    public static let fields: [Field] = [
        Field(key: "startUp", meaning: "from its start to its first line", kind: .time(\.startUp, .milliseconds(100)...(.seconds(120)))),
        Field(key: "cpuTime", meaning: "CPU time of all its processes", kind: .time(\.cpuTime, .seconds(1)...(.seconds(600)))),
        Field(key: "memory", meaning: "memory of all its processes, and data of each", kind: .bytes(\.memory, .mebibytes(16)...(.mebibytes(8192)))),
        Field(key: "output", meaning: "bytes of its output", kind: .bytes(\.output, .kibibytes(1)...(.mebibytes(256)))),
        Field(key: "line", meaning: "bytes of one line of it", kind: .bytes(\.line, .kibibytes(1)...(.mebibytes(16)))),
        Field(key: "processes", meaning: "processes at a time", kind: .count(\.processes, 1...1024)),
    ]

    public func text(of field: Field) -> String {
        switch field.kind {
        case .count(let path, _): String(self[keyPath: path])
        case .bytes(let path, _): self[keyPath: path].description
        case .time(let path, _): self[keyPath: path].text
        }
    }
}
