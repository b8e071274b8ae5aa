import SourcePlugins
import WireCore

/// Reads the `config` of kind `json`.
struct JSONKindSection {
    let problems: FileProblemList

    static let keys = [
        "query", "items", "shape", "skip", "fields", "order", "paging", "since", "backfill", "errors", "wait", "remainingHeader", "resetHeader",
    ]
    static let pagingKeys = [
        "by", "parameter", "pointer", "lastItem", "first", "size", "sizeParameter", "total", "pages", "more", "date", "forward",
    ]
    static let sinceKeys = ["parameter", "date", "overlap", "until"]
    static let errorKeys = ["at", "equals", "message", "outcome"]
    /// Outcomes that a complaint may be told as.
    static let outcomes: [Outcome] = [.rateLimited, .blocked, .auth, .gone, .http, .schema, .config, .empty]

    func read(_ source: ConfigObject) -> SourceConfiguration.Kind? {
        guard let node = source["config"] else {
            problems.add(at: source.node.range.lowerBound, "\(source.what) is of kind json and has no \"config\", which says where its items are")
            return nil
        }
        let what = "config of \(source.what)"
        guard let object = ConfigObject(node, what: what, allowed: Self.keys, problems: problems) else { return nil }
        var configuration = JSONAPIConfiguration()
        if let value = object.pointer("items") { configuration.items = value }
        if let value = object.choice("shape", JSONAPIConfiguration.Shape.self) { configuration.shape = value }
        if let value = object.int("skip", in: 0...1000) { configuration.skip = value }
        if let value = object.choice("order", JSONAPIConfiguration.Order.self) { configuration.order = value }
        if let value = object.duration("backfill", in: .seconds(60)...(.seconds(3650 * 86_400))) { configuration.backfill = value }
        configuration.wait = object.pointer("wait")
        configuration.remainingHeader = object.fieldValue("remainingHeader")
        configuration.resetHeader = object.fieldValue("resetHeader")
        readFields(object, into: &configuration)
        if let node = object["paging"] { configuration.paging = paging(node, object) }
        if let node = object["since"] { configuration.since = since(node, object) }
        configuration.errors = errors(object)
        return .json(configuration, query: object.settings("query"))
    }

    private func readFields(_ object: ConfigObject, into configuration: inout JSONAPIConfiguration) {
        guard let node = object["fields"] else {
            return problems.add(at: object.node.range.lowerBound, "\(object.what) has no \"fields\", which say which field of an item is which")
        }
        configuration.fields = FieldsSection(problems: problems).read(node, of: object.what)
        let isKnown = node.object?.allSatisfy { FieldsSection.keys.contains($0.key) } == true
        if isKnown, !["id", "url", "title"].contains(where: { node[$0] != nil }) {
            problems.add(
                at: node.range.lowerBound, "fields of \(object.what) need an id, a url or a title: without one no item can be told from the next")
        }
    }

    private func paging(_ node: JSONNode, _ config: ConfigObject) -> JSONAPIConfiguration.Paging? {
        let what = "paging of \(config.what)"
        guard let object = ConfigObject(node, what: what, allowed: Self.pagingKeys, problems: problems), let by = way(object) else { return nil }
        var paging = JSONAPIConfiguration.Paging(by: by)
        paging.size = object.int("size", in: 1...20_000)
        paging.sizeParameter = object.string("sizeParameter")
        paging.total = object.pointer("total")
        paging.pages = object.pointer("pages")
        paging.more = object.pointer("more")
        return paging
    }

    private func way(_ object: ConfigObject) -> JSONAPIConfiguration.Way? {
        let names = JSONAPIConfiguration.Way.names
        guard let node = object["by"], let name = node.string, names.contains(name) else {
            let due = "one of \(names.joined(separator: ", "))"
            if let node = object["by"] {
                let nearest = node.string.flatMap { NearestName.of($0, among: names) }.map { "; did you mean \"\($0)\"?" } ?? ""
                object.wrong(node, "by", due: due + nearest)
            } else {
                problems.add(at: object.node.range.lowerBound, "\(object.what) has no \"by\", which is \(due)")
            }
            return nil
        }
        if name == "link" { return .link(object.pointer("pointer")) }
        guard let parameter = object.string("parameter") else {
            if object["parameter"] == nil { problems.add(at: object.node.range.lowerBound, "\(object.what) has no \"parameter\"") }
            return nil
        }
        switch name {
        case "page": return .page(parameter: parameter, first: object.int("first", in: 0...1_000_000) ?? 1)
        case "offset": return .offset(parameter: parameter, first: object.int("first", in: 0...1_000_000) ?? 0)
        case "time":
            return .time(parameter: parameter, form: object.dateForm("date") ?? .automatic, isForward: object.bool("forward") ?? false)
        default:
            let last = object.pointer("lastItem")
            guard let pointer = object.pointer("pointer") ?? last else {
                problems.add(at: object.node.range.lowerBound, "\(object.what) has neither \"pointer\" nor \"lastItem\", where the next cursor is")
                return nil
            }
            return .cursor(
                parameter: parameter, pointer: pointer, ofLastItem: object["pointer"] == nil,
                first: object["first"].flatMap { $0.string ?? $0.number })
        }
    }

    private func since(_ node: JSONNode, _ config: ConfigObject) -> JSONAPIConfiguration.Since? {
        let what = "since of \(config.what)"
        guard let object = ConfigObject(node, what: what, allowed: Self.sinceKeys, problems: problems) else { return nil }
        guard let parameter = object.string("parameter") else {
            if object["parameter"] == nil { problems.add(at: node.range.lowerBound, "\(what) has no \"parameter\"") }
            return nil
        }
        var since = JSONAPIConfiguration.Since(parameter: parameter)
        if let form = object.dateForm("date") { since.form = form }
        if let overlap = object.duration("overlap", in: .zero...(.seconds(30 * 86_400))) { since.overlap = overlap }
        since.until = object.string("until")
        return since
    }

    private func errors(_ config: ConfigObject) -> [JSONAPIConfiguration.ErrorRule] {
        guard let node = config["errors"] else { return [] }
        guard let list = node.array, list.count <= 16 else {
            config.wrong(node, "errors", due: "a list of at most 16 objects, each with a pointer \"at\"")
            return []
        }
        return list.compactMap { node in
            guard let object = ConfigObject(node, what: "errors of \(config.what)", allowed: Self.errorKeys, problems: problems) else { return nil }
            guard let at = object.pointer("at") else {
                if object["at"] == nil { problems.add(at: node.range.lowerBound, "\(object.what) has no \"at\", where the complaint stands") }
                return nil
            }
            var rule = JSONAPIConfiguration.ErrorRule(at: at)
            rule.equals = object["equals"].flatMap { $0.string ?? $0.number ?? $0.bool.map(String.init) }
            rule.message = object.pointer("message")
            if let node = object["outcome"] {
                rule.outcome = Self.outcomes.first { $0.rawValue == node.string }
                if rule.outcome == nil { object.wrong(node, "outcome", due: "one of \(Self.outcomes.map(\.rawValue).joined(separator: ", "))") }
            }
            return rule
        }
    }
}
