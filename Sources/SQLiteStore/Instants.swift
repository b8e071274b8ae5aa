import FoundationEssentials
import Stores

/// Instants as columns.
extension SQLValue {
    init(_ instant: Date?) { self = instant.map { .integer($0.milliseconds) } ?? .null }
}

extension SQLRow {
    func date(_ column: Int32) -> Date { Date(milliseconds: int64(column)) }
    func optionalDate(_ column: Int32) -> Date? { optionalInt64(column).map(Date.init(milliseconds:)) }
}
