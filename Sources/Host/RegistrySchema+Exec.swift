import SourcePlugins
import WireCore

/// The schema of kind `exec`.
extension RegistrySchema {
    static var execConfig: Value {
        let limits = PluginLimits.fields.map { field -> (String, Value) in
            let meaning = "\(field.meaning); default \(PluginLimits().text(of: field))"
            switch field.kind {
            case .count(_, let range): return (field.key, integer(meaning, range))
            case .bytes: return (field.key, text(meaning, ("pattern", .string("^[0-9]+ ?(B|KiB|MiB|GiB|KB|MB|GB)$"))))
            case .time: return (field.key, duration(meaning))
            }
        }
        let texts = Value.object([("type", .string("array")), ("items", text("A text."))])
        let members: [(String, Value)] = [
            (
                "command",
                .object([
                    ("type", .string("array")), ("minItems", .number(1)), ("items", text("A word of it.")),
                    ("description", .string("The program and its arguments; what begins with ./ lies beside the registry.")),
                ])
            ),
            (
                "protocol",
                .object([
                    ("enum", .list(ExecConfiguration.Wire.allCases.map { .string($0.rawValue) })),
                    ("description", .string("What it speaks: wiredesk (default), or singer for a Singer tap.")),
                ])
            ),
            (
                "settings",
                .object([
                    ("type", .string("object")), ("description", .string("What the plugin is given; {\"env\":\"NAME\"} anywhere in it is a secret.")),
                ])
            ),
            (
                "environment",
                .object([
                    ("type", .string("object")), ("description", .string("Variables of its environment; secrets by reference.")),
                    ("additionalProperties", setting),
                ])
            ),
            ("streams", texts), ("fields", fields), ("discover", flag), ("limits", object("What it may use, with all that it starts.", limits)),
        ]
        return object("Of kind exec.", required: ["command"], members)
    }
}
