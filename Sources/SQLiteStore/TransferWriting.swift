import FoundationEssentials
import GRDB
import Stores
import WireCore

extension Database {
    /// Writes the rows of one kind, inside a transaction of the caller's.
    func transferIn(_ rows: [TransferRow], of kind: TransferKind) throws {
        guard let table = TransferTable.of(kind) else { return try rows.forEach(setCounter) }
        let columns = kind.columns.enumerated().filter { !$1.shape.isApart && table.derived[$1.name] == nil }
        // The one table of one row.
        let fixed: [(String, SQLValue)] = kind == .registry ? [("id", .integer(1))] : []
        let names = fixed.map(\.0) + columns.map(\.element.name)
        let sql = """
            INSERT INTO \(table.name) (\(names.joined(separator: ", "))) VALUES (\(names.map { _ in "?" }.joined(separator: ", ")))
            """
        for row in rows {
            guard row.values.count == kind.columns.count else { throw DeskError.strangeRow(of: kind) }
            let values = try columns.map { index, column in
                try SQLValue(row.values[index], column.shape, of: kind, isZeroNull: table.zeroForNull.contains(column.name))
            }
            try run(sql, fixed.map(\.1) + values)
            try insertApart(row, kind)
        }
    }

    /// The lists that lie in other tables.
    private func insertApart(_ row: TransferRow, _ kind: TransferKind) throws {
        guard let list = row.values.last?.elements, !list.isEmpty else { return }
        func value(_ name: String) -> TransferValue { kind.columns.firstIndex { $0.name == name }.map { row.values[$0] } ?? .null }
        func bound(_ value: TransferValue, _ shape: TransferColumn.Shape) throws -> SQLValue {
            try SQLValue(value, shape, of: kind, isZeroNull: false)
        }
        switch kind {
        case .enrichments:
            let source = try bound(value("source"), .text)
            try run("INSERT INTO mention_sources (source) VALUES (?) ON CONFLICT DO NOTHING", source)
            let shared = [
                try bound(value("article"), .integer), try bound(value("at"), .integer), try bound(value("tier"), .integer), source,
                try bound(value("sentiment"), .real),
            ]
            for (position, mention) in list.enumerated() {
                let shapes: [TransferColumn.Shape] = [.text, .text, .text, .integer, .real]
                guard mention.elements.count == shapes.count else { throw DeskError.strangeRow(of: kind) }
                let own = try zip(mention.elements, shapes).map(bound)
                try run(Self.insertMention, shared + own + [SQLValue(position)])
                guard changesCount == 1 else { throw DeskError.strangeRow(of: kind) }
            }
        case .alerts:
            for delivery in list where delivery.elements.count == 2 {
                try run(
                    "INSERT INTO alert_deliveries (alert, channel, at) VALUES (?, ?, ?)", try bound(value("id"), .text),
                    try bound(delivery.elements[0], .text), try bound(delivery.elements[1], .integer))
            }
        case .briefings:
            for citation in list where citation.elements.count == 2 {
                try run(
                    "INSERT INTO citations (briefing, article, source) VALUES (?, ?, ?)", try bound(value("id"), .integer),
                    try bound(citation.elements[0], .integer), try bound(citation.elements[1], .text))
            }
        default: break
        }
    }

    private static let insertMention = """
        INSERT INTO mentions (article, position, entity, at, tier, source, sentiment, kind, ticker, salience, confidence)
        SELECT ?1, ?11, entities.id, ?2, ?3, number, ?5, ?7, ?8, ?9, ?10 FROM entities, mention_sources
        WHERE entities.name = ?6 AND mention_sources.source = ?4
        """

    private func setCounter(_ row: TransferRow) throws {
        guard row.values.count == 2, let name = row.values[0].text, let value = row.values[1].integer,
            TransferKind.counterNames.contains(name)
        else { throw DeskError.strangeRow(of: .counters) }
        if name == "claims" { return try run("UPDATE last_claim SET number = max(number, ?)", .integer(value)) }
        try run("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", .integer(value), .text(name))
        guard changesCount == 0 else { return }
        try run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", .text(name), .integer(value))
    }

    // MARK: Progress

    func transferProgress() throws -> TransferProgress? {
        try first("SELECT source, kind, cursor, rows, step, is_copied FROM transfer") { row in
            guard let kind = TransferKind(rawValue: row.text(1)) else {
                throw DeskError(
                    .store, "a transfer into this store was begun by another version of wiredesk", hint: "Empty the target and begin again.")
            }
            var progress = TransferProgress(source: row.text(0), kind: kind)
            progress.cursor = row.optionalText(2).flatMap(TransferCursor.init)
            (progress.rows, progress.step, progress.isCopied) = (row.int(3), row.int(4), row.flag(5))
            return progress
        }
    }

    func save(_ progress: TransferProgress) throws {
        try run(
            "INSERT OR REPLACE INTO transfer (id, source, kind, cursor, rows, step, is_copied) VALUES (1, ?, ?, ?, ?, ?, ?)",
            .text(progress.source), .text(progress.kind.rawValue), SQLValue(progress.cursor?.text), SQLValue(progress.rows),
            SQLValue(progress.step), SQLValue(progress.isCopied ? 1 : 0))
    }
}

extension DeskError {
    fileprivate static func strangeRow(of kind: TransferKind) -> DeskError {
        DeskError(.store, "a row of \(kind.title) is not as this version writes it", hint: "Use one version of wiredesk for both stores.")
    }
}

extension SQLValue {
    fileprivate init(_ value: TransferValue, _ shape: TransferColumn.Shape, of kind: TransferKind, isZeroNull: Bool) throws {
        if value == .null {
            self = isZeroNull ? .integer(0) : .null
            return
        }
        let written: SQLValue? =
            switch shape {
            case .integer, .flag: value.integer.map(SQLValue.integer)
            case .real: value.double.map(SQLValue.real)
            case .text: value.text.map(SQLValue.text)
            case .blob: if case .blob(let bytes) = value { .blob(bytes) } else { nil }
            case .content: value.briefingContent.map { .text(BriefingText.text($0)) }
            case .words: .text(StoredList.text(value.elements.compactMap(\.text)))
            case .numbers: .text(StoredList.text(value.elements.compactMap(\.integer)))
            case .weighted: .text(try StoredList.text(value.elements.compactMap(\.weighted)))
            case .enclosures: SQLValue(ItemLists.text(value.elements.compactMap(\.enclosure)))
            case .mentions, .deliveries, .citations: nil
            }
        guard let written else { throw DeskError.strangeRow(of: kind) }
        self = written
    }
}

extension TransferValue {
    fileprivate var weighted: Weighted? {
        guard elements.count == 2, let name = elements[0].text, let weight = elements[1].double else { return nil }
        return Weighted(name, weight)
    }

    fileprivate var enclosure: Enclosure? {
        guard elements.count == 3, let url = elements[0].text else { return nil }
        return Enclosure(url: url, type: elements[1].text, length: elements[2].integer.map(Int.init))
    }
}
