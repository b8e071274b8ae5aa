import Fetch
import FoundationEssentials
import Resilience
import SourcePlugins
import WireCore

/// Turns the text of Plugins.json into a ``Registry``, or names everything that is wrong with it.
public struct RegistryReader {
    /// Bounds on intervals: an operator cannot hammer a server by a slip, nor forget a source for years.
    public static let intervals: ClosedRange<Duration> = .seconds(1)...(.seconds(30 * 86_400))
    /// A registry file is no larger.
    public static let maximumBytes = 32 << 20

    private let text: [UInt8]
    private let file: String
    private let problems: FileProblemList

    /// Reads `text`; `file` is its name in messages. Throws every problem at once; there is no partial registry.
    public static func read(_ text: [UInt8], file: String) throws(RegistryRefusal) -> Registry {
        let reader = RegistryReader(text: text, file: file)
        let root: JSONNode
        do {
            root = try JSONReader.read(text, maximumDepth: 32)
        } catch {
            let what = looksLikeUTF16(text) ? "looks like UTF-16; save it as UTF-8" : "no valid JSON: \(error.message)"
            throw RegistryRefusal(file: file, problems: [FileProblem(position: TextPosition(of: error.offset, in: text), message: what)])
        }
        let registry = reader.registry(root)
        guard reader.problems.isEmpty else {
            throw RegistryRefusal(file: file, problems: reader.problems.sorted, isCutShort: reader.problems.isCutShort)
        }
        return registry
    }

