import FoundationEssentials
import Stores
import WireCore

/// The queue of articles that are to be understood.
extension NewsroomConformance {
    static let claims: [NewsroomCheck] = [
        NewsroomCheck("A new article is in the queue as soon as it is filed; one that is known, edited or seen elsewhere is not again") { rig in
            try expectEqual(try await rig.claim(), nil, "an empty store")
            try await rig.articles("a", at: 0)
            try expectEqual(try await rig.other.enrichmentBacklog(), .of(new: 1, oldest: rig.at(0)))
            let claim = try await rig.claimed()
            try expectEqual(try await rig.store.file(claim.articles.map { rig.enrichment($0.id) }, claim: claim.number), 1)
            try await rig.articles("a", at: 60)
            _ = try await rig.file([Item(id: "a", title: "Another title", url: "https://news.example/a")], prices: [], at: 120)
            try await rig.articles("a", from: .beta, at: 180)
            try expectEqual(try await rig.other.enrichmentBacklog(), .of())
            try expectEqual(try await rig.claim(at: 200), nil)
        },
        NewsroomCheck("A claim brings the articles with their content, oldest first, and no more than asked for") { rig in
            let items = (0..<5).map { Item(id: "\($0)", title: "T\($0)", content: "<p>Text \($0).</p>") }
            let ids = try await rig.file(items, prices: []).newArticles
            let claim = try rig.wanted(try await rig.claim(3), "claim")
            try expectEqual(claim.attempt, 1)
            try expectEqual(claim.articles.map(\.id), Array(ids.prefix(3)))
            try expectEqual(claim.articles.map(\.item.content), (0..<3).map { "<p>Text \($0).</p>" })
            try expectEqual(try await rig.claim(3)?.articles.map(\.id), Array(ids.suffix(2)), "the next claim")
            try expectEqual(try await rig.claim(3), nil, "a third")
            try expectEqual(try await rig.claim(0), nil, "of none")
        },
        NewsroomCheck("What is claimed nobody else gets until the claim runs out, at that very instant") { rig in
            let ids = try await rig.articles("a", "b")
            let first = try await rig.claimed(at: 0)
            try expectEqual(try await rig.claim(at: 59.999, by: rig.other), nil)
            let second = try rig.wanted(try await rig.claim(at: 60, by: rig.other), "claim after the first ran out")
            try expectEqual(second.articles.map(\.id), ids)
            try expectEqual(second.attempt, 2)
            try expect(second.number > first.number, "claim \(second.number) came after \(first.number)")
        },
        NewsroomCheck("Articles of an earlier claim come back by themselves, so that what brings a host down is counted") { rig in
            let old = try await rig.articles("a", "b")
            _ = try await rig.claimed(at: 0)
            try await rig.articles("c", at: 1)
            let again = try await rig.claimed(at: 100)
            try expectEqual(again.articles.map(\.id), old)
            try expectEqual(again.attempt, 2)
            try expectEqual(try await rig.claimed(at: 100).attempt, 1, "the new article")
            try expectEqual(try await rig.claimed(1, at: 200).attempt, 3, "a part of it")
            try expectEqual(try await rig.claimed(1, at: 200).attempt, 3, "the other part")
        },
        NewsroomCheck("All claims can be given back at once, whoever holds them; what comes late under them changes nothing") { rig in
            let ids = try await rig.articles("a", "b")
            let late = try await rig.claimed(at: 0)
            try expectEqual(try await rig.other.releaseAllClaims(), 2)
            try expectEqual(try await rig.store.file(ids.map { rig.enrichment($0, "Late") }, claim: late.number), 0)
            try expectEqual(try await rig.claimed(at: 1).articles.map(\.id), ids)
            try expectEqual(try await rig.claimed(at: 61).attempt, 3)
            try expectEqual(try await rig.other.releaseAllClaims(), 2)
            try expectEqual(try await rig.other.releaseAllClaims(), 0)
        },
        NewsroomCheck("What is filed under a claim leaves the queue; under an older claim it changes nothing") { rig in
            let ids = try await rig.articles("a", "b")
            let late = try await rig.claimed(at: 0)
            let present = try await rig.claimed(at: 60)
            try expectEqual(try await rig.store.file(ids.map { rig.enrichment($0, "Late") }, claim: late.number), 0)
            try await rig.store.setAsideForModel(ids, claim: late.number, now: rig.at(61))
            try await rig.store.releaseClaim(late.number)
            try expectEqual(try await rig.other.enrichmentBacklog().new, 2)
            try expectEqual(try await rig.claim(at: 61), nil, "still held by the present claim")
            try expectEqual(try await rig.store.file([rig.enrichment(ids[0], "Present")], claim: present.number), 1)
            try expectEqual(try await rig.store.file([rig.enrichment(ids[0], "Twice")], claim: present.number), 0)
            try expectEqual(try await rig.other.enrichedArticles(ids: ids).map { $0.enrichment.mentions.map(\.name) }, [["Present"]])
            try expectEqual(try await rig.claim(at: 200)?.articles.map(\.id), [ids[1]])
        },
        NewsroomCheck("A claim that ran out may still file what nobody has taken since") { rig in
            let ids = try await rig.articles("a")
            let claim = try await rig.claimed(at: 0)
            try expectEqual(try await rig.store.file([rig.enrichment(ids[0], at: 500)], claim: claim.number), 1)
            try expectEqual(try await rig.claim(at: 500), nil)
        },
        NewsroomCheck("Articles outside the claim are left as they are") { rig in
            let ids = try await rig.articles("a", "b")
            let claim = try await rig.claimed(1)
            try expectEqual(try await rig.store.file(ids.map { rig.enrichment($0) } + [rig.enrichment(999)], claim: claim.number), 1)
            try expectEqual(try await rig.other.enrichmentBacklog().new, 1)
            try await rig.store.setAsideForModel([ids[1]], claim: claim.number, now: rig.at(1))
            try expectEqual(try await rig.other.enrichmentBacklog().forModel, 0)
        },
        NewsroomCheck("A released claim can be claimed at once, and files nothing any more") { rig in
            let ids = try await rig.articles("a")
            let claim = try await rig.claimed(at: 0)
            try await rig.other.releaseClaim(claim.number)
            try expectEqual(try await rig.store.file([rig.enrichment(ids[0])], claim: claim.number), 0)
            let next = try await rig.claimed(at: 0)
            try expectEqual(next.articles.map(\.id), ids)
            try expectEqual(next.attempt, 2)
        },
        NewsroomCheck("One enrichment that cannot be written spoils the filing: all stay claimed, none is half there") { rig in
            let ids = try await rig.articles("a", "b")
            let claim = try await rig.claimed()
            let broken = rig.enrichment(ids[1], sentiment: .nan, "Bitcoin")
            try await rig.expectError { _ = try await rig.store.file([rig.enrichment(ids[0], "Bitcoin"), broken], claim: claim.number) }
            try expectEqual(try await rig.enrichedIDs(), [])
            try expectEqual(try await rig.store.file(ids.map { rig.enrichment($0) }, claim: claim.number), 2)
        },
        NewsroomCheck("The backlog counts what waits, claimed or not, and tells since when") { rig in
            try await rig.articles(3, at: 5)
            try await rig.setAllAside(at: 20)
            try await rig.articles(2, from: .beta, at: 30)
            _ = try await rig.claimed(1, at: 40)
            try expectEqual(try await rig.other.enrichmentBacklog(), .of(new: 2, forModel: 3, oldest: rig.at(5)))
        },
        NewsroomCheck("A pruned article leaves the queue, and a claim of it files nothing") { rig in
            let ids = try await rig.articles("a", "b")
            let claim = try await rig.claimed(1)
            try await rig.prune(articlesBefore: 10)
            try expectEqual(try await rig.other.enrichmentBacklog(), .of())
            try expectEqual(try await rig.store.file([rig.enrichment(ids[0])], claim: claim.number), 0)
            try expectEqual(try await rig.claim(at: 100), nil)
        },
    ]

