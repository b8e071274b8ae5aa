import FoundationEssentials
import GRDB
import Stores
import WireCore

extension Database {
    /// Bytes of one page.
    private static let mostBytes = 4 << 20

    func transferRows(_ kind: TransferKind, after cursor: TransferCursor?, limit: Int) throws -> TransferPage {
        guard let table = TransferTable.of(kind) else { return TransferPage(rows: try counters(), next: nil) }
        let columns = kind.columns.filter { !$0.shape.isApart }
        let read = columns.map { table.derived[$0.name] ?? $0.name } + table.key
        let key = table.key.joined(separator: ", ")
        let places = table.key.map { _ in "?" }.joined(separator: ", ")
        let sql = """
            SELECT \(read.joined(separator: ", ")) FROM \(table.name)\(cursor == nil ? "" : " WHERE (\(key)) > (\(places))")
            ORDER BY \(key) LIMIT ?
            """
        var page = TransferPage(rows: [], next: nil)
        var bytes = 0
        try step(sql, (cursor?.values.map(SQLValue.init(key:)) ?? []) + [SQLValue(limit)]) { row in
            let values = try columns.enumerated().map { try row.value(Int32($0), $1.shape, isZeroNull: table.zeroForNull.contains($1.name)) }
            page.rows.append(TransferRow(values))
            bytes += page.rows[page.rows.count - 1].size
            guard page.rows.count == limit || bytes >= Self.mostBytes else { return true }
            page.next = TransferCursor(table.key.indices.map { row.keyValue(Int32(columns.count + $0)) })
            return false
        }
        for index in page.rows.indices { try complete(&page.rows[index], kind) }
        return page
    }

    /// Adds the lists that lie in other tables, each the last of its kind's columns.
    private func complete(_ row: inout TransferRow, _ kind: TransferKind) throws {
        guard let shape = kind.columns.last?.shape, shape.isApart, let id = SQLValue(transferKey: row, kind) else { return }
        let list: [TransferValue] =
            switch shape {
            case .mentions:
                try rows(
                    """
                    SELECT name, mentions.kind, mentions.ticker, salience, confidence FROM mentions JOIN entities ON entities.id = entity
                    WHERE article = ? ORDER BY position
                    """, [id]
                ) {
                    .list([.text($0.text(0)), .text($0.text(1)), .init($0.optionalText(2)), .integer($0.int64(3)), .real($0.double(4))])
                }
            case .deliveries:
                try rows("SELECT channel, at FROM alert_deliveries WHERE alert = ? ORDER BY at, channel", [id]) {
                    .list([.text($0.text(0)), .integer($0.int64(1))])
                }
            default:
                try rows("SELECT article, source FROM citations WHERE briefing = ? ORDER BY article", [id]) {
                    .list([.integer($0.int64(0)), .text($0.text(1))])
                }
            }
        row.values.append(.list(list))
    }

    private func counters() throws -> [TransferRow] {
        try TransferKind.counterNames.map { name in TransferRow([.text(name), .integer(try counter(name))]) }
    }

    private func counter(_ name: String) throws -> Int64 {
        if name == "claims" { return try first("SELECT number FROM last_claim") { $0.int64(0) } ?? 0 }
        return try first("SELECT seq FROM sqlite_sequence WHERE name = ?", .text(name)) { $0.int64(0) } ?? 0
    }
}

extension TransferColumn.Shape {
    /// True for a list whose elements are rows of a table of their own.
    var isApart: Bool { [.mentions, .deliveries, .citations].contains(self) }
}

extension SQLValue {
    /// A cursor's value.
    fileprivate init(key value: TransferValue) {
        switch value {
        case .integer(let number): self = .integer(number)
        case .text(let text): self = .text(text)
        default: self = .null
        }
    }

    /// What other tables call this row by.
    fileprivate init?(transferKey row: TransferRow, _ kind: TransferKind) {
        guard let index = kind.columns.firstIndex(where: { $0.name == (kind == .enrichments ? "article" : "id") }) else { return nil }
        self.init(key: row.values[index])
    }
}

extension SQLRow {
    fileprivate func keyValue(_ column: Int32) -> TransferValue { isInteger(column) ? .integer(int64(column)) : .text(text(column)) }

    fileprivate func value(_ column: Int32, _ shape: TransferColumn.Shape, isZeroNull: Bool) throws -> TransferValue {
        if isNull(column) { return .null }
        if isZeroNull, isInteger(column) { return .null }
        return switch shape {
        case .integer, .flag: .integer(int64(column))
        case .real: .real(double(column))
        case .text: .text(text(column))
        case .blob: .blob(bytes(column))
        case .content: TransferValue(try BriefingText.content(text(column)))
        case .words: .list(StoredList.words(text(column)).map(TransferValue.text))
        case .numbers: .list(StoredList.numbers(text(column)).map(TransferValue.integer))
        case .weighted: .list(StoredList.weighted(text(column)).map { .list([.text($0.name), .real($0.weight)]) })
        case .enclosures:
            .list(
                ItemLists.enclosures(text(column)).map { .list([.text($0.url), .init($0.type), .init($0.length.map(Int64.init))]) })
        case .mentions, .deliveries, .citations: .null
        }
    }
}
