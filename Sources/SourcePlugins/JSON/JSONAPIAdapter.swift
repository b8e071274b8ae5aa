import Feeds
public import Fetch
import FoundationEssentials
import WireCore

/// Kind `json`: reads any JSON API as its registry entry describes it.
///
/// Pure, as every adapter: it computes which page comes next, and the host decides whether it is asked for. A page's address may come from
/// the API; header fields and secret parameters go to the source's own origin alone.
public struct JSONAPIAdapter: SourceAdapter {
    /// A parameter of every request.
    public struct Parameter: Sendable, Equatable {
        public var name: String
        public var value: String
        public var isSecret: Bool

        public init(name: String, value: String, isSecret: Bool = false) {
            self.name = name
            self.value = value
            self.isSecret = isSecret
        }
    }

    private let url: String
    private let configuration: JSONAPIConfiguration
    private let query: [Parameter]
    private let headers: [HTTPHeader]

    public init(url: String, configuration: JSONAPIConfiguration, query: [Parameter] = [], headers: [HTTPHeader] = []) {
        self.url = url
        self.configuration = configuration
        self.query = query
        self.headers = headers
    }

    // MARK: - Asking

    public func firstRequest(_ context: PollContext) -> PageRequest {
        var request = page(at: plainAddress(context), PageMemo())
        request.isConditional = configuration.since == nil && configuration.order != .oldestFirst && !query.contains(where: \.isSecret)
        return request
    }

    /// The first page's address, without secrets.
    private func plainAddress(_ context: PollContext) -> String {
        var url = url
        for parameter in query where !parameter.isSecret { url = QueryText.setting(parameter.name, to: parameter.value, in: url) }
        if let since = configuration.since {
            url = QueryText.setting(since.parameter, to: since.form.text(of: start(context, overlap: since.overlap)), in: url)
            if let until = since.until { url = QueryText.setting(until, to: since.form.text(of: context.now), in: url) }
        }
        guard let paging = configuration.paging else { return url }
        if let size = paging.size, let name = paging.sizeParameter { url = QueryText.setting(name, to: String(size), in: url) }
        switch paging.by {
        case .page(let name, let first), .offset(let name, let first): return QueryText.setting(name, to: String(first), in: url)
        case .cursor(let name, _, _, let first?): return QueryText.setting(name, to: first, in: url)
        default: return url
        }
    }

    /// From when on entries are wanted: the last poll's newest, but no further back than the backfill reaches.
    private func start(_ context: PollContext, overlap: Duration = .zero) -> Date {
        let edge = context.now.addingTimeInterval(-configuration.backfill.seconds)
        guard let known = Bookmark(context).newest else { return edge }
        return max(edge, known.addingTimeInterval(-overlap.seconds))
    }

    private func page(at address: String, _ memo: PageMemo, cursor: Int? = nil) -> PageRequest {
        let isOwn = WebAddress.origin(of: address) != nil && WebAddress.origin(of: address) == WebAddress.origin(of: url)
        var address = address
        for parameter in query where parameter.isSecret && isOwn {
            address = QueryText.setting(parameter.name, to: parameter.value, in: address)
        }
        var request = PageRequest(url: address, headers: isOwn ? headers : [], accept: "application/json", cursor: cursor)
        request.memo = memo.text
        return request
    }

    // MARK: - Reading

    public func read(_ document: Document, of request: PageRequest, _ context: PollContext) throws(ReadFailure) -> Page {
        let root = try APIAnswer.json(document, context)
        try refuseComplaint(in: root, context)
        let entries = try entries(in: root, context)
        var memo = PageMemo(request.memo)
        let kept = entries.prefix(context.ceilings.items)
        var items: [Item?] = []
        for (index, entry) in kept.enumerated() {
            if index % 64 == 0, let deadline = context.deadline, deadline <= .now {
                throw ReadFailure(.timeout, "the document takes too long to read: \(index) of \(entries.count) entries by the end of the poll")
            }
            items.append(configuration.fields.item(entry.node, key: entry.key, base: document.url))
        }
        var page = Page(items: items.compactMap { $0 })
        page.rejected = items.count { $0 == nil }
        if page.items.isEmpty, page.rejected > 0 { throw nothingReadable(entries) }
        page.isTruncated = entries.count > kept.count
        let extent = memo.index > 0 ? "\(memo.index + 1) pages" : entries.count == 1 ? "1 entry" : "\(entries.count) entries"
        page.description = "JSON, \(extent)"
        page.retryAt = wish(root, document, context)
        let isFirst = memo.index == 0
        memo.note(page.items, now: context.now)
        page.state = Bookmark(context).moved(by: memo, isFirst: isFirst, items: page.items)
        if page.retryAt == nil { page.next = next(after: request, root, entries.map(\.node), page.items, memo, document, context) }
        return page
    }

