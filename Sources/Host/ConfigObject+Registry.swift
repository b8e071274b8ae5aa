import Foundation
import SourcePlugins
import WireCore

/// What more than one section reads.
extension ConfigObject {
    func timeZone(_ key: String) -> TimeZone? {
        guard let node = node[key] else { return nil }
        guard let name = node.string, let zone = TimeZone(identifier: name) else {
            wrong(node, key, due: "an IANA time zone such as \"America/New_York\" (is tzdata installed?)")
            return nil
        }
        return zone
    }

    func share(_ key: String) -> Double? {
        guard let node = node[key] else { return nil }
        guard let value = node.double, (0.01...1).contains(value) else {
            wrong(node, key, due: "a number from 0.01 to 1")
            return nil
        }
        return value
    }

    /// What goes out in a header field.
    func fieldValue(_ key: String) -> String? {
        guard let text = string(key), let node = node[key] else { return nil }
        guard Self.isFieldValue(text) else {
            wrong(node, key, due: "one line of text")
            return nil
        }
        return text
    }

    /// True for what a header field can carry (RFC 9110, 5.5).
    static func isFieldValue(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 } }
}

/// What the sections of the kinds `json` and `exec` read alike.
extension ConfigObject {
    /// A text, a number, or a secret by reference.
    func setting(_ node: JSONNode, _ key: String) -> SettingValue? {
        if let text = node.string ?? node.number ?? node.bool.map(String.init) { return .text(text) }
        if let members = node.object, members.count == 1, let name = node["env"]?.string, RegistryReader.isVariable(name) {
            return .environment(name)
        }
        wrong(node, key, due: "a text, a number, or {\"env\":\"NAME\"}, the name of an environment variable")
        return nil
    }

    /// The members of an object as settings by name, in the file's order.
    func settings(_ key: String, most: Int = 64) -> [NamedSetting] {
        guard let node = self[key], let object = ConfigObject(node, what: "\(key) of \(what)", allowed: nil, problems: problems) else { return [] }
        let members = object.members
        guard members.count <= most else {
            problems.add(at: node, "\(object.what) are more than \(most)")
            return []
        }
        return members.compactMap { member in
            guard !member.key.isEmpty else {
                problems.add(at: member.keyRange.lowerBound, "\(object.what) has a member without a name")
                return nil
            }
            return object.setting(member.node, member.key).map { NamedSetting(name: member.key, value: $0) }
        }
    }

    func pointer(_ node: JSONNode, _ key: String) -> JSONPointer? {
        guard let pointer = node.string.flatMap({ JSONPointer($0) }) else {
            wrong(node, key, due: "a JSON Pointer such as \"/data/items\" (RFC 6901)")
            return nil
        }
        return pointer
    }

    func pointer(_ key: String) -> JSONPointer? { self[key].flatMap { pointer($0, key) } }

    func dateForm(_ key: String) -> DateForm? {
        guard let node = self[key] else { return nil }
        guard let form = node.string.flatMap({ DateForm($0) }) else {
            wrong(node, key, due: DateForm.rule)
            return nil
        }
        return form
    }
}

/// A setting and its name: a parameter of a query, a variable of an environment.
public struct NamedSetting: Sendable, Equatable {
    public var name: String
    public var value: SettingValue

    public init(name: String, value: SettingValue) {
        self.name = name
        self.value = value
    }
}
