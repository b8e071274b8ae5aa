import FoundationEssentials
import WireCore

/// The documents of the demo's sources, in the shapes of the real ones.
struct FeedRendering {
    let source: DemoSource
    /// "http://127.0.0.1:PORT".
    let origin: String
    /// Newest first.
    let stories: [Story]

    var document: String {
        switch source.shape {
        case .arc: arc
        case .wordpress: wordpress
        case .plainRSS: plainRSS
        case .atomInRSS: atomInRSS
        case .ghost: ghost
        case .atom: atom
        case .api: api
        }
    }

    var contentType: String {
        switch source.shape {
        case .api: "application/json"
        case .atom: "application/atom+xml; charset=utf-8"
        default: "application/rss+xml; charset=utf-8"
        }
    }

    private func link(_ story: Story) -> String { "https://\(outlet).example/news/\(story.slug)" }
    private var outlet: String { source.id == "coindesk-api" ? "coindesk" : source.id }
    private var title: String { outlet.prefix(1).uppercased() + outlet.dropFirst() + " (demo)" }

    private func html(_ story: Story) -> String {
        story.paragraphs.map { "<p>\(Self.escaped($0))</p>" }.joined(separator: "\n")
            + "\n<figure><img src=\"https://\(outlet).example/img/\(story.number).jpg\" alt=\"\" width=\"1200\" height=\"675\"/></figure>"
    }

