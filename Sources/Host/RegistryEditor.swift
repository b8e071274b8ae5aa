import FoundationEssentials
public import WireCore

/// Changes single places of a registry's text and leaves every other byte as it is: order, blanks and line ends included.
///
/// Each method takes the text and gives the new one; the caller reads the result with ``RegistryReader`` before it is written.
public struct RegistryEditor {
    /// The text as it stands.
    public private(set) var text: [UInt8]

    /// How the file ends its lines; what is added ends them alike.
    private let lineEnd: String

    public init(text: [UInt8]) {
        self.text = text
        let first = text.firstIndex(of: 0x0A)
        lineEnd = first.map { $0 > 0 && text[$0 - 1] == 0x0D } == true ? "\r\n" : "\n"
    }

    /// Adds a source behind the last one. `members` are key and JSON text, in order.
    public mutating func add(_ members: [(key: String, json: String)]) throws(DeskError) { try add([members]) }

    /// Adds sources behind the last one, all in one step.
    public mutating func add(_ entries: [[(key: String, json: String)]]) throws(DeskError) {
        guard !entries.isEmpty else { return }
        let list = try sources()
        let entries = entries.map { "\(lineEnd)    " + rendered($0, indent: "    ") }.joined(separator: ",")
        if let last = list.node.array?.last {
            text.insert(contentsOf: Array(",\(entries)".utf8), at: last.range.upperBound)
        } else {
            text.replaceSubrange(list.node.range, with: Array("[\(entries)\(lineEnd)  ]".utf8))
        }
    }

    /// Removes a source with the comma that goes with it.
    public mutating func remove(_ id: SourceID) throws(DeskError) {
        let list = try sources()
        let entries = list.node.array ?? []
        guard let index = entries.firstIndex(where: { $0["id"]?.string == id.text }) else { throw missing(id) }
        // From behind the previous entry to this one's end, or, for the first one, to the next one's beginning.
        let range =
            if index > 0 {
                entries[index - 1].range.upperBound..<entries[index].range.upperBound
            } else if entries.count > 1 {
                entries[0].range.lowerBound..<entries[1].range.lowerBound
            } else {
                list.node.range.lowerBound + 1..<list.node.range.upperBound - 1
            }
        text.removeSubrange(range)
    }

    /// Sets a member of a source to a JSON text, in its old place if it is there, else behind the last member.
    public mutating func set(_ key: String, to json: String, of id: SourceID) throws(DeskError) {
        let entry = try entry(id)
        if let member = entry.object?.last(where: { $0.key == key }) {
            text.replaceSubrange(member.node.range, with: Array(json.utf8))
        } else if let last = entry.object?.last {
            let indent = lineBlanks(before: last.keyRange.lowerBound)
            let separator = indent.map { ",\(lineEnd)\($0)" } ?? ", "
            text.insert(contentsOf: Array("\(separator)\"\(key)\": \(json)".utf8), at: last.node.range.upperBound)
        }
    }

    /// Removes a member of a source, if it is there.
    public mutating func unset(_ key: String, of id: SourceID) throws(DeskError) {
        let members = try entry(id).object ?? []
        guard let index = members.lastIndex(where: { $0.key == key }) else { return }
        let range =
            if index > 0 {
                members[index - 1].node.range.upperBound..<members[index].node.range.upperBound
            } else if members.count > 1 {
                members[0].keyRange.lowerBound..<members[1].keyRange.lowerBound
            } else {
                members[0].keyRange.lowerBound..<members[0].node.range.upperBound
            }
        text.removeSubrange(range)
    }

    /// The JSON text of a disabling.
    public static func json(_ disabling: Disabling) -> String {
        let members: [(String, String?)] = [
            ("by", disabling.by), ("reason", disabling.reason), ("at", disabling.at.map(UTCTime.text)),
            ("until", disabling.until.map(UTCTime.text)),
        ]
        let written = members.compactMap { key, value in value.map { "\"\(key)\": \(quoted($0))" } }
        return "{ \(written.joined(separator: ", ")) }"
    }

    /// A text as a JSON string.
    public static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return writer.text
    }

    // MARK: - Places

    private func sources() throws(DeskError) -> JSONMember {
        let root: JSONNode
        do {
            root = try JSONReader.read(text, maximumDepth: 32)
        } catch {
            throw DeskError(.config, "the registry is no valid JSON at \(TextPosition(of: error.offset, in: text)): \(error.message)")
        }
        guard let member = root.object?.last(where: { $0.key == "sources" }), member.node.array != nil else {
            throw DeskError(.config, "the registry has no list \"sources\"")
        }
        return member
    }

    private func entry(_ id: SourceID) throws(DeskError) -> JSONNode {
        guard let node = try sources().node.array?.first(where: { $0["id"]?.string == id.text }) else { throw missing(id) }
        return node
    }

    private func missing(_ id: SourceID) -> DeskError { DeskError(.usage, "there is no source “\(id)” in the registry") }

    /// The blanks before a byte if nothing else precedes it on its line; nil otherwise.
    private func lineBlanks(before offset: Int) -> String? {
        let start = text[..<offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let blanks = text[start..<offset]
        return blanks.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? String(decoding: blanks, as: UTF8.self) : nil
    }

    private func rendered(_ members: [(key: String, json: String)], indent: String) -> String {
        let lines = members.map { "\(indent)  \"\($0.key)\": \($0.json)" }
        return "{\(lineEnd)\(lines.joined(separator: ",\(lineEnd)"))\(lineEnd)\(indent)}"
    }
}
