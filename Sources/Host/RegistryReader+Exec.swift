import SourcePlugins
import WireCore

/// Reads the `config` of kind `exec`.
struct ExecKindSection {
    let problems: FileProblemList
    /// The registry's folder.
    let folder: String

    static let keys = ["command", "protocol", "settings", "environment", "streams", "fields", "discover", "limits"]

    func read(_ source: ConfigObject) -> SourceConfiguration.Kind? {
        guard let node = source["config"] else {
            problems.add(at: source.node.range.lowerBound, "\(source.what) is of kind exec and has no \"config\", which says what program it is")
            return nil
        }
        let what = "config of \(source.what)"
        guard let object = ConfigObject(node, what: what, allowed: Self.keys, problems: problems), let command = command(object) else { return nil }
        var configuration = ExecConfiguration(command: command, folder: folder)
        if let value = object.choice("protocol", ExecConfiguration.Wire.self) { configuration.wire = value }
        if let node = object["settings"] { configuration.settings = settings(node, object) }
        configuration.environment = object.settings("environment")
        for setting in configuration.environment where !RegistryReader.isVariable(setting.name) {
            problems.add(
                at: (object["environment"] ?? node).range.lowerBound,
                "environment of \(what) names \"\(SafeText.line(setting.name, limit: 40))\", which is no variable's name")
        }
        readTap(object, into: &configuration)
        if let node = object["limits"] { configuration.limits = limits(node, object) }
        return .exec(configuration)
    }

    private func command(_ object: ConfigObject) -> [String]? {
        let due = "a list of texts, the program and its arguments: [\"python3\", \"./plugins/news.py\"]"
        guard let node = object["command"] else {
            problems.add(at: object.node.range.lowerBound, "\(object.what) has no \"command\", which is \(due)")
            return nil
        }
        guard let list = node.array, (1...256).contains(list.count), let program = list.first?.string, !program.isEmpty,
            list.allSatisfy({ $0.string.map { !$0.utf8.contains(0) } ?? false })
        else {
            object.wrong(node, "command", due: due)
            return nil
        }
        return list.compactMap(\.string)
    }

    private func settings(_ node: JSONNode, _ config: ConfigObject) -> String {
        guard node.object != nil else {
            config.wrong(node, "settings", due: "an object, which the plugin is given")
            return "{}"
        }
        checkSecrets(node, config)
        return String(decoding: node.rendered, as: UTF8.self)
    }

    private func checkSecrets(_ node: JSONNode, _ config: ConfigObject) {
        if let name = ExecConfiguration.secretName(node), !RegistryReader.isVariable(name) {
            problems.add(
                at: node.range.lowerBound,
                "settings of \(config.what) take a secret from \"\(SafeText.line(name, limit: 40))\", which is no variable's name")
        }
        for child in node.array ?? [] { checkSecrets(child, config) }
        for member in node.object ?? [] { checkSecrets(member.node, config) }
    }

    private func readTap(_ object: ConfigObject, into configuration: inout ExecConfiguration) {
        configuration.streams = object.strings("streams") ?? []
        if let node = object["fields"] { configuration.fields = FieldsSection(problems: problems).read(node, of: object.what) }
        configuration.discovers = object.bool("discover")
        guard configuration.wire != .singer else { return }
        for key in ["streams", "fields", "discover"] {
            if let node = object[key] {
                problems.add(
                    at: node.range.lowerBound,
                    "\(key) of \(object.what) belongs to \"protocol\": \"singer\"; a plugin of the desk's own names its fields itself")
            }
        }
    }

    private func limits(_ node: JSONNode, _ config: ConfigObject) -> PluginLimits {
        var limits = PluginLimits()
        let keys = PluginLimits.fields.map(\.key)
        guard let object = ConfigObject(node, what: "limits of \(config.what)", allowed: keys, problems: problems) else { return limits }
        for field in PluginLimits.fields {
            switch field.kind {
            case .count(let path, let range): if let value = object.int(field.key, in: range) { limits[keyPath: path] = value }
            case .bytes(let path, let range): if let value = object.byteCount(field.key, in: range) { limits[keyPath: path] = value }
            case .time(let path, let range): if let value = object.duration(field.key, in: range) { limits[keyPath: path] = value }
            }
        }
        return limits
    }
}
