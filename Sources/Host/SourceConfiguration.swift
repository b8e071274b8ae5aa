import Fetch
public import FoundationEssentials
public import Resilience
public import SourcePlugins
public import WireCore

/// One entry of the registry with its defaults filled in: all that is needed to poll the source.
public struct SourceConfiguration: Sendable, Equatable {
    public var id: SourceID
    public var kind: Kind
    /// The address as written, or the kind's own default.
    public var url: String
    public var disabled: Disabling?
    public var interval: IntervalPolicy
    /// How often news is normal: after a longer silence the source is shown as quiet, which is not broken. Nil: not said.
    public var expects: Duration?
    public var ceilings: Ceilings
    public var breaker: BreakerConfiguration
    /// The source that is asked when this one fails.
    public var fallback: SourceID?
    public var headers: [HeaderSetting]
    public var tags: [String]
    /// A remark for people.
    public var note: String?
    /// Where the entry begins in the registry, from 1.
    public var line: Int

    /// What reads the source.
    public enum Kind: Sendable, Equatable {
        case feed
        case coindesk(CoinDeskAdapter.Configuration, key: SettingValue?)
        case price(PriceAdapter.Configuration, key: SettingValue?)
        case json(JSONAPIConfiguration, query: [NamedSetting])
        case exec(ExecConfiguration)

        /// The registry's words for the kinds, in the order of the documentation.
        public static let names = ["feed", "coindesk", "price", "json", "exec"]

        public var name: String {
            switch self {
            case .feed: "feed"
            case .coindesk: "coindesk"
            case .price: "price"
            case .json: "json"
            case .exec: "exec"
            }
        }
    }

    /// The host name that politeness goes by; the source's own id where it has no address on the web.
    public var host: String { WebAddress.host(of: url) ?? id.text }

    /// True when it is not disabled at `now`: a disabling that has run out is none.
    public func isEnabled(at now: Date) -> Bool {
        guard let disabled else { return true }
        return disabled.until.map { $0 <= now } ?? false
    }

    /// Throws `config` when the entry cannot work as things stand: a variable that it names is not set, or its program is not there.
    public func check(environment: [String: String]) throws(ReadFailure) {
        if case .exec(let configuration) = kind {
            _ = try PluginLaunch(configuration, self, environment: environment)
        } else {
            _ = try adapter(environment: environment)
        }
    }

    /// The adapter that reads the source. Throws `config` when a variable that the entry names is not set, and for a program, which has none.
    public func adapter(environment: [String: String]) throws(ReadFailure) -> any SourceAdapter {
        let fields = try headerFields(environment)
        switch kind {
        case .feed: return FeedAdapter(url: url, headers: fields)
        case .coindesk(let configuration, let key):
            // Without its key the API is still asked: it answers 401, and the fallback serves.
            return CoinDeskAdapter(url: url, configuration: configuration, key: Self.optional(key, environment), headers: fields)
        case .price(let configuration, let key):
            return PriceAdapter(url: url, configuration: configuration, key: Self.optional(key, environment), headers: fields)
        case .json(let configuration, let query):
            var parameters: [JSONAPIAdapter.Parameter] = []
            for setting in query {
                let value = try setting.value.resolved(environment, for: "config.query.\(setting.name)")
                parameters.append(.init(name: setting.name, value: value, isSecret: setting.value.isSecret))
            }
            return JSONAPIAdapter(url: url, configuration: configuration, query: parameters, headers: fields)
        case .exec: throw ReadFailure(.config, "a source of kind exec is read by its program")
        }
    }

    /// The value of a key that an API can be asked without; nil when it is not set.
    private static func optional(_ key: SettingValue?, _ environment: [String: String]) -> String? {
        switch key {
        case .environment(let name): environment[name].flatMap { $0.isEmpty ? nil : $0 }
        case .text(let text): text
        case nil: nil
        }
    }
}

extension SourceConfiguration {
    /// The header fields of the entry, secrets filled in. Throws `config` when a variable is not set.
    func headerFields(_ environment: [String: String]) throws(ReadFailure) -> [HTTPHeader] {
        var fields: [HTTPHeader] = []
        for header in headers {
            fields.append(HTTPHeader(name: header.name, value: try header.value.resolved(environment, for: "headers.\(header.name)")))
        }
        return fields
    }
}

