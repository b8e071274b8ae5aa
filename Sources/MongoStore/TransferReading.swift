import FoundationEssentials
import Stores
import WireCore

extension MongoAccess {
    /// Bytes of one page.
    private static let mostTransferred = 4 << 20

    func transferRows(_ kind: TransferKind, after cursor: TransferCursor?, limit: Int) throws -> TransferPage {
        guard let form = TransferCollection.of(kind) else {
            return TransferPage(rows: kind == .registry ? try registryRows() : try counters(), next: nil)
        }
        let filter: BSONDocument = try cursor.map { ["_id": ["$gt": try BSON(transferred: $0)]] } ?? [:]
        var page = TransferPage(rows: [], next: nil)
        var bytes = 0
        do {
            try each(form.collection, filter, sort: ["_id": 1], limit: limit) { document in
                page.rows.append(try form.row(document, kind))
                bytes += page.rows[page.rows.count - 1].size
                guard page.rows.count == limit || bytes >= Self.mostTransferred else { return }
                page.next = try TransferCursor(idOf: document)
                throw Enough()
            }
        } catch is Enough {}
        return page
    }

    private struct Enough: Error {}

    private func registryRows() throws -> [TransferRow] {
        guard let shared = try sharedRegistry() else { return [] }
        return [TransferRow([.integer(shared.revision), .blob(shared.text), .text(shared.by), .integer(shared.at.milliseconds)])]
    }

    private func counters() throws -> [TransferRow] {
        try TransferKind.counterNames.map { name in
            TransferRow([.text(name), .integer(try first(.numbers, ["_id": .text(name)])?.int64("value") ?? 0)])
        }
    }
}

extension TransferCursor {
    fileprivate init(idOf document: BSONDocument) throws {
        switch document["_id"] {
        case .int(let number): self.init([.integer(number)])
        case .text(let text): self.init([.text(text)])
        default: throw BSONDocument.damaged("a document whose “_id” is neither a number nor a text")
        }
    }
}

extension BSON {
    fileprivate init(transferred cursor: TransferCursor) throws {
        switch cursor.values.first {
        case .integer(let number): self = .int(number)
        case .text(let text): self = .text(text)
        default: throw DeskError(.store, "the place to go on from is none of this store's", hint: "Empty the target and begin again.")
        }
    }
}

extension TransferCollection {
    fileprivate func row(_ document: BSONDocument, _ kind: TransferKind) throws -> TransferRow {
        TransferRow(
            try kind.columns.map { column in
                let names = path(column.name).split(separator: ".").map(String.init)
                let holder = names.count == 2 ? try document.document(names[0]) : document
                return try holder.transferred(names.last ?? column.name, column.shape)
            })
    }
}

extension BSONDocument {
    fileprivate func transferred(_ name: String, _ shape: TransferColumn.Shape) throws -> TransferValue {
        guard let value = self[name], value != .null else { return .null }
        return switch shape {
        case .integer: .integer(try int64(name))
        case .flag: .integer(try flag(name) ? 1 : 0)
        case .real: .real(try double(name))
        case .text: .text(try text(name))
        case .blob: .blob(try bytes(name))
        case .words: .list(try words(name).map(TransferValue.text))
        case .numbers: .list(try numbers(name).map(TransferValue.integer))
        case .weighted: .list(try documents(name).map { .list([.text(try $0.text("name")), .real(try $0.double("weight"))]) })
        case .enclosures:
            .list(
                try documents(name).map {
                    .list([.text(try $0.text("url")), .init(try $0.optionalText("type")), .init(try $0.optionalInt64("length"))])
                })
        case .mentions:
            .list(
                try documents(name).map {
                    .list([
                        .text(try $0.text("name")), .text(try $0.text("kind")), .init(try $0.optionalText("ticker")),
                        .integer(try $0.int64("salience")), .real(try $0.double("confidence")),
                    ])
                })
        case .deliveries:
            .list(
                try documents(name).map { (at: try $0.int64("at"), channel: try $0.text("channel")) }
                    .sorted { $0.at != $1.at ? $0.at < $1.at : $0.channel.utf8.lexicographicallyPrecedes($1.channel.utf8) }
                    .map { .list([.text($0.channel), .integer($0.at)]) })
        case .citations:
            .list(
                try documents(name).map { (article: try $0.int64("article"), source: try $0.text("source")) }
                    .sorted { $0.article < $1.article }.map { .list([.integer($0.article), .text($0.source)]) })
        case .content: TransferValue(try BriefingDocument.content(try document(name)))
        }
    }
}
