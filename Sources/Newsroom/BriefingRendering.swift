import Costs
import FoundationEssentials
public import Stores
import WireCore

/// A briefing as people read it.
public struct BriefingRendering: Sendable {
    /// What it is rendered as.
    public enum Format: String, Sendable, CaseIterable {
        case text, markdown, html
    }

    private let briefing: Briefing
    private let sources: [EnrichedArticle]
    private let numbers: [Int64: Int]

    /// `sources`: what is known of the cited articles; one that was pruned since keeps its number.
    public init(_ briefing: Briefing, sources: [EnrichedArticle]) {
        self.briefing = briefing
        let known = Dictionary(sources.map { ($0.id, $0) }) { first, _ in first }
        self.sources = briefing.cited.compactMap { known[$0] }
        numbers = Dictionary(briefing.cited.enumerated().map { ($1, $0 + 1) }) { first, _ in first }
    }

    /// "Morning briefing, 2026-11-24".
    public var title: String {
        let name = briefing.slot.rawValue
        let smoke = briefing.isSmoke ? " (smoke test, not published)" : ""
        return
            "\(name.prefix(1).uppercased())\(name.dropFirst()) briefing, \(briefing.date)\(briefing.version > 1 ? ", version \(briefing.version)" : "")\(smoke)"
    }

    /// One line: who wrote it, from what, what it cost.
    public var colophon: String {
        let writer = briefing.model.map { "Written by \($0)" } ?? "Written without a model"
        let confidence = briefing.confidence.map { ", confidence \(Self.percent($0))" } ?? ""
        let refined = briefing.refinements > 0 ? ", refined \(briefing.refinements == 1 ? "once" : "twice")" : ""
        let calls = briefing.calls.isEmpty ? "cost nothing" : "cost $\(briefing.cost.text(decimals: 4)) in \(briefing.calls.count.counted("call"))"
        return
            "\(writer) from \(briefing.articleCount.counted("article")) of \(Self.minute(briefing.coversFrom)) to \(Self.minute(briefing.coversTo)) UTC"
            + "\(confidence)\(refined); \(calls)."
    }

    /// The whole of it.
    public func text(as format: Format) -> String {
        switch format {
        case .text: plain
        case .markdown: markdown
        case .html: html
        }
    }

    // MARK: - Text

    private var plain: String {
        var lines = [title, "", briefing.content.headline]
        for paragraph in briefing.content.paragraphs { lines += ["", paragraph.map { "\($0.text) \(marks($0))" }.joined(separator: " ")] }
        if !briefing.content.insights.isEmpty {
            lines += ["", "What stands out"] + briefing.content.insights.map { "- \($0.text) \(marks($0))" }
        }
        if !briefing.content.recommendations.isEmpty {
            lines += ["", "To read on"] + briefing.content.recommendations.map { "- \($0.title) (narrative \($0.narrative), \($0.theme.rawValue))" }
        }
        lines += ["", "Sources"] + sources.map { "\(mark($0.id)) \($0.source): \($0.title)\($0.url.map { " <\($0)>" } ?? "")" }
        if let note = briefing.note { lines += ["", note] }
        lines += ["", colophon, ""]
        return lines.map { SafeText.line($0) }.joined(separator: "\n")
    }

    private func mark(_ article: Int64) -> String { "[\(numbers[article] ?? 0)]" }
    private func marks(_ sentence: Briefing.Sentence) -> String { sentence.articles.map(mark).joined() }

    // MARK: - Markdown

