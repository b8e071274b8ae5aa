import Stores

/// Which collection a kind is, and where its documents differ from the kind's columns.
struct TransferCollection {
    var collection: MongoCollection
    /// Columns that lie elsewhere in a document: a field's name, or two with a dot between.
    var paths: [String: String] = [:]
    /// Columns whose field is absent where there is nothing: their indexes hold only what there is.
    var absent: Set<String> = []
    /// What `_id` is.
    var id: Identity

    /// How a document's `_id` comes from its columns.
    enum Identity {
        case column(String)
        /// The texts of two columns, one on each line.
        case lines(String, String)
        case total
    }

    func path(_ column: String) -> String { paths[column] ?? column }

    /// Nil for the kinds that are no documents of one each.
    static func of(_ kind: TransferKind) -> TransferCollection? {
        switch kind {
        case .states:
            TransferCollection(collection: .sourceStates, paths: statePaths, id: .column("source"))
        case .polls: TransferCollection(collection: .polls, paths: pollPaths, id: .column("id"))
        case .sourceDays: TransferCollection(collection: .sourceDays, id: .lines("source", "day"))
        case .articles:
            TransferCollection(
                collection: .articles, paths: ["id": "_id", "near_duplicate_of": "near", "content_hash": "hash"],
                absent: Set(kind.columns.map(\.name)), id: .column("id"))
        case .contents: TransferCollection(collection: .contents, paths: ["article": "_id"], id: .column("article"))
        case .sightings:
            TransferCollection(collection: .sightings, paths: ["content_hash": "hash"], absent: ["article"], id: .lines("source", "identity"))
        case .ledger: TransferCollection(collection: .ledger, paths: ["id": "_id"], absent: ["source", "article", "key"], id: .column("id"))
        case .ledgerTotals: TransferCollection(collection: .ledgerTotals, id: .total)
        case .standings: TransferCollection(collection: .standings, id: .lines("period", "scope"))
        case .keys: TransferCollection(collection: .keys, paths: ["name": "_id"], id: .column("name"))
        case .answers: TransferCollection(collection: .answers, id: .column("number"))
        case .alerts: TransferCollection(collection: .alerts, paths: ["id": "_id"], absent: ["subject"], id: .column("id"))
        case .narratives: TransferCollection(collection: .narratives, paths: ["id": "_id"], id: .column("id"))
        case .queue: TransferCollection(collection: .queue, paths: ["article": "_id"], id: .column("article"))
        case .entities: TransferCollection(collection: .entities, paths: ["name": "_id"], id: .column("name"))
        case .enrichments: TransferCollection(collection: .enrichments, paths: ["article": "_id"], id: .column("article"))
        case .patterns: TransferCollection(collection: .patterns, paths: ["id": "_id"], id: .column("id"))
        case .briefings: TransferCollection(collection: .briefings, paths: ["id": "_id"], id: .column("id"))
        case .jobRuns: TransferCollection(collection: .jobRuns, paths: ["id": "_id"], id: .column("id"))
        case .prices: TransferCollection(collection: .prices, id: .lines("coin", "at"))
        case .audit: TransferCollection(collection: .audit, paths: ["id": "_id"], id: .column("id"))
        case .registry, .counters: nil
        }
    }

    /// Collections that follow from others, or are no business of another store's.
    static let others: Set<MongoCollection> = [.meta, .numbers, .addresses, .registry, .hosts]

    private static let statePaths = Dictionary(
        uniqueKeysWithValues: [("source", "_id")]
            + TransferKind.states.columns.map(\.name).filter { $0.hasPrefix("breaker_") }.map {
                ($0, "breaker." + $0.dropFirst("breaker_".count))
            })

    private static let pollPaths = Dictionary(
        uniqueKeysWithValues: [("id", "_id")]
            + TransferKind.polls.columns.map(\.name).filter { $0.hasPrefix("items_") }.map { ($0, "items." + $0.dropFirst("items_".count)) })
}