/// An operator's decision not to poll a source: who, why, since when and until when.
public struct Disabling: Sendable, Equatable {
    public var by: String?
    public var reason: String?
    public var at: Date?
    /// It comes back by itself at this instant; nil: when somebody enables it.
    public var until: Date?

    public init(by: String? = nil, reason: String? = nil, at: Date? = nil, until: Date? = nil) {
        self.by = by
        self.reason = reason
        self.at = at
        self.until = until
    }
}

/// How often a source is polled.
public enum IntervalPolicy: Sendable, Equatable {
    /// Exactly this often, whatever the document asks for; only a breaker or a Retry-After makes it rarer.
    case fixed(Duration)
    /// As often as the source publishes, between two bounds.
    case adaptive(least: Duration, most: Duration)

    /// A source is not polled more often than this.
    public var least: Duration {
        switch self {
        case .fixed(let interval): interval
        case .adaptive(let least, _): least
        }
    }

    /// Nor, while it goes well, more rarely than this.
    public var most: Duration {
        switch self {
        case .fixed(let interval): interval
        case .adaptive(_, let most): most
        }
    }

    /// As the registry writes it, for people.
    public var text: String {
        switch self {
        case .fixed(let interval): interval.text
        case .adaptive(let least, let most): "\(least.text)…\(most.text)"
        }
    }
}

/// A header field that the registry adds to a source's requests.
public struct HeaderSetting: Sendable, Equatable {
    public var name: String
    public var value: SettingValue
}

/// A value of the registry that may be a secret: given as text, or by the name of an environment variable.
public enum SettingValue: Sendable, Equatable {
    case text(String)
    case environment(String)

    func resolved(_ environment: [String: String], for key: String) throws(ReadFailure) -> String {
        switch self {
        case .text(let text): return text
        case .environment(let name):
            guard let value = environment[name], !value.isEmpty else {
                throw ReadFailure(
                    .config, "\(key) is taken from the environment variable \(name), which is not set",
                    hint: "Set \(name) for the process that polls, or remove \(key) from the registry.")
            }
            // A line break would begin another header field.
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw ReadFailure(
                    .config, "\(key) is taken from the environment variable \(name), whose value holds a line break or another control character",
                    hint: "Set \(name) without it: `\(name)=$(cat FILE)` leaves the last line break of a file away.")
            }
            return value
        }
    }

    /// True when it stands for a value that must not be shown.
    public var isSecret: Bool { if case .environment = self { true } else { false } }

    /// Shows where a secret comes from, never what it is.
    public var redacted: String {
        switch self {
        case .text(let text): text
        case .environment(let name): "from $\(name)"
        }
    }
}

extension SourceConfiguration {
    /// An entry for an address that is in no registry, with every value at its default; CoinDesk's API is known by its host name.
    /// Throws a usage error when `url` is no http or https address.
    public static func unregistered(url: String) throws(DeskError) -> SourceConfiguration {
        guard SourceURL.fault(of: url) == nil, let host = WebAddress.host(of: url), let id = SourceID("address") else {
            throw DeskError(
                .usage, "“\(SafeText.line(redactedURL(url), limit: 120))” is no http or https address that can be polled",
                hint: "Write it as https://example.com/feed, without blanks, user name and password.")
        }
        let isCoinDesk = host == "data-api.coindesk.com"
        let kind: Kind = isCoinDesk ? .coindesk(.init(), key: .environment(CoinDeskAdapter.keyVariable)) : .feed
        return SourceConfiguration(
            id: id, kind: kind, url: isCoinDesk ? CoinDeskAdapter.defaultURL : url, disabled: nil,
            interval: .adaptive(least: .seconds(300), most: .seconds(6 * 3600)), expects: nil, ceilings: Ceilings(),
            breaker: BreakerConfiguration(), fallback: nil, headers: [], tags: [], note: nil, line: 0)
    }
}