    private var markdown: String {
        func sentence(_ sentence: Briefing.Sentence) -> String {
            Self.escaped(sentence.text) + " " + sentence.articles.map { "[\(numbers[$0] ?? 0)](#source-\(numbers[$0] ?? 0))" }.joined(separator: " ")
        }
        var lines = ["# " + Self.escaped(title), "", "**" + Self.escaped(briefing.content.headline) + "**"]
        for paragraph in briefing.content.paragraphs { lines += ["", paragraph.map(sentence).joined(separator: " ")] }
        if !briefing.content.insights.isEmpty { lines += ["", "## What stands out", ""] + briefing.content.insights.map { "- " + sentence($0) } }
        if !briefing.content.recommendations.isEmpty {
            lines += ["", "## To read on", ""] + briefing.content.recommendations.map { "- \(Self.escaped($0.title)) (\($0.theme.rawValue))" }
        }
        lines += ["", "## Sources", ""]
        for source in sources {
            let number = numbers[source.id] ?? 0
            let link = source.url.flatMap(Self.link).map { "[\(Self.escaped(source.title))](<\($0)>)" } ?? Self.escaped(source.title)
            lines.append("<a id=\"source-\(number)\"></a>\(number). \(Self.escaped(source.source.text)): \(link)")
        }
        if let note = briefing.note { lines += ["", Self.escaped(note)] }
        lines += ["", "*" + Self.escaped(colophon) + "*", ""]
        return lines.joined(separator: "\n")
    }

    /// Characters that Markdown or HTML would take for more than themselves are escaped.
    private static func escaped(_ text: String) -> String {
        var out = ""
        for character in SafeText.line(text) {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\\", "`", "*", "_", "[", "]", "#", "|", "!", "~": out += "\\\(character)"
            default: out.append(character)
            }
        }
        return out
    }

    // MARK: - HTML

    private var html: String {
        func sentence(_ sentence: Briefing.Sentence) -> String {
            Self.html(sentence.text) + sentence.articles.map { " <a href=\"#source-\(numbers[$0] ?? 0)\">[\(numbers[$0] ?? 0)]</a>" }.joined()
        }
        var body = "<h1>\(Self.html(title))</h1>\n<p><strong>\(Self.html(briefing.content.headline))</strong></p>\n"
        for paragraph in briefing.content.paragraphs { body += "<p>\(paragraph.map(sentence).joined(separator: " "))</p>\n" }
        if !briefing.content.insights.isEmpty {
            body += "<h2>What stands out</h2>\n<ul>\n" + briefing.content.insights.map { "<li>\(sentence($0))</li>\n" }.joined() + "</ul>\n"
        }
        if !briefing.content.recommendations.isEmpty {
            body += "<h2>To read on</h2>\n<ul>\n"
            body += briefing.content.recommendations.map { "<li>\(Self.html($0.title)) (\($0.theme.rawValue))</li>\n" }.joined() + "</ul>\n"
        }
        body += "<h2>Sources</h2>\n<ol>\n"
        for source in sources {
            let title = Self.html(source.title)
            let link = source.url.flatMap(Self.link).map { "<a href=\"\(Self.html($0))\" rel=\"noopener noreferrer\">\(title)</a>" } ?? title
            body +=
                "<li id=\"source-\(numbers[source.id] ?? 0)\" value=\"\(numbers[source.id] ?? 0)\">\(Self.html(source.source.text)): \(link)</li>\n"
        }
        body += "</ol>\n"
        if let note = briefing.note { body += "<p>\(Self.html(note))</p>\n" }
        body += "<p><em>\(Self.html(colophon))</em></p>\n"
        return
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>\(Self.html(title))</title></head>\n<body>\n\(body)</body></html>\n"
    }

    private static func html(_ text: String) -> String {
        var out = ""
        for character in SafeText.line(text) {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.append(character)
            }
        }
        return out
    }

    /// Only http and https, and nothing that would end the place it stands in.
    private static func link(_ url: String) -> String? {
        guard url.hasPrefix("https://") || url.hasPrefix("http://"), url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x3C && $0 != 0x3E && $0 != 0x7F })
        else {
            return nil
        }
        return url
    }

    private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

    /// "2026-11-24 13:00".
    private static func minute(_ instant: Date) -> String {
        let text = UTCTime.text(instant)
        return text.prefix(10) + " " + text.dropFirst(11).prefix(5)
    }
}
