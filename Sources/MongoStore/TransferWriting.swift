import FoundationEssentials
import Stores
import WireCore

extension MongoAccess {
    /// Writes the rows of one kind, outside any transaction; those that are there already are the same.
    func transferIn(_ rows: [TransferRow], of kind: TransferKind) throws {
        guard let form = TransferCollection.of(kind) else { return try rows.forEach { kind == .registry ? try putRegistry($0) : try setCounter($0) } }
        try insert(form.collection, rows.map { try form.document($0, kind) }, isAgain: true)
    }

    private func putRegistry(_ row: TransferRow) throws {
        guard row.values.count == 4, let revision = row.values[0].integer, case .blob(let text) = row.values[1], let by = row.values[2].text,
            let at = row.values[3].integer
        else { throw DeskError.strangeRow(of: .registry) }
        try put(SharedRegistry(revision: revision, text: text, by: by, at: Date(milliseconds: at)))
    }

    private func setCounter(_ row: TransferRow) throws {
        guard row.values.count == 2, let name = row.values[0].text, let value = row.values[1].integer,
            TransferKind.counterNames.contains(name)
        else { throw DeskError.strangeRow(of: .counters) }
        try raise(name, to: value)
    }

    private func raise(_ name: String, to value: Int64) throws {
        try update(.numbers, [.init(filter: ["_id": .text(name)], change: ["$max": ["value": .int(value)]], isUpsert: true)])
    }

    /// Numbers and sums that follow from the documents.
    func completeTransfer() throws {
        for (name, collection) in [("ledger", MongoCollection.ledger), ("alerts", .alerts)] {
            try raise(name, to: try first(collection, [:], sort: ["number": -1], only: ["number"])?.int64("number") ?? 0)
        }
        let bytes = try aggregate(.answers, [["$group": ["_id": .null, "n": ["$sum": "$size"]]]]).first?.int64("n") ?? 0
        try update(.numbers, [.put(["_id": .text(Self.answerBytesName), "value": .int(bytes)])])
    }

    // MARK: Progress

    private static let progressID = BSON.text("transfer")

    func transferProgress() throws -> TransferProgress? {
        guard let document = try first(.meta, ["_id": Self.progressID]) else { return nil }
        guard let kind = TransferKind(rawValue: try document.text("kind")) else {
            throw DeskError(.store, "a transfer into this store was begun by another version of wiredesk", hint: "Empty the target and begin again.")
        }
        var progress = TransferProgress(source: try document.text("source"), kind: kind)
        progress.cursor = try document.optionalText("cursor").flatMap(TransferCursor.init)
        (progress.rows, progress.step, progress.isCopied) = (try document.int("rows"), try document.int("step"), try document.flag("is_copied"))
        return progress
    }

    func save(_ progress: TransferProgress) throws {
        try update(
            .meta,
            [
                .put([
                    "_id": Self.progressID, "source": .text(progress.source), "kind": .text(progress.kind.rawValue),
                    "cursor": BSON(progress.cursor?.text), "rows": BSON(progress.rows), "step": BSON(progress.step),
                    "is_copied": .flag(progress.isCopied),
                ])
            ])
    }

    func endTransfer() throws { try remove(.meta, ["_id": Self.progressID]) }
}

extension DeskError {
    fileprivate static func strangeRow(of kind: TransferKind) -> DeskError {
        DeskError(.store, "a row of \(kind.title) is not as this version writes it", hint: "Use one version of wiredesk for both stores.")
    }
}

extension TransferCollection {
    /// A document of MongoDB holds 16 MiB.
    private static let mostBytes = 16 << 20

    fileprivate func document(_ row: TransferRow, _ kind: TransferKind) throws -> BSONDocument {
        guard row.values.count == kind.columns.count else { throw DeskError.strangeRow(of: kind) }
        let named = Dictionary(zip(kind.columns.map(\.name), row.values)) { first, _ in first }
        var document: BSONDocument = ["_id": try id(of: named, kind)]
        for (column, value) in zip(kind.columns, row.values) where path(column.name) != "_id" {
            if value == .null, absent.contains(column.name) { continue }
            let names = path(column.name).split(separator: ".").map(String.init)
            let written = try BSON(value, column.shape, of: kind)
            if names.count == 2 {
                guard case .document(var holder) = document[names[0]] ?? [:] else { continue }
                holder[names[1]] = written
                document[names[0]] = .document(holder)
            } else {
                document[names[0]] = written
            }
        }
        if kind == .sightings, named["article"] == .null { document["is_orphan"] = true }
        if kind == .ledgerTotals { document["is_day"] = .flag(named["period"]?.text?.utf8.count == 10) }
        guard row.size < Self.mostBytes - (64 << 10) || document.bytes.count <= Self.mostBytes else {
            throw DeskError(
                .store,
                "one of \(kind.title) is larger than the 16 MiB that MongoDB takes: \(SafeText.line("\(document["_id"] ?? .null)", limit: 80))",
                hint: "Remove it from the source, or stay with SQLite.")
        }
        return document
    }

    private func id(of row: [String: TransferValue], _ kind: TransferKind) throws -> BSON {
        switch id {
        case .column(let name):
            switch row[name] {
            case .integer(let number): return .int(number)
            case .text(let text): return .text(text)
            default: throw DeskError.strangeRow(of: kind)
            }
        case .lines(let first, let second):
            guard let first = row[first].flatMap(Self.line), let second = row[second].flatMap(Self.line) else { throw DeskError.strangeRow(of: kind) }
            return .text(first + "\n" + second)
        case .total: return .text(TotalDocument.id(period: row["period"]?.text ?? "", names: TotalDocument.names.map { row[$0]?.text }))
        }
    }

    private static func line(_ value: TransferValue) -> String? { value.text ?? value.integer.map { "\($0)" } }
}

extension BSON {
    fileprivate init(_ value: TransferValue, _ shape: TransferColumn.Shape, of kind: TransferKind) throws {
        if value == .null {
            self = .null
            return
        }
        func named(_ names: String...) throws -> BSON {
            .list(
                try value.elements.map { element in
                    guard element.elements.count == names.count else { throw DeskError.strangeRow(of: kind) }
                    return .document(BSONDocument(Array(zip(names, element.elements.map(BSON.init(plain:))))))
                })
        }
        let written: BSON? =
            switch shape {
            case .integer: value.integer.map(BSON.int)
            case .flag: value.integer.map { .flag($0 != 0) }
            case .real: value.double.map(BSON.real)
            case .text: value.text.map(BSON.text)
            case .blob: if case .blob(let bytes) = value { .bytes(bytes) } else { nil }
            case .words: BSON(value.elements.compactMap(\.text))
            case .numbers: BSON(value.elements.compactMap(\.integer))
            case .weighted: try named("name", "weight")
            case .enclosures: try named("url", "type", "length")
            case .mentions: try named("name", "kind", "ticker", "salience", "confidence")
            case .deliveries: try named("channel", "at")
            case .citations: try named("article", "source")
            case .content: value.briefingContent.map { .document(BriefingDocument.document($0)) }
            }
        guard let written else { throw DeskError.strangeRow(of: kind) }
        self = written
    }

    private init(plain value: TransferValue) {
        self =
            switch value {
            case .null: .null
            case .integer(let number): .int(number)
            case .real(let number): .real(number)
            case .text(let text): .text(text)
            case .blob(let bytes): .bytes(bytes)
            case .list(let values): .list(values.map(BSON.init(plain:)))
            }
    }
}