    static let batches: [NewsroomCheck] = [
        NewsroomCheck("A source is due for a model when a batch of its articles waits, and not before") { rig in
            try await rig.articles(2, from: .alpha, at: 0)
            try await rig.articles(1, from: .beta, at: 0)
            try await rig.setAllAside(at: 10)
            try expectEqual(try await rig.batch(at: 20), nil, "three wait, of two sources")
            let third = try await rig.articles(1, from: .alpha, at: 25)
            try expectEqual(try await rig.batch(at: 26), nil, "the third is not set aside yet")
            try await rig.setAllAside(at: 30)
            let batch = try rig.wanted(try await rig.batch(at: 30), "batch")
            try expectEqual(batch.articles.map(\.source), [.alpha, .alpha, .alpha])
            try expect(batch.articles.map(\.id).contains(third[0]), "the third article is missing")
            try expectEqual(batch.attempt, 1)
            try expectEqual(try await rig.batch(at: 30), nil)
        },
        NewsroomCheck("A source is due when one of its articles has waited for the whole patience") { rig in
            try await rig.articles(1, from: .alpha, at: 0)
            try await rig.setAllAside(at: 10)
            try await rig.articles(1, from: .alpha, at: 300)
            try await rig.setAllAside(at: 300)
            try expectEqual(try await rig.batch(at: 609.999), nil)
            try expectEqual(try await rig.batch(at: 610)?.articles.count, 2, "the younger one comes along")
        },
        NewsroomCheck("Of several sources that are due the one that waits longest comes first, with its oldest articles") { rig in
            for (source, second) in [(SourceID.gamma, 0.0), (.beta, 1), (.alpha, 2)] {
                try await rig.articles(4, from: source, at: second)
                try await rig.setAllAside(at: second)
            }
            var batches: [[SourceID]] = []
            while let batch = try await rig.batch(at: 3) { batches.append(batch.articles.map(\.source)) }
            try expectEqual(batches, [.init(repeating: .gamma, count: 3), .init(repeating: .beta, count: 3), .init(repeating: .alpha, count: 3)])
            try expectEqual(try await rig.other.enrichmentBacklog().forModel, 12)
        },
        NewsroomCheck("A batch that ran out comes first, made of the same articles again, and counts how often") { rig in
            try await rig.articles(3, from: .alpha, at: 0)
            try await rig.setAllAside(at: 0)
            let first = try rig.wanted(try await rig.batch(at: 0), "batch")
            try await rig.articles(5, from: .alpha, at: 1)
            try await rig.setAllAside(at: 1)
            let again = try rig.wanted(try await rig.batch(size: 5, at: 60, by: rig.other), "batch again")
            try expectEqual(again.articles, first.articles)
            try expectEqual(again.attempt, 2)
            try await rig.store.releaseClaim(again.number)
            let third = try rig.wanted(try await rig.batch(size: 1, at: 61), "batch after the release")
            try expectEqual(third.articles, first.articles)
            try expectEqual(third.attempt, 3)
            try expectEqual(try await rig.store.file([rig.enrichment(first.articles[0].id)], claim: third.number), 1)
            try await rig.store.releaseClaim(third.number)
            try expectEqual(try await rig.batch(at: 62)?.articles, Array(first.articles.dropFirst()), "what is filed is done")
            try expectEqual(try await rig.batch(size: 5, at: 62)?.articles.count, 5, "the rest of the queue")
        },
        NewsroomCheck("Articles set aside out of a batch wait anew, each from that instant") { rig in
            try await rig.articles(3, from: .alpha, at: 0)
            try await rig.setAllAside(at: 0)
            let batch = try rig.wanted(try await rig.batch(at: 0), "batch")
            try await rig.store.setAsideForModel(batch.articles.map(\.id), claim: batch.number, now: rig.at(50))
            try expectEqual(try await rig.batch(size: 4, at: 649), nil, "it waits from 50 on")
            try expectEqual(try await rig.batch(size: 4, at: 650)?.attempt, 1)
        },
        NewsroomCheck("An article that waits for a model is new to nobody") { rig in
            try await rig.articles(2)
            try await rig.setAllAside(at: 0)
            try expectEqual(try await rig.claim(at: 1000), nil)
        },
    ]
}

extension EnrichmentBacklog {
    /// A backlog in one line.
    fileprivate static func of(new: Int = 0, forModel: Int = 0, oldest: Date? = nil) -> EnrichmentBacklog {
        var backlog = EnrichmentBacklog()
        (backlog.new, backlog.forModel, backlog.oldest) = (new, forModel, oldest)
        return backlog
    }
}
