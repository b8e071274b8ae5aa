import Costs
import FoundationEssentials
import Stores
import WireCore

/// How documents are read: a field of another kind than it should be is an error that names it, never a trap. Absent and null are one.
extension BSONDocument {
    func int64(_ name: String) throws -> Int64 { try optionalInt64(name) ?? missing(name) }
    func int(_ name: String) throws -> Int { Int(try int64(name)) }
    func optionalInt(_ name: String) throws -> Int? { try optionalInt64(name).map(Int.init) }
    func text(_ name: String) throws -> String { try optionalText(name) ?? missing(name) }
    func double(_ name: String) throws -> Double { try optionalDouble(name) ?? missing(name) }
    func date(_ name: String) throws -> Date { Date(milliseconds: try int64(name)) }
    func optionalDate(_ name: String) throws -> Date? { try optionalInt64(name).map(Date.init(milliseconds:)) }
    func money(_ name: String) throws -> Money { Money(picodollars: try int64(name)) }
    func optionalMoney(_ name: String) throws -> Money? { try optionalInt64(name).map(Money.init(picodollars:)) }

    /// Whole numbers come as floating-point ones from some of the server's counters.
    func optionalInt64(_ name: String) throws -> Int64? {
        switch self[name] {
        case nil, .null: nil
        case .int(let number), .instant(let number): number
        case .real(let number): try Int64(exactly: number) ?? strange(name)
        default: try strange(name)
        }
    }

    func optionalDouble(_ name: String) throws -> Double? {
        switch self[name] {
        case nil, .null: nil
        case .real(let number): number
        case .int(let number): Double(number)
        default: try strange(name)
        }
    }

    func optionalText(_ name: String) throws -> String? {
        switch self[name] {
        case nil, .null: nil
        case .text(let text): text
        default: try strange(name)
        }
    }

    func flag(_ name: String) throws -> Bool {
        switch self[name] {
        case nil, .null: false
        case .flag(let flag): flag
        default: try strange(name)
        }
    }

    func list(_ name: String) throws -> [BSON] {
        switch self[name] {
        case nil, .null: []
        case .list(let elements): elements
        default: try strange(name)
        }
    }

    func words(_ name: String) throws -> [String] {
        try list(name).map { element in
            guard case .text(let word) = element else { return try strange(name) }
            return word
        }
    }

    func numbers(_ name: String) throws -> [Int64] {
        try list(name).map { element in
            guard case .int(let number) = element else { return try strange(name) }
            return number
        }
    }

    func documents(_ name: String) throws -> [BSONDocument] {
        try list(name).map { element in
            guard case .document(let document) = element else { return try strange(name) }
            return document
        }
    }

    func document(_ name: String) throws -> BSONDocument {
        guard case .document(let document) = self[name] else { return try strange(name) }
        return document
    }

    func bytes(_ name: String) throws -> [UInt8] {
        guard case .bytes(let bytes) = self[name] else { return try strange(name) }
        return bytes
    }

    /// A word of a fixed list.
    func word<Word: RawRepresentable>(_ name: String, as: Word.Type = Word.self) throws -> Word where Word.RawValue == String {
        let text = try text(name)
        guard let word = Word(rawValue: text) else {
            throw Self.damaged("“\(SafeText.line(text, limit: 80))”, which is no \(Word.self) that this version knows")
        }
        return word
    }

    func source(_ name: String) throws -> SourceID {
        let text = try text(name)
        guard let source = SourceID(text) else { throw Self.damaged("a source named “\(SafeText.line(text, limit: 80))”, which is no source id") }
        return source
    }

    func optionalSource(_ name: String) throws -> SourceID? { try optionalText(name) == nil ? nil : source(name) }

    private func missing<T>(_ name: String) throws -> T { throw Self.damaged("a document without “\(name)”") }
    private func strange<T>(_ name: String) throws -> T { throw Self.damaged("a document whose “\(name)” is of another kind than it should be") }

    static func damaged(_ what: String) -> DeskError {
        DeskError(
            .store, "the store holds \(what)", hint: "Was the database edited by hand? Restore it from a backup, or run the version that wrote it.")
    }
}

extension Date {
    /// To the millisecond.
    var kept: Date { Date(milliseconds: milliseconds) }
}
