import FoundationEssentials
import Stores
import WireCore

extension MongoAccess {
    /// Files one poll, inside a transaction of the caller's.
    func file(_ filing: PollFiling, _ resemblances: inout ResemblanceIndex) throws -> FilingResult {
        var filer = try Filer(db: self, filing: filing)
        for draft in filing.drafts { try filer.file(draft, &resemblances) }
        return try filer.finish()
    }
}

/// The work of one filing: decides item by item, in memory, and writes all at the end, in a few requests.
private struct Filer {
    private let db: MongoAccess
    private let filing: PollFiling
    private let source: SourceID
    /// The end of the poll, by its own record: the store has no clock.
    private let instant: Date
    private var recogniser: Recogniser
    private var day: SourceDay
    private var counts: ItemCounts
    private var writes = FilingWrites()
    private var newArticles: [Int64] = []
    /// Drawn for this filing and not used yet.
    private var numbers: [Int64] = []
    private var hasCaughtUp = false

    /// A document of MongoDB holds 16 MiB; an article that would not fit costs only itself.
    private static let mostBytes = 12 << 20

    init(db: MongoAccess, filing: PollFiling) throws {
        (self.db, self.filing) = (db, filing)
        source = filing.state.source
        instant = filing.record.startedAt.addingTimeInterval(Double(filing.record.durationMs) / 1000)
        recogniser = try Recogniser(db, source: source, drafts: filing.drafts)
        day = SourceDay(source: source, day: instant.utcDay)
        counts = filing.record.items
    }

    mutating func file(_ draft: ArticleDraft, _ resemblances: inout ResemblanceIndex) throws {
        switch recogniser.recognise(draft) {
        case .unidentified: counts.rejected += 1
        case .twice: counts.duplicate += 1
        case .known(let article, let seenDay): if article == nil, seenDay < day.day { keepAlive(draft) }
        case .changed(let article, let oldSize): try update(article, oldSize, draft)
        case .elsewhere(let article):
            counts.duplicate += 1
            noteSighting(of: article, draft)
        case .new: try store(draft, &resemblances)
        }
    }

    /// Writes everything.
    mutating func finish() throws -> FilingResult {
        var state = filing.state
        if !newArticles.isEmpty { state.lastNewItemAt = instant }
        // First, so that a filing that came too late writes nothing else.
        let saved = try db.save(state, under: filing.lease)
        try writes.write(db)
        try day.write(db)
        try db.enter(filing.prices)
        var record = filing.record
        record.items = counts
        try db.insert(record)
        return FilingResult(items: counts, state: saved, newArticles: newArticles)
    }

    // MARK: - What becomes of an item

    private mutating func store(_ draft: ArticleDraft, _ resemblances: inout ResemblanceIndex) throws {
        try day.read(db)
        let fits = day.items < filing.newItemsPerDay && draft.size <= filing.bytesStoredPerDay.bytes - day.bytes
        guard fits, draft.size <= Self.mostBytes, let identity = draft.identity else {
            counts.rejected += 1
            return
        }
        let near = try nearDuplicate(of: draft, &resemblances)
        let id = try nextNumber(&resemblances)
        let sighting = Sighting(identity: identity, article: id, hash: Int64(bitPattern: draft.contentHash), seenDay: day.day)
        writes.add(draft, id, identity, of: source, at: instant, near: near)
        writes.add(sighting, of: source)
        recogniser.note(sighting)
        recogniser.noteArticle(id, draft)
        day.add(items: 1, bytes: draft.size)
        counts.new += 1
        newArticles.append(id)
    }

    /// Numbers for all that may be new are drawn at once.
    private mutating func nextNumber(_ resemblances: inout ResemblanceIndex) throws -> Int64 {
        if numbers.isEmpty {
            numbers = try db.draw("articles", max(1, recogniser.unknown - newArticles.count))?.reversed() ?? []
            resemblances.expect(numbers)
        }
        guard let number = numbers.popLast() else { throw BSONDocument.damaged("no number for a new article") }
        return number
    }

    private mutating func nearDuplicate(of draft: ArticleDraft, _ resemblances: inout ResemblanceIndex) throws -> Int64? {
        guard !draft.resemblance.isEmpty else { return nil }
        // Once a filing: what it adds itself is of its own source.
        if !hasCaughtUp { try resemblances.catchUp(db, at: instant) }
        hasCaughtUp = true
        guard let head = resemblances.titles.head(resembling: draft, notOf: source, at: instant) else { return nil }
        // It may have been pruned since it was remembered.
        return try db.exists(.articles, ["_id": .int(head)]) ? head : nil
    }

    private mutating func update(_ article: Int64, _ oldSize: Int, _ draft: ArticleDraft) throws {
        try day.read(db)
        // What takes no more room than before is no danger to the disk.
        let growth = max(0, draft.size - oldSize)
        guard growth == 0 || growth <= filing.bytesStoredPerDay.bytes - day.bytes, draft.size <= Self.mostBytes else {
            counts.rejected += 1
            return
        }
        writes.update(article, draft, of: source, at: instant)
        recogniser.noteArticle(article, draft)
        day.add(items: 0, bytes: growth)
        counts.updated += 1
    }

