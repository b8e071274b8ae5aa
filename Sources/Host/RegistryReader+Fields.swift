import SourcePlugins
import WireCore

/// Reads `fields`: which field of an item comes from where.
struct FieldsSection {
    let problems: FileProblemList

    static let keys = FieldMap.Field.allCases.map(\.rawValue)
    static let ruleKeys = ["pointer", "value", "template", "key", "date", "as", "split", "prefix", "suffix"]

    func read(_ node: JSONNode, of what: String) -> FieldMap {
        var map = FieldMap()
        guard let object = ConfigObject(node, what: "fields of \(what)", allowed: Self.keys, problems: problems) else { return map }
        for field in FieldMap.Field.allCases {
            if let node = object[field.rawValue] { map[field] = rule(node, field.rawValue, object) }
        }
        return map
    }

    /// A pointer; an object with a pointer and what is done to it; or a list of both, the first that holds something counting.
    private func rule(_ node: JSONNode, _ key: String, _ object: ConfigObject) -> FieldRule? {
        guard let list = node.array else { return single(node, key, object) }
        guard (1...16).contains(list.count) else {
            object.wrong(node, key, due: "a list of 1 to 16 pointers")
            return nil
        }
        let rules = list.compactMap { single($0, key, object) }
        guard var first = rules.first else { return nil }
        first.alternatives = Array(rules.dropFirst())
        return first
    }

    private func single(_ node: JSONNode, _ key: String, _ object: ConfigObject) -> FieldRule? {
        if node.string != nil { return object.pointer(node, key).map { FieldRule($0) } }
        guard node.object != nil else {
            object.wrong(
                node, key,
                due: "a JSON Pointer such as \"/title\", an object such as {\"pointer\":\"/time\",\"date\":\"seconds\"}, or a list of these")
            return nil
        }
        let what = "\(key) of \(object.what)"
        guard let rule = ConfigObject(node, what: what, allowed: Self.ruleKeys, problems: problems), let sources = sources(rule) else { return nil }
        var result = FieldRule(sources)
        if let form = rule.dateForm("date") { result.date = form }
        result.markup = rule.choice("as", FieldRule.Markup.self)
        result.split = rule.string("split")
        result.prefix = rule.string("prefix")
        result.suffix = rule.string("suffix")
        return result
    }

    private func sources(_ rule: ConfigObject) -> [FieldRule.Source]? {
        let given = ["pointer", "value", "template", "key"].filter { rule[$0] != nil }
        guard given.count == 1 else {
            problems.add(
                at: rule.node.range.lowerBound,
                "\(rule.what) must have exactly one of pointer, value, template and key, but has \(given.isEmpty ? "none" : given.joined(separator: " and "))"
            )
            return nil
        }
        if let node = rule["pointer"] {
            guard let list = node.array else { return rule.pointer(node, "pointer").map { [.pointer($0)] } }
            return list.compactMap { rule.pointer($0, "pointer") }.map { .pointer($0) }
        }
        if rule["value"] != nil { return rule.string("value").map { [.constant($0)] } }
        if rule["key"] != nil { return rule.bool("key") == true ? [.key] : nil }
        guard let node = rule["template"], let template = node.string.flatMap(FieldRule.template) else {
            if let node = rule["template"] {
                rule.wrong(node, "template", due: "a text with pointers in braces, such as \"https://example.com/{/id}\"")
            }
            return nil
        }
        return [template]
    }
}