    public func explain(_ failure: ReadFailure) -> ReadFailure {
        guard failure.outcome == .auth, headers.isEmpty, !query.contains(where: \.isSecret) else { return failure }
        var explained = failure
        explained.hint = """
            The API wants a key: give its variable's name in the source's headers or in config.query, as {"env":"NAME"}.
            """
        return explained
    }

    private func refuseComplaint(in root: JSONNode, _ context: PollContext) throws(ReadFailure) {
        for rule in configuration.errors {
            guard let node = rule.at.find(in: root), Self.isTold(node, rule.equals) else { continue }
            let words = rule.message.flatMap { $0.find(in: root) }.flatMap(APIAnswer.words) ?? APIAnswer.words(of: node) ?? "no message"
            throw refusal(words, rule.outcome)
        }
        guard (configuration.items.find(in: root)?.array ?? []).isEmpty, let complaint = APIAnswer.complaint(in: root) else { return }
        throw refusal(APIAnswer.words(of: complaint) ?? "no message", nil)
    }

    private func refusal(_ words: String, _ outcome: Outcome?) -> ReadFailure {
        ReadFailure(outcome ?? APIAnswer.outcome(ofWords: words) ?? .schema, "the API reports: \(SafeText.line(words, limit: 160))")
    }

    private static func isTold(_ node: JSONNode, _ equals: String?) -> Bool {
        guard let equals else { return node.bool == true || node.bool == nil && (APIAnswer.words(of: node) != nil || node.object?.isEmpty == false) }
        return (node.string ?? node.number ?? node.bool.map(String.init)) == equals
    }

    private func nothingReadable(_ entries: [(key: String, node: JSONNode)]) -> ReadFailure {
        let keys = entries.first?.node.object?.map(\.key).prefix(8).joined(separator: ", ") ?? entries.first?.node.value.kindName ?? ""
        return ReadFailure(
            .schema, "none of the \(entries.count) entries has an id, an address or a title; the first holds: \(SafeText.line(keys, limit: 160))",
            hint: "The API has changed its shape, or config.fields points elsewhere.")
    }

    // MARK: - Where the entries are

    private func entries(in root: JSONNode, _ context: PollContext) throws(ReadFailure) -> [(key: String, node: JSONNode)] {
        guard let node = configuration.items.find(in: root) else { throw missing(root) }
        if node.isNull { return [] }
        if configuration.shape == .columns { return try rows(of: node, context) }
        if let list = node.array { return list.enumerated().dropFirst(configuration.skip).map { (String($0.offset), $0.element) } }
        if let members = node.object { return members.dropFirst(configuration.skip).map { ($0.key, $0.node) } }
        throw ReadFailure(.schema, "\(node.value.kindName) at \(configuration.items) where a list was due", hint: Self.shapeHint)
    }

    private static let shapeHint = "The API has changed its shape, or config.items points elsewhere."

    private func missing(_ root: JSONNode) -> ReadFailure {
        let told = ["message", "Message", "detail", "Note", "Information", "title"].lazy.compactMap { root[$0]?.string }.first
        let keys = root.object?.map(\.key).prefix(8).joined(separator: ", ") ?? root.value.kindName
        let words = told.map { ", which says “\(SafeText.line($0, limit: 120))”" } ?? ""
        return ReadFailure(
            told.flatMap(APIAnswer.outcome) ?? .schema,
            "JSON with nothing at \(configuration.items)\(words); its keys are: \(SafeText.line(keys, limit: 160))", hint: Self.shapeHint)
    }

    /// An object of lists as a list of objects.
    private func rows(of node: JSONNode, _ context: PollContext) throws(ReadFailure) -> [(key: String, node: JSONNode)] {
        let columns = (node.object ?? []).compactMap { member in member.node.array.map { (member, $0) } }
        guard let count = columns.map(\.1.count).max() else {
            throw ReadFailure(.schema, "no lists at \(configuration.items) where columns were due", hint: Self.shapeHint)
        }
        // One more than the ceiling, so that it is noticed.
        return (configuration.skip..<max(configuration.skip, min(count, context.ceilings.items + configuration.skip + 1))).map { row in
            let members = columns.compactMap { member, cells in
                cells.indices.contains(row) ? JSONMember(key: member.key, keyRange: member.keyRange, node: cells[row]) : nil
            }
            return (String(row), JSONNode(value: .object(members), range: node.range))
        }
    }

    // MARK: - Going on

