import FoundationEssentials
import GRDB
import Stores
import WireCore

/// Words of a fixed list, and short JSON lists, as columns.
extension SQLRow {
    /// A word of the list. Throws when the column holds another: somebody else has written to the file.
    func word<Word: RawRepresentable>(_ column: Int32, as: Word.Type = Word.self) throws -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: text(column)) else { throw Self.unknown("\"\(SafeText.line(text(column), limit: 80))\"", as: Word.self) }
        return word
    }

    func tier(_ column: Int32) throws -> RelevanceTier {
        guard let tier = RelevanceTier(rawValue: int(column)) else { throw Self.unknown("\(int64(column))", as: RelevanceTier.self) }
        return tier
    }

    func flag(_ column: Int32) -> Bool { int64(column) != 0 }

    private static func unknown<Word>(_ seen: String, as: Word.Type) -> DeskError {
        DeskError(
            .store, "the store holds \(seen), which is no \(Word.self) that this version knows",
            hint: "Was the file edited by hand? Restore it from a backup, or run the version that wrote it.")
    }
}

/// Lists as JSON text.
enum StoredList {
    static func text(_ words: [String]) -> String { list(words) { $0.string($1) } }

    static func text(_ numbers: [Int64]) -> String { list(numbers) { $0.number(Int($1)) } }

    /// Lists of [name, weight]. Throws for a weight that is no number.
    static func text(_ weighted: [Weighted]) throws -> String {
        for each in weighted where !each.weight.isFinite {
            throw DeskError(.store, "the weight of \"\(SafeText.line(each.name, limit: 80))\" is no number")
        }
        return list(weighted) { json, each in
            json.array {
                $0.string(each.name)
                $0.number(asWritten: "\(each.weight)")
            }
        }
    }

    static func words(_ text: String) -> [String] { nodes(text).compactMap(\.string) }

    static func numbers(_ text: String) -> [Int64] { nodes(text).compactMap(\.int).map(Int64.init) }

    static func weighted(_ text: String) -> [Weighted] {
        nodes(text).compactMap { node in
            guard let pair = node.array, pair.count == 2, let name = pair[0].string, let weight = pair[1].double else { return nil }
            return Weighted(name, weight)
        }
    }

    private static func list<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) -> String {
        var json = JSONWriter(capacity: 64)
        json.array { json in for element in elements { write(&json, element) } }
        return json.text
    }

    private static func nodes(_ text: String) -> [JSONNode] { (try? JSONReader.read(Array(text.utf8)))?.array ?? [] }
}