    /// Remembers that this source shows the article too. One identity for each source is kept, the latest, so that a source which
    /// changes its ids at every poll leaves no trail.
    private mutating func noteSighting(of article: Int64, _ draft: ArticleDraft) {
        guard let identity = draft.identity else { return }
        var hash = Int64(bitPattern: draft.contentHash)
        if let before = recogniser.sighting(of: article) {
            if recogniser.hasSeen(before.identity) { return }
            // Against the stored text, so that the next poll sees an edit.
            hash = before.hash
            writes.remove(before, of: source)
            recogniser.forget(before)
        }
        let sighting = Sighting(identity: identity, article: article, hash: hash, seenDay: day.day)
        writes.add(sighting, of: source)
        recogniser.note(sighting)
    }

    /// The article was pruned while the source still shows the item: it stays known for as long as that lasts.
    private mutating func keepAlive(_ draft: ArticleDraft) {
        guard let identity = draft.identity else { return }
        writes.keepAlive(Sighting.id(source, identity), on: day.day)
    }
}

/// What a filing writes, collected.
private struct FilingWrites {
    private var articles: [BSONDocument] = []
    private var contents: [BSONDocument] = []
    private var queued: [BSONDocument] = []
    private var addresses: [MongoAccess.Update] = []
    private var articleUpdates: [MongoAccess.Update] = []
    private var contentUpdates: [MongoAccess.Update] = []
    private var emptied: [Int64] = []
    private var removedSightings: [BSON] = []
    private var sightings: [BSONDocument] = []
    private var sightingUpdates: [MongoAccess.Update] = []

    mutating func add(_ draft: ArticleDraft, _ id: Int64, _ identity: String, of source: SourceID, at instant: Date, near: Int64?) {
        articles.append(ArticleDocument.new(draft, id, identity, of: source, at: instant, near: near))
        if let html = draft.item.content { contents.append(["_id": .int(id), "html": .text(html)]) }
        queued.append(QueueDocument.new(id, of: source, at: instant))
        if let address = draft.canonicalURL {
            addresses.append(.init(filter: ["_id": .text(address)], change: ["$currentDate": ["seen": true], "$inc": ["filed": 1]], isUpsert: true))
        }
    }

    mutating func update(_ id: Int64, _ draft: ArticleDraft, of source: SourceID, at instant: Date) {
        articleUpdates.append(.init(filter: ["_id": .int(id)], change: ArticleDocument.change(draft, at: instant)))
        if let html = draft.item.content {
            contentUpdates.append(.put(["_id": .int(id), "html": .text(html)]))
        } else {
            emptied.append(id)
        }
        guard let identity = draft.identity else { return }
        sightingUpdates.append(
            .init(
                filter: ["_id": .text(Sighting.id(source, identity))], change: ["$set": ["hash": .int(Int64(bitPattern: draft.contentHash))]]))
    }

    mutating func add(_ sighting: Sighting, of source: SourceID) {
        var document: BSONDocument = [
            "_id": .text(Sighting.id(source, sighting.identity)), "source": .text(source.text), "identity": .text(sighting.identity),
            "hash": .int(sighting.hash), "seen_day": .int(sighting.seenDay),
        ]
        if let article = sighting.article { document["article"] = .int(article) }
        sightings.append(document)
    }

    mutating func remove(_ sighting: Sighting, of source: SourceID) {
        removedSightings.append(.text(Sighting.id(source, sighting.identity)))
    }

    mutating func keepAlive(_ id: String, on day: Int64) {
        sightingUpdates.append(.init(filter: ["_id": .text(id)], change: ["$set": ["seen_day": .int(day)]]))
    }

    func write(_ db: MongoAccess) throws {
        try db.update(.addresses, addresses)
        try db.insert(.articles, articles)
        try db.insert(.contents, contents)
        try db.insert(.queue, queued)
        try db.update(.articles, articleUpdates)
        try db.update(.contents, contentUpdates)
        if !emptied.isEmpty { try db.remove(.contents, ["_id": ["$in": BSON(emptied)]]) }
        if !removedSightings.isEmpty { try db.remove(.sightings, ["_id": ["$in": .list(removedSightings)]]) }
        try db.insert(.sightings, sightings)
        try db.update(.sightings, sightingUpdates)
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

    init(source: SourceID, day: Int64) { (self.source, self.day) = (source, day) }

    private var id: BSON { .text("\(source.text)\n\(day)") }

    /// Reads the counts when they are first needed: most polls bring nothing new.
    mutating func read(_ db: MongoAccess) throws {
        guard !isRead else { return }
        isRead = true
        guard let document = try db.first(.sourceDays, ["_id": id]) else { return }
        (items, bytes) = (try document.int("items"), try document.int("bytes"))
    }

    mutating func add(items: Int, bytes: Int) {
        self.items += items
        self.bytes += bytes
        isChanged = true
    }

    func write(_ db: MongoAccess) throws {
        guard isChanged else { return }
        let document: BSONDocument = ["_id": id, "source": .text(source.text), "day": .int(day), "items": BSON(items), "bytes": BSON(bytes)]
        try db.update(.sourceDays, [.put(document)])
    }
}