    /// When the API wants to be asked again, where it says so in a good answer.
    private func wish(_ root: JSONNode, _ document: Document, _ context: PollContext) -> Date? {
        var headers = document.headers
        for (own, usual) in [(configuration.remainingHeader, "x-ratelimit-remaining"), (configuration.resetHeader, "x-ratelimit-reset")] {
            if let own, let value = document.headers[own] { headers.insert(HTTPHeader(name: usual, value: value), at: 0) }
        }
        let said = configuration.wait.flatMap { $0.find(in: root)?.double }.flatMap { $0 > 0 ? $0 : nil }
        let waited = said.map { context.now.addingTimeInterval(min($0, RetryAfter.most.seconds)) }
        return [RetryAfter.instant(in: headers, now: context.now), waited].compactMap { $0 }.max()
    }

    private func next(
        after request: PageRequest, _ root: JSONNode, _ entries: [JSONNode], _ items: [Item], _ memo: PageMemo, _ document: Document,
        _ context: PollContext
    ) -> PageRequest? {
        guard let paging = configuration.paging, !entries.isEmpty, !isReached(items, context) else { return nil }
        if let more = paging.more, more.find(in: root)?.bool != true { return nil }
        let memo = memo.following(entries.count)
        switch paging.by {
        case .link(let pointer):
            let link = pointer.map { $0.find(in: root)?.string } ?? LinkHeader.next(in: document.headers)
            guard let link, !link.isEmpty, let address = WebAddress.resolve(link, against: document.url) else { return nil }
            return page(at: address, memo)
        case .cursor(let parameter, let pointer, let isOfLast, _):
            guard let node = isOfLast ? entries.last.flatMap(pointer.find) : pointer.find(in: root) else { return nil }
            return page(at: parameters(parameter, node), memo, context)
        case .page(let parameter, let first):
            guard !isLast(paging, root, memo, count: entries.count) else { return nil }
            return page(at: [(parameter, String(first + memo.index))], memo, context)
        case .offset(let parameter, let first):
            guard !isLast(paging, root, memo, count: entries.count) else { return nil }
            return page(at: [(parameter, String(first + memo.seen))], memo, context)
        case .time(let parameter, let form, let isForward):
            guard paging.size.map({ entries.count >= $0 }) ?? true else { return nil }
            return timed(parameter, form, isForward, after: request, items, memo, context)
        }
    }

    private func page(at parameters: [(String, String)], _ memo: PageMemo, _ context: PollContext) -> PageRequest? {
        guard !parameters.isEmpty else { return nil }
        let address = parameters.reduce(plainAddress(context)) { QueryText.setting($1.0, to: $1.1, in: $0) }
        return page(at: address, memo)
    }

    private func parameters(_ name: String, _ node: JSONNode) -> [(String, String)] {
        if let members = node.object { return members.prefix(8).flatMap { parameters($0.key, $0.node) } }
        guard let token = node.string ?? node.number, !token.isEmpty, token.utf8.count <= 4096 else { return [] }
        return [(name, token)]
    }

    /// True when the page that was read is the last one that there is.
    private func isLast(_ paging: JSONAPIConfiguration.Paging, _ root: JSONNode, _ memo: PageMemo, count: Int) -> Bool {
        if let size = paging.size, count < size { return true }
        if let total = paging.total?.find(in: root)?.int, memo.seen >= total { return true }
        return paging.pages?.find(in: root)?.int.map { memo.index >= $0 } ?? false
    }

    /// True when the page came to what an earlier poll has read, or to the backfill's edge.
    private func isReached(_ items: [Item], _ context: PollContext) -> Bool {
        guard configuration.order == .newestFirst else { return false }
        if let oldest = items.compactMap(\.publishedAt).min() { return oldest <= start(context) }
        return Bookmark(context).knows(items)
    }

    private func timed(
        _ parameter: String, _ form: DateForm, _ isForward: Bool, after request: PageRequest, _ items: [Item], _ memo: PageMemo,
        _ context: PollContext
    ) -> PageRequest? {
        let times = items.compactMap { $0.publishedAt ?? $0.updatedAt }.map { Int(($0.timeIntervalSince1970 * 1000).rounded(.down)) }
        guard let oldest = times.min(), let newest = times.max() else { return nil }
        // The guard's cursors shrink; one that goes forward is counted backwards.
        let sign = isForward ? -1 : 1
        var cursor = isForward ? newest : oldest
        // "On or before" serves the boundary's instant again, so that nothing of it is lost; where a page is one instant, step over it.
        if oldest == newest || request.cursor == sign * cursor { cursor -= sign * form.stepMilliseconds }
        let text = form.text(of: Date(timeIntervalSince1970: Double(cursor) / 1000))
        let address = QueryText.setting(parameter, to: text, in: plainAddress(context))
        return page(at: address, memo, cursor: sign * cursor)
    }
}
