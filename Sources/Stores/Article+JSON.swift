import FoundationEssentials
public import WireCore

extension Article {
    /// The members of the JSON form; the body only where it was asked for.
    public func write(to json: inout JSONWriter) {
        json.member("id", Int(id))
        json.member("source", source.text)
        json.member("itemId", orNull: item.id)
        json.member("title", orNull: item.title)
        json.member("url", orNull: item.url)
        json.member("canonicalUrl", orNull: canonicalURL)
        json.member("author", orNull: item.author)
        json.member("publishedAt", orNull: item.publishedAt.map(UTCTime.text))
        json.member("updatedAt", orNull: item.updatedAt.map(UTCTime.text))
        json.member("firstSeenAt", UTCTime.text(firstSeenAt))
        json.member("changedAt", orNull: changedAt.map(UTCTime.text))
        json.member("summary", orNull: item.summary)
        json.member(ifPresent: "content", item.content)
        json.key("categories")
        json.array { list in item.categories.forEach { list.string($0) } }
        json.key("alsoIn")
        json.array { list in alsoIn.forEach { list.string($0.text) } }
        json.member("nearDuplicateOf", orNull: nearDuplicateOf.map { Int($0) })
    }
}