    private func summary(_ story: Story) -> String { story.paragraphs.first ?? story.headline }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }

    /// RFC 822, as RSS wants it.
    static func rfc822(_ date: Date) -> String {
        let seconds = Int(date.timeIntervalSince1970)
        let (year, month, day) = UTCTime.civil(days: seconds / 86_400)
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][seconds / 86_400 % 7]
        let name = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][month - 1]
        func two(_ n: Int) -> String { n < 10 ? "0\(n)" : "\(n)" }
        return "\(weekday), \(two(day)) \(name) \(year) \(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60)) +0000"
    }

    private func rss(_ namespaces: String, channel: String = "", items: [String]) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <rss version="2.0"\(namespaces)>
        <channel>
        <title>\(title)</title>
        <link>https://\(outlet).example</link>
        <description>Invented news of the wiredesk demo</description>
        <language>en</language>
        \(channel)\(items.joined(separator: "\n"))
        </channel>
        </rss>

        """
    }

    /// Arc XP: `description`, then an empty `content:encoded` and an empty `dc:description`.
    private var arc: String {
        let items = stories.map { story in
            let body = source.window >= 100 ? "<![CDATA[\(html(story))]]>" : ""
            return """
                <item><title><![CDATA[\(story.headline)]]></title><link>\(link(story))</link>
                <guid isPermaLink="false">\(outlet)-\(story.number)</guid><pubDate>\(Self.rfc822(story.publishedAt))</pubDate>
                <description><![CDATA[\(summary(story))]]></description><content:encoded>\(body)</content:encoded><dc:description></dc:description>
                <dc:creator><![CDATA[\(story.author)]]></dc:creator>
                \(story.tags.map { "<category><![CDATA[\($0)]]></category>" }.joined())</item>
                """
        }
        return rss(
            " xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"",
            channel: "<ttl>5</ttl>\n", items: items)
    }

    private var wordpress: String {
        let items = stories.map { story in
            // A broken entry: an ampersand, an undeclared entity, a tag that is never closed.
            let isBroken = source.quirk == .brokenEntries && story.number % 10 == 0
            let head = isBroken ? "<title>\(story.headline) R&D &hearts <b>now</title>" : "<title>\(Self.escaped(story.headline))</title>"
            return """
                <item>\(head)<link>\(link(story))</link><dc:creator><![CDATA[\(story.author)]]></dc:creator>
                <pubDate>\(Self.rfc822(story.publishedAt))</pubDate>\(story.tags.map { "<category><![CDATA[\($0)]]></category>" }.joined())
                <guid isPermaLink="false">https://\(outlet).example/?p=\(story.number)</guid>
                <description><![CDATA[<p>\(summary(story))</p><p>The post first appeared on \(title).</p>]]></description>
                <content:encoded><![CDATA[\(html(story))]]></content:encoded><slash:comments>0</slash:comments></item>
                """
        }
        return rss(
            """
             xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" \
            xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
            """,
            channel: "<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>\n", items: items)
    }

    private var plainRSS: String {
        rss(
            "",
            items: stories.map { story in
                """
                <item><title>\(Self.escaped(story.headline))</title><link>\(link(story))</link><guid>\(link(story))</guid><category></category>
                <pubDate>\(Self.rfc822(story.publishedAt))</pubDate><description>\(Self.escaped(summary(story)))</description></item>
                """
            })
    }

    /// An RFC 822 date in `atom:updated`, and addresses with tracking in CDATA.
    private var atomInRSS: String {
        rss(
            " xmlns:atom=\"http://www.w3.org/2005/Atom\" xmlns:media=\"http://search.yahoo.com/mrss/\"",
            items: stories.map { story in
                """
                <item><title><![CDATA[\(story.headline)]]></title><link><![CDATA[\(link(story))?utm_source=rss_feed&utm_medium=rss]]></link>
                <guid isPermaLink="true">\(link(story))</guid><pubDate>\(Self.rfc822(story.publishedAt))</pubDate>
                <atom:updated>\(Self.rfc822(story.publishedAt))</atom:updated><description><![CDATA[<p>\(summary(story))</p>]]></description>
                <media:content url="https://\(outlet).example/img/\(story.number).jpg" medium="image"/></item>
                """
            })
    }

    private var ghost: String {
        rss(
            " xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"",
            items: stories.map { story in
                """
                <item><title><![CDATA[\(story.headline)]]></title><link>\(link(story))</link><guid isPermaLink="false">ghost\(story.number)</guid>
                <dc:creator><![CDATA[\(story.author)]]></dc:creator><pubDate>\(Self.rfc822(story.publishedAt))</pubDate>
                <content:encoded><![CDATA[\(html(story))]]></content:encoded></item>
                """
            })
    }

    private var atom: String {
        let entries = stories.map { story in
            """
            <entry><id>tag:\(outlet).example,2026:\(story.number)</id><title type="html">\(Self.escaped(story.headline))</title>
            <link rel="alternate" type="text/html" href="\(link(story))"/><published>\(UTCTime.text(story.publishedAt))</published>
            <updated>\(UTCTime.text(story.publishedAt))</updated><author><name>\(story.author)</name></author>
            <summary>\(Self.escaped(summary(story)))</summary><content type="html">\(Self.escaped(html(story)))</content></entry>
            """
        }
        return """
            <?xml version="1.0" encoding="utf-8"?>
            <feed xmlns="http://www.w3.org/2005/Atom"><title>\(title)</title><id>tag:\(outlet).example,2026:feed</id>
            <link href="https://\(outlet).example/"/><updated>\(UTCTime.text(stories.first?.publishedAt ?? Date(timeIntervalSince1970: 0)))</updated>
            \(entries.joined(separator: "\n"))
            </feed>

            """
    }

    private var api: String {
        var json = JSONWriter(capacity: 16 << 10)
        json.object { root in
            root.key("Data")
            root.array { list in
                for story in stories { list.object { write(story, to: &$0) } }
            }
            root.key("Err")
            root.object { _ in }
        }
        return json.text
    }

    private func write(_ story: Story, to json: inout JSONWriter) {
        json.member("TYPE", "121")
        json.member("ID", story.number)
        json.member("GUID", "api-\(story.number)")
        json.member("PUBLISHED_ON", Int(story.publishedAt.timeIntervalSince1970))
        json.member("TITLE", story.headline)
        json.member("URL", link(story))
        json.member("AUTHORS", story.author)
        json.member("BODY", html(story))
        json.member("KEYWORDS", story.tags.joined(separator: "|"))
        json.member("LANG", "EN")
        json.member("STATUS", "ACTIVE")
    }
}