    /// By its mark, or by the zero bytes beside its ASCII letters.
    private static func looksLikeUTF16(_ text: [UInt8]) -> Bool {
        text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) || text.prefix(4).count { $0 == 0 } == 2
    }

    private init(text: [UInt8], file: String) {
        self.text = text
        self.file = file
        problems = FileProblemList(text: text)
    }

    // MARK: - Top level

    static let topKeys = ["$schema", "version", "defaults", "network", "retention", "gateway", "newsroom", "sources"]
    static let defaultsKeys = ["interval", "expects", "ceilings", "breaker", "headers", "tags"]
    static let sourceKeys = [
        "id", "kind", "url", "config", "disabled", "interval", "expects", "ceilings", "breaker", "fallback", "headers", "tags", "note",
    ]
    static let disabledKeys = ["by", "reason", "at", "until"]
    static let breakerKeys = [
        "mode", "consecutiveFailures", "failureRate", "slowRate", "slowPoll", "window", "minimumPolls", "openFor", "openAtMost",
    ]
    static let networkKeys = ["perHost", "spacing", "concurrency", "allowPrivate", "userAgent"]
    static let retentionKeys = ["articles", "polls", "audit"]
    static let coindeskKeys = ["sourceIds", "language", "pageSize", "backfill", "key"]
    static let priceKeys = ["coins", "key"]

    private func registry(_ root: JSONNode) -> Registry {
        guard let top = ConfigObject(root, what: "the registry", allowed: Self.topKeys, problems: problems) else { return Registry() }
        checkVersion(top)
        var registry = Registry()
        registry.network = network(top["network"])
        registry.retention = retention(top["retention"])
        registry.gateway = GatewaySection(problems: problems).read(top["gateway"])
        registry.newsroom = NewsroomSection(problems: problems).read(top["newsroom"])
        let defaults = top["defaults"].flatMap {
            ConfigObject($0, what: "defaults", allowed: Self.defaultsKeys, problems: problems)
        }
        guard let list = top["sources"] else {
            problems.add(at: root.range.lowerBound, "the registry has no list \"sources\"")
            return registry
        }
        guard let entries = list.array else {
            top.wrong(list, "sources", due: "a list of sources")
            return registry
        }
        var nodes: [SourceID: JSONNode] = [:]
        var sources: [SourceConfiguration] = []
        for entry in entries where !problems.isCutShort {
            guard let (source, origins) = source(entry, defaults) else { continue }
            if let first = nodes[source.id] {
                problems.add(
                    at: (entry["id"] ?? entry).range.lowerBound, "the id \"\(source.id)\" is given twice, first at line \(problems.line(of: first))")
                continue
            }
            nodes[source.id] = entry
            sources.append(source)
            registry.origins[source.id] = origins
        }
        registry.sources = sources
        checkFallbacks(registry, nodes)
        checkTreatments(top["newsroom"]?["enrichment"], nodes)
        return registry
    }

    private func checkVersion(_ top: ConfigObject) {
        guard let node = top["version"] else {
            return problems.add(at: top.node.range.lowerBound, "the registry has no \"version\"; this program reads version 1")
        }
        if node.int != 1 { top.wrong(node, "version", due: "1, the version that this program reads") }
    }

    private func network(_ node: JSONNode?) -> NetworkConfiguration {
        var network = NetworkConfiguration()
        guard let node, let object = ConfigObject(node, what: "network", allowed: Self.networkKeys, problems: problems) else {
            return network
        }
        if let value = object.int("perHost", in: 1...64) { network.perHost = value }
        if let value = object.duration("spacing", in: .zero...(.seconds(60))) { network.spacing = value }
        if let value = object.int("concurrency", in: 2...1024) { network.concurrency = value }
        if let value = object.fieldValue("userAgent") { network.userAgent = value }
        let block = "an address block such as \"127.0.0.1/32\""
        network.allowPrivate = object.strings("allowPrivate", due: block) { AddressBlock(parsing: $0) != nil } ?? []
        return network
    }

    private func retention(_ node: JSONNode?) -> RetentionConfiguration {
        var retention = RetentionConfiguration()
        guard let node, let object = ConfigObject(node, what: "retention", allowed: Self.retentionKeys, problems: problems) else {
            return retention
        }
        let range = Duration.seconds(3600)...(.seconds(36_500 * 86_400))
        func kept(_ key: String, _ standard: Duration?) -> Duration? {
            object[key]?.string == "forever" ? nil : object.duration(key, in: range) ?? standard
        }
        retention.articles = kept("articles", retention.articles)
        retention.audit = kept("audit", retention.audit)
        if let value = object.duration("polls", in: range) { retention.polls = value }
        return retention
    }

    /// Every fallback exists and no chain comes back to where it began.
    private func checkFallbacks(_ registry: Registry, _ nodes: [SourceID: JSONNode]) {
        let byID = Dictionary(uniqueKeysWithValues: registry.sources.map { ($0.id, $0) })
        for source in registry.sources where !problems.isCutShort {
            guard let fallback = source.fallback, let node = nodes[source.id]?["fallback"] else { continue }
            guard byID[fallback] != nil else {
                let nearest = Self.nearest(to: fallback.text, nodes)
                problems.add(at: node.range.lowerBound, "fallback of source \"\(source.id)\" is \"\(fallback)\", which is no source\(nearest)")
                continue
            }
            var visited: Set<SourceID> = [source.id]
            var next = source.fallback
            while let id = next, visited.insert(id).inserted { next = byID[id]?.fallback }
            if next == source.id {
                problems.add(at: node.range.lowerBound, "the fallbacks of source \"\(source.id)\" lead back to itself")
            }
        }
    }

    /// Every source that a treatment of its own is asked for exists: a slip would be treated as all others are, in silence.
    private func checkTreatments(_ enrichment: JSONNode?, _ nodes: [SourceID: JSONNode]) {
        for key in ["premium", "skip"] {
            for node in enrichment?[key]?.array ?? [] {
                guard let name = node.string, SourceID(name).flatMap({ nodes[$0] }) == nil else { continue }
                problems.add(
                    at: node.range.lowerBound,
                    "\(key) of newsroom.enrichment holds \"\(SafeText.line(name, limit: 64))\", which is no source\(Self.nearest(to: name, nodes))")
            }
        }
    }

    private static func nearest(to name: String, _ nodes: [SourceID: JSONNode]) -> String {
        NearestName.of(name, among: nodes.keys.map(\.text)).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    // MARK: - A source

    private func source(_ node: JSONNode, _ defaults: ConfigObject?) -> (SourceConfiguration, [EffectiveValue])? {
        let name = node["id"]?.string.map { "source \"\(SafeText.line($0, limit: 64))\"" } ?? "a source"
        guard let object = ConfigObject(node, what: name, allowed: Self.sourceKeys, problems: problems) else { return nil }
        let id = id(object)
        let kind = kind(object)
        let url = url(object, kind)
        var values = EffectiveValues(problems: problems, source: object, defaults: defaults)
        let disabled = disabling(object)
        let (interval, expects) = (interval(&values), expects(&values))
        let (ceilings, breaker) = (ceilings(&values), breaker(&values))
        let (headers, tags) = (headers(&values), tags(&values))
        let (fallback, note) = (fallback(object), object.string("note"))
        guard let id, let kind, let url else { return nil }
        let source = SourceConfiguration(
            id: id, kind: kind, url: url, disabled: disabled, interval: interval, expects: expects, ceilings: ceilings,
            breaker: breaker, fallback: fallback, headers: headers, tags: tags, note: note, line: problems.line(of: node))
        return (source, described(source, object, values.list))
    }

    private func described(_ source: SourceConfiguration, _ object: ConfigObject, _ inherited: [EffectiveValue]) -> [EffectiveValue] {
        func own(_ key: String, _ value: String) -> EffectiveValue {
            let member = String(key.prefix { $0 != "." })
            return EffectiveValue(key: key, value: value, origin: object[member].map { .source(line: problems.line(of: $0)) } ?? .builtIn)
        }
        var list = [own("id", source.id.text), own("kind", source.kind.name), own("url", source.url)]
        if case .coindesk(let configuration, let key) = source.kind {
            list.append(
                own(
                    "config",
                    "sourceIds \(configuration.sourceIDs.joined(separator: ",")), language \(configuration.language), "
                        + "pageSize \(configuration.pageSize), backfill \(configuration.backfill.text), key \(key?.redacted ?? "none")"))
        }
        if case .price(let configuration, let key) = source.kind {
            list.append(own("config", "coins \(configuration.coins.joined(separator: ",")), key \(key?.redacted ?? "none")"))
        }
        if case .json(let configuration, let query) = source.kind {
            list.append(own("config", configuration.summary))
            for setting in query { list.append(own("config.query.\(setting.name)", setting.value.redacted)) }
        }
        if case .exec(let configuration) = source.kind {
            list.append(own("config", configuration.summary))
            for setting in configuration.environment { list.append(own("config.environment.\(setting.name)", setting.value.redacted)) }
        }
        if let fallback = source.fallback { list.append(own("fallback", fallback.text)) }
        if let disabled = source.disabled {
            list.append(
                own("disabled", [disabled.reason, disabled.until.map { "until \(UTCTime.text($0))" }].compactMap { $0 }.joined(separator: ", ")))
        }
        return list + inherited
    }

    private func id(_ object: ConfigObject) -> SourceID? {
        guard let node = object["id"] else {
            problems.add(at: object.node.range.lowerBound, "\(object.what) has no \"id\"")
            return nil
        }
        guard let id = node.string.flatMap({ SourceID($0) }) else {
            object.wrong(node, "id", due: SourceID.rule)
            return nil
        }
        return id
    }

    private func kind(_ object: ConfigObject) -> SourceConfiguration.Kind? {
        guard let node = object["kind"] else {
            problems.add(at: object.node.range.lowerBound, "\(object.what) has no \"kind\"; it is one of \(kindList)")
            return nil
        }
        switch node.string {
        case "feed":
            if let config = object["config"] {
                problems.add(at: config.range.lowerBound, "\(object.what) is of kind feed, which takes no \"config\"")
            }
            return .feed
        case "coindesk": return coindesk(object)
        case "price": return price(object)
        case "json": return JSONKindSection(problems: problems).read(object)
        case "exec": return ExecKindSection(problems: problems, folder: FilePathText(path: file).folder).read(object)
        default:
            let nearest = node.string.flatMap { NearestName.of($0, among: SourceConfiguration.Kind.names) }
            object.wrong(node, "kind", due: "one of \(kindList)" + (nearest.map { "; did you mean \"\($0)\"?" } ?? ""))
            return nil
        }
    }

    private var kindList: String { SourceConfiguration.Kind.names.joined(separator: ", ") }

    private func coindesk(_ source: ConfigObject) -> SourceConfiguration.Kind? {
        var configuration = CoinDeskAdapter.Configuration()
        var key: SettingValue? = .environment(CoinDeskAdapter.keyVariable)
        guard let node = source["config"] else { return .coindesk(configuration, key: key) }
        let what = "config of \(source.what)"
        guard let object = ConfigObject(node, what: what, allowed: Self.coindeskKeys, problems: problems) else { return nil }
        if let value = object.strings("sourceIds") { configuration.sourceIDs = value }
        if let value = object.string("language") { configuration.language = value }
        if let value = object.int("pageSize", in: 1...100) { configuration.pageSize = value }
        if let value = object.duration("backfill", in: .seconds(60)...(.seconds(30 * 86_400))) { configuration.backfill = value }
        if let node = object["key"] { key = secret(node, object, "key") }
        return .coindesk(configuration, key: key)
    }

    private func price(_ source: ConfigObject) -> SourceConfiguration.Kind? {
        guard let node = source["config"] else {
            problems.add(at: source.node.range.lowerBound, "\(source.what) is of kind price and needs a \"config\" with \"coins\"")
            return nil
        }
        let what = "config of \(source.what)"
        guard let object = ConfigObject(node, what: what, allowed: Self.priceKeys, problems: problems) else { return nil }
        let due = "the API's id of a coin, such as \"bitcoin\""
        let coins = object.strings("coins", due: due, check: PriceAdapter.isCoin) ?? []
        guard (1...PriceAdapter.mostCoins).contains(coins.count) else {
            problems.add(at: node.range.lowerBound, "\(what) names \(coins.count) coins, but must name 1 to \(PriceAdapter.mostCoins)")
            return nil
        }
        let key = object["key"].map { secret($0, object, "key") } ?? .environment(PriceAdapter.keyVariable)
        return .price(PriceAdapter.Configuration(coins: coins), key: key)
    }

    /// `{"env":"NAME"}` and nothing else: a secret never stands in the file.
    private func secret(_ node: JSONNode, _ object: ConfigObject, _ key: String) -> SettingValue? {
        guard let members = node.object, members.count == 1, let name = node["env"]?.string, Self.isVariable(name) else {
            problems.add(
                at: node.range.lowerBound,
                "\(key) of \(object.what) is a secret and must be {\"env\":\"NAME\"}, the name of an environment variable, never a value")
            return nil
        }
        return .environment(name)
    }

    static func isVariable(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 128 && name.utf8.first.map { !(0x30...0x39).contains($0) } == true
            && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) || $0 == 0x5F }
    }

    private func url(_ object: ConfigObject, _ kind: SourceConfiguration.Kind?) -> String? {
        guard let node = object["url"] else {
            switch kind {
            case .coindesk: return CoinDeskAdapter.defaultURL
            case .price: return PriceAdapter.defaultURL
            case .exec(let configuration): return "exec:" + (configuration.command.first ?? "")
            // Whether it needs one is not known while its config is wrong, which has been told.
            case nil where object["kind"]?.string == "exec": return nil
            default: break
            }
            problems.add(at: object.node.range.lowerBound, "\(object.what) has no \"url\"")
            return nil
        }
        if let due = SourceURL.fault(of: node.string ?? "") {
            object.wrong(node, "url", due: due)
            return nil
        }
        return node.string
    }

    private func disabling(_ object: ConfigObject) -> Disabling? {
        guard let node = object["disabled"] else { return nil }
        let what = "disabled of \(object.what)"
        guard let object = ConfigObject(node, what: what, allowed: Self.disabledKeys, problems: problems) else { return nil }
        return Disabling(
            by: object.string("by"), reason: object.string("reason"), at: object.instant("at"), until: object.instant("until"))
    }

    private func fallback(_ object: ConfigObject) -> SourceID? {
        guard let node = object["fallback"] else { return nil }
        guard let id = node.string.flatMap({ SourceID($0) }) else {
            object.wrong(node, "fallback", due: "the id of another source")
            return nil
        }
        return id
    }

    // MARK: - Values with defaults

    private func interval(_ values: inout EffectiveValues) -> IntervalPolicy {
        let builtIn = IntervalPolicy.adaptive(least: .seconds(300), most: .seconds(6 * 3600))
        return values.pick("interval", builtIn: builtIn, text: \.text) { object, node in
            if node.string != nil { return object.duration(node, "interval", in: Self.intervals).map { .fixed($0) } }
            guard node.object != nil else {
                object.wrong(node, "interval", due: "a duration such as \"15m\", or { \"min\": \"5m\", \"max\": \"6h\" }")
                return nil
            }
            guard let range = ConfigObject(node, what: "interval of \(object.what)", allowed: ["min", "max"], problems: problems) else {
                return nil
            }
            let least = range.duration("min", in: Self.intervals) ?? .seconds(300)
            let most = range.duration("max", in: Self.intervals) ?? max(least, .seconds(6 * 3600))
            if least > most {
                problems.add(at: node.range.lowerBound, "interval of \(object.what): min \(least.text) is more than max \(most.text)")
            }
            return .adaptive(least: least, most: most)
        }
    }

    private func expects(_ values: inout EffectiveValues) -> Duration? {
        values.pick("expects", builtIn: nil, text: { $0?.text ?? "nothing said" }) { object, node in
            object.duration(node, "expects", in: .seconds(60)...(.seconds(365 * 86_400)))
        }
    }

    private func tags(_ values: inout EffectiveValues) -> [String] {
        values.pick("tags", builtIn: [], text: { $0.joined(separator: ", ") }) { object, _ in object.strings("tags") }
    }

    private func ceilings(_ values: inout EffectiveValues) -> Ceilings {
        var ceilings = Ceilings()
        values.each("ceilings", allowed: Ceilings.fields.map(\.key)) { object in
            for field in Ceilings.fields {
                switch field.kind {
                case .count(let path, let range): if let value = object.int(field.key, in: range) { ceilings[keyPath: path] = value }
                case .bytes(let path, let range):
                    if let value = object.byteCount(field.key, in: range) { ceilings[keyPath: path] = value }
                case .time(let path, let range):
                    if let value = object.duration(field.key, in: range) { ceilings[keyPath: path] = value }
                }
            }
        }
        for field in Ceilings.fields { values.note("ceilings", field.key, ceilings.text(of: field)) }
        return ceilings
    }

    private func breaker(_ values: inout EffectiveValues) -> BreakerConfiguration {
        var breaker = BreakerConfiguration()
        values.each("breaker", allowed: Self.breakerKeys) { object in
            if let value = object.choice("mode", BreakerConfiguration.Mode.self) { breaker.mode = value }
            if let value = object.int("consecutiveFailures", in: 1...100) { breaker.consecutiveFailures = value }
            if let value = object.share("failureRate") { breaker.failureRate = value }
            if let value = object.share("slowRate") { breaker.slowRate = value }
            if let value = object.duration("slowPoll", in: .milliseconds(10)...(.seconds(600))) { breaker.slowPoll = value }
            if let value = object.int("window", in: 2...100) { breaker.window = value }
            if let value = object.int("minimumPolls", in: 1...100) { breaker.minimumPolls = value }
            if let value = object.duration("openFor", in: .milliseconds(100)...(.seconds(86_400))) { breaker.openFor = value }
            if let value = object.duration("openAtMost", in: .milliseconds(100)...(.seconds(7 * 86_400))) { breaker.openAtMost = value }
        }
        checkOpenTimes(breaker, values)
        let texts = [
            "mode": breaker.mode.rawValue, "consecutiveFailures": String(breaker.consecutiveFailures),
            "failureRate": String(breaker.failureRate), "slowRate": String(breaker.slowRate), "slowPoll": breaker.slowPoll.text,
            "window": String(breaker.window), "minimumPolls": String(breaker.minimumPolls), "openFor": breaker.openFor.text,
            "openAtMost": breaker.openAtMost.text,
        ]
        for key in Self.breakerKeys { values.note("breaker", key, texts[key] ?? "") }
        return breaker
    }

    /// The first open time cannot be longer than the longest.
    private func checkOpenTimes(_ breaker: BreakerConfiguration, _ values: EffectiveValues) {
        guard breaker.openFor > breaker.openAtMost else { return }
        let groups = [values.source, values.defaults].compactMap { $0?["breaker"] }
        let node = groups.compactMap { $0["openFor"] ?? $0["openAtMost"] }.first
        problems.add(
            at: (node ?? values.source.node).range.lowerBound,
            "openFor of breaker of \(values.source.what) is \(breaker.openFor.text), but must not be more than openAtMost, "
                + "which is \(breaker.openAtMost.text)")
    }

    /// Names of header fields that carry secrets by nature.
    private static let secretHeaders: Set<String> = ["authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token"]
    /// Header fields that the host itself sets.
    private static let ownHeaders: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "accept-encoding", "if-none-match", "if-modified-since", "te", "upgrade",
    ]

    /// True for a header field that a source may set: a token (RFC 9110, 5.6.2) that is not the host's own.
    static func canBeHeader(_ name: String) -> Bool {
        let token = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz".utf8)
        return !name.isEmpty && name.lowercased().utf8.allSatisfy(token.contains) && !ownHeaders.contains(name.lowercased())
    }

    /// Header fields of one source.
    private static let mostHeaders = 64

    private func headers(_ values: inout EffectiveValues) -> [HeaderSetting] {
        var headers: [HeaderSetting] = []
        values.each("headers", allowed: nil) { object in
            let members = object.node.object ?? []
            guard members.count <= Self.mostHeaders else {
                return problems.add(at: object.node.range.lowerBound, "\(object.what) are more than \(Self.mostHeaders)")
            }
            for member in members {
                guard let setting = header(member, object) else { continue }
                headers.removeAll { $0.name.lowercased() == setting.name.lowercased() }
                headers.append(setting)
            }
        }
        for header in headers { values.note("headers", header.name, header.value.redacted) }
        return headers
    }

    private func header(_ member: JSONMember, _ object: ConfigObject) -> HeaderSetting? {
        let name = member.key
        guard Self.canBeHeader(name) else {
            problems.add(at: member.keyRange.lowerBound, "\"\(SafeText.line(name, limit: 40))\" is no header field that a source can set")
            return nil
        }
        if let text = member.node.string {
            guard !Self.secretHeaders.contains(name.lowercased()) else {
                return secret(member.node, object, name).map { HeaderSetting(name: name, value: $0) }
            }
            guard ConfigObject.isFieldValue(text) else {
                object.wrong(member.node, name, due: "one line of text")
                return nil
            }
            return HeaderSetting(name: name, value: .text(text))
        }
        return secret(member.node, object, name).map { HeaderSetting(name: name, value: $0) }
    }
}

