import FoundationEssentials
import GRDB
import Stores
import WireCore

extension Database {
    /// Files one poll, inside a transaction of the caller's.
    func file(_ filing: PollFiling, _ resemblances: inout ResemblanceIndex) throws -> FilingResult {
        var filer = Filer(db: self, filing: filing)
        for draft in filing.drafts { try filer.file(draft, &resemblances) }
        return try filer.finish()
    }
}

/// The work of one filing.
private struct Filer {
    private let db: Database
    private let filing: PollFiling
    private let source: SourceID
    /// The end of the poll, by its own record: the store has no clock.
    private let instant: Date
    private var recogniser: Recogniser
    private var day: SourceDay
    private var counts: ItemCounts
    private var newArticles: [Int64] = []
    private var hasCaughtUp = false

    init(db: Database, filing: PollFiling) {
        (self.db, self.filing) = (db, filing)
        source = filing.state.source
        instant = filing.record.startedAt.addingTimeInterval(Double(filing.record.durationMs) / 1000)
        recogniser = Recogniser(db: db, source: source)
        day = SourceDay(source: source, day: instant.utcDay)
        counts = filing.record.items
    }

    mutating func file(_ draft: ArticleDraft, _ resemblances: inout ResemblanceIndex) throws {
        switch try recogniser.recognise(draft) {
        case .unidentified: counts.rejected += 1
        case .twice: counts.duplicate += 1
        case .known(let article, let seenDay): if article == nil, seenDay < day.day { try keepAlive(draft) }
        case .changed(let article, let oldSize): try update(article, oldSize, draft)
        case .elsewhere(let article):
            counts.duplicate += 1
            try noteSighting(of: article, draft)
        case .new: try store(draft, &resemblances)
        }
    }

    /// Writes what belongs to the poll as a whole.
    mutating func finish() throws -> FilingResult {
        try day.write(db)
        try db.enter(filing.prices)
        var state = filing.state
        if !newArticles.isEmpty { state.lastNewItemAt = instant }
        var record = filing.record
        record.items = counts
        try db.insert(record)
        return FilingResult(items: counts, state: try db.save(state, under: filing.lease), newArticles: newArticles)
    }

    // MARK: - What becomes of an item

    private mutating func store(_ draft: ArticleDraft, _ resemblances: inout ResemblanceIndex) throws {
        try day.read(db)
        let fits = day.items < filing.newItemsPerDay && draft.size <= filing.bytesStoredPerDay.bytes - day.bytes
        guard fits, let identity = draft.identity else {
            counts.rejected += 1
            return
        }
        let near = try nearDuplicate(of: draft, &resemblances)
        let id = try db.insertArticle(draft, identity, source: source, at: instant, nearDuplicateOf: near)
        try db.insertSighting(source, identity, article: id, hash: draft.contentHash, day: day.day)
        try db.queueForEnrichment(id, of: source, at: instant)
        day.add(items: 1, bytes: draft.size)
        counts.new += 1
        newArticles.append(id)
    }

    private mutating func nearDuplicate(of draft: ArticleDraft, _ resemblances: inout ResemblanceIndex) throws -> Int64? {
        guard !draft.resemblance.isEmpty else { return nil }
        // Once a filing: what it adds itself is of its own source.
        if !hasCaughtUp { try resemblances.catchUp(db, at: instant) }
        hasCaughtUp = true
        guard let head = resemblances.titles.head(resembling: draft, notOf: source, at: instant) else { return nil }
        // It may have been pruned since it was remembered.
        return try db.first("SELECT id FROM articles WHERE id = ?", .integer(head)) { $0.int64(0) }
    }

    private mutating func update(_ article: Int64, _ oldSize: Int, _ draft: ArticleDraft) throws {
        try day.read(db)
        // What takes no more room than before is no danger to the disk.
        let growth = max(0, draft.size - oldSize)
        guard growth == 0 || growth <= filing.bytesStoredPerDay.bytes - day.bytes else {
            counts.rejected += 1
            return
        }
        try db.updateArticle(article, draft, at: instant)
        try db.run(
            "UPDATE sightings SET content_hash = ? WHERE source = ? AND identity = ?",
            .integer(Int64(bitPattern: draft.contentHash)), .text(source.text), SQLValue(draft.identity))
        day.add(items: 0, bytes: growth)
        counts.updated += 1
    }

    /// Remembers that this source shows the article too. One identity for each source is kept, the latest, so that a source which
    /// changes its ids at every poll leaves no trail.
    private func noteSighting(of article: Int64, _ draft: ArticleDraft) throws {
        guard let identity = draft.identity else { return }
        let sql = "SELECT identity, content_hash FROM sightings WHERE article = ? AND source = ?"
        let before = try db.first(sql, .integer(article), .text(source.text)) { ($0.text(0), $0.int64(1)) }
        var hash = Int64(bitPattern: draft.contentHash)
        if let before {
            if recogniser.hasSeen(before.0) { return }
            // Against the stored text, so that the next poll sees an edit.
            hash = before.1
            try db.run("DELETE FROM sightings WHERE source = ? AND identity = ?", .text(source.text), .text(before.0))
        }
        try db.insertSighting(source, identity, article: article, hash: UInt64(bitPattern: hash), day: day.day)
    }

    /// The article was pruned while the source still shows the item: it stays known for as long as that lasts.
    private func keepAlive(_ draft: ArticleDraft) throws {
        try db.run(
            "UPDATE sightings SET seen_day = ? WHERE source = ? AND identity = ?", .integer(day.day), .text(source.text),
            SQLValue(draft.identity))
    }
}

/// What one source has had stored in one UTC day.
private struct SourceDay {
    let source: SourceID
    let day: Int64
    private(set) var items = 0
    private(set) var bytes = 0
    private var isRead = false
    private var isChanged = false

    init(source: SourceID, day: Int64) {
        (self.source, self.day) = (source, day)
    }

    /// Reads the counts when they are first needed: most polls bring nothing new.
    mutating func read(_ db: Database) throws {
        guard !isRead else { return }
        isRead = true
        let sql = "SELECT items, bytes FROM source_days WHERE source = ? AND day = ?"
        if let row = try db.first(sql, .text(source.text), .integer(day), make: { ($0.int(0), $0.int(1)) }) {
            (items, bytes) = row
        }
    }

    mutating func add(items: Int, bytes: Int) {
        self.items += items
        self.bytes += bytes
        isChanged = true
    }

    func write(_ db: Database) throws {
        guard isChanged else { return }
        try db.run(
            """
            INSERT INTO source_days (source, day, items, bytes) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET items = excluded.items, bytes = excluded.bytes
            """, .text(source.text), .integer(day), SQLValue(items), SQLValue(bytes))
    }
}
