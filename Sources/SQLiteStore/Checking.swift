import GRDB

extension Database {
    /// What is wrong with the file and with what it says, one line each; empty when all is well.
    func problems() throws -> [String] {
        let structure = try rows("PRAGMA integrity_check(20)", []) { $0.text(0) }.filter { $0 != "ok" }
        // What a damaged file says is not worth questioning.
        guard structure.isEmpty else { return structure.map { "the file is damaged: \($0)" } }
        let orphans = try rows("PRAGMA foreign_key_check", []) { row in
            "\(row.text(0)) has a row \(row.optionalInt64(1).map(String.init) ?? "without a number") that points to a missing row of \(row.text(2))"
        }
        return Array(orphans.prefix(20)) + (try Self.invariants.compactMap(violation))
    }

    private func violation(of invariant: Invariant) throws -> String? {
        let count = try first("SELECT count(*) FROM \(invariant.exceptions)") { $0.int(0) } ?? 0
        return count == 0 ? nil : "\(count) × \(invariant.complaint)"
    }

    private struct Invariant {
        var complaint: String
        /// A table and a condition that no row should meet.
        var exceptions: String
    }

    private static let invariants = ofPollsAndArticles + ofNewsroom

    private static let ofNewsroom = [
        Invariant(
            complaint: "an article that is understood and still waits to be",
            exceptions: "enrichment_queue JOIN enrichments ON enrichments.article = enrichment_queue.article"),
        Invariant(
            complaint: "a claim with a number that was never given",
            exceptions: "enrichment_queue WHERE claim > (SELECT number FROM last_claim)"),
        Invariant(
            complaint: "a mention that disagrees with its enrichment",
            exceptions: """
                mentions JOIN enrichments ON enrichments.article = mentions.article
                JOIN mention_sources ON mention_sources.number = mentions.source
                WHERE (mentions.at, mentions.tier, mention_sources.source, mentions.sentiment)
                    <> (enrichments.at, enrichments.tier, enrichments.source, enrichments.sentiment)
                """),
        Invariant(
            complaint: "an entity met before it was first met",
            exceptions: "mentions JOIN entities ON entities.id = mentions.entity WHERE mentions.at < entities.first_at"),
        Invariant(
            complaint: "an article or a narrative in a narrative that was merged",
            exceptions: """
                narratives WHERE merged_into IS NOT NULL AND (
                    EXISTS (SELECT 1 FROM enrichments WHERE enrichments.narrative = narratives.id)
                    OR EXISTS (SELECT 1 FROM narratives AS others WHERE others.merged_into = narratives.id))
                """),
        Invariant(complaint: "a job run that ended without an instant", exceptions: "job_runs WHERE (outcome = 'running') <> (ended_at IS NULL)"),
    ]

    private static let ofPollsAndArticles = [
        Invariant(
            complaint: "an article that its own source is not known to have shown",
            exceptions: """
                articles WHERE NOT EXISTS (
                    SELECT 1 FROM sightings WHERE sightings.article = articles.id AND sightings.source = articles.source)
                """),
        Invariant(
            complaint: "an article linked to a later one, to itself, or to one of its own source",
            exceptions: """
                articles JOIN articles AS first ON first.id = articles.near_duplicate_of
                WHERE first.id >= articles.id OR first.source = articles.source
                """),
        Invariant(
            complaint: "a source whose articles are not as many as are counted",
            exceptions: """
                (SELECT source FROM article_counts UNION SELECT source FROM articles) AS any
                WHERE coalesce((SELECT articles FROM article_counts WHERE source = any.source), 0)
                    <> (SELECT count(*) FROM articles WHERE source = any.source)
                """),
        Invariant(complaint: "an article without an identity", exceptions: "articles WHERE identity = ''"),
        Invariant(complaint: "a day with a negative count", exceptions: "source_days WHERE items < 0 OR bytes < 0"),
        Invariant(complaint: "a source without a revision", exceptions: "source_states WHERE revision < 1"),
        Invariant(
            complaint: "a source with an unknown breaker state",
            exceptions: "source_states WHERE breaker_state NOT BETWEEN 0 AND 5"),
        Invariant(
            complaint: "a poll of a source without a state",
            exceptions: "polls WHERE NOT EXISTS (SELECT 1 FROM source_states WHERE source_states.source = polls.source)"),
    ]
}