/// Picks each value from the source, else from the defaults, else the program's own, and remembers which.
private struct EffectiveValues {
    let problems: FileProblemList
    let source: ConfigObject
    let defaults: ConfigObject?
    private(set) var list: [EffectiveValue] = []
    private var opened: [String: (source: ConfigObject?, defaults: ConfigObject?)] = [:]

    init(problems: FileProblemList, source: ConfigObject, defaults: ConfigObject?) {
        self.problems = problems
        self.source = source
        self.defaults = defaults
    }

    /// One value that is replaced as a whole.
    mutating func pick<T>(_ key: String, builtIn: T, text: (T) -> String, read: (ConfigObject, JSONNode) -> T?) -> T {
        var value = builtIn
        var origin = EffectiveValue.Origin.builtIn
        // The defaults are read even where the source overrides them, so that a mistake in them is always found.
        if let defaults, let node = defaults[key] {
            value = read(defaults, node) ?? value
            origin = .defaults(line: problems.line(of: node))
        }
        if let node = source[key] {
            value = read(source, node) ?? value
            origin = .source(line: problems.line(of: node))
        }
        list.append(EffectiveValue(key: key, value: text(value), origin: origin))
        return value
    }

    /// An object whose members are inherited one by one: the defaults' first, then the source's own.
    mutating func each(_ key: String, allowed: [String]?, read: (ConfigObject) -> Void) {
        func open(_ object: ConfigObject?) -> ConfigObject? {
            guard let object, let node = object[key] else { return nil }
            return ConfigObject(node, what: "\(key) of \(object.what)", allowed: allowed, problems: problems)
        }
        let pair = (source: open(source), defaults: open(defaults))
        if let object = pair.defaults { read(object) }
        if let object = pair.source { read(object) }
        opened[key] = pair
    }

    mutating func note(_ group: String, _ key: String, _ value: String) {
        let pair = opened[group]
        let origin: EffectiveValue.Origin =
            if let node = pair?.source?[key] {
                .source(line: problems.line(of: node))
            } else if let node = pair?.defaults?[key] {
                .defaults(line: problems.line(of: node))
            } else {
                .builtIn
            }
        list.append(EffectiveValue(key: "\(group).\(key)", value: value, origin: origin))
    }
}
