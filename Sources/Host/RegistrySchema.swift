import SourcePlugins
import WireCore

/// The JSON Schema (draft-07, which editors complete by) of Plugins.json, made from the same tables that the reader uses.
public enum RegistrySchema {
    /// The schema as a text that ends in a line break.
    public static var text: String {
        var out = ""
        render(schema, indent: 0, into: &out)
        return out + "\n"
    }

    indirect enum Value {
        case string(String)
        case number(Int)
        case bool(Bool)
        case list([Value])
        case object([(String, Value)])
    }

    static func text(_ description: String, _ more: (String, Value)...) -> Value {
        .object([("type", .string("string")), ("description", .string(description))] + more)
    }

    static func object(_ description: String, required: [String] = [], _ properties: [(String, Value)]) -> Value {
        var members: [(String, Value)] = [
            ("type", .string("object")), ("description", .string(description)), ("additionalProperties", .bool(false)),
        ]
        if !required.isEmpty { members.append(("required", .list(required.map { .string($0) }))) }
        return .object(members + [("properties", .object(properties))])
    }

    static func integer(_ description: String, _ range: ClosedRange<Int>) -> Value {
        .object([
            ("type", .string("integer")), ("description", .string(description)), ("minimum", .number(range.lowerBound)),
            ("maximum", .number(range.upperBound)),
        ])
    }

    static func duration(_ description: String) -> Value {
        text(description, ("pattern", .string("^[0-9]+ ?(ms|s|m|h|d|w)$")), ("examples", .list([.string("15m"), .string("6h")])))
    }

    private static func share(_ description: String) -> Value {
        .object([("type", .string("number")), ("description", .string(description)), ("minimum", .number(0)), ("maximum", .number(1))])
    }

    static let secret = object(
        "A secret: the name of the environment variable that holds it, never the value.", required: ["env"],
        [("env", text("Name of an environment variable.", ("pattern", .string("^[A-Za-z_][A-Za-z0-9_]*$"))))])

    private static var schema: Value {
        .object([
            ("$schema", .string("http://json-schema.org/draft-07/schema#")),
            ("title", .string("wiredesk registry, version 1")),
            ("type", .string("object")),
            ("additionalProperties", .bool(false)),
            ("definitions", definitions),
            ("required", .list([.string("version"), .string("sources")])),
            (
                "properties",
                .object([
                    ("$schema", text("Where this schema lies, for editors.")),
                    ("version", .object([("const", .number(1)), ("description", .string("The version of this format."))])),
                    ("defaults", object("What every source inherits unless it says otherwise.", inherited)),
                    ("network", network), ("retention", retention), ("gateway", gateway),
                    ("newsroom", newsroom),
                    ("sources", .object([("type", .string("array")), ("description", .string("The sources.")), ("items", source)])),
                ])
            ),
        ])
    }

    private static var inherited: [(String, Value)] {
        [
            ("interval", interval),
            ("expects", duration("How often news is normal: after a longer silence the source is shown as quiet.")),
            ("ceilings", ceilings), ("breaker", breaker), ("headers", headers),
            ("tags", .object([("type", .string("array")), ("items", text("A word to find sources by."))])),
        ]
    }

    private static var source: Value {
        let own: [(String, Value)] = [
            (
                "id",
                text(
                    "The source's name, the key of all that is kept about it: \(SourceID.rule).", ("pattern", .string("^[a-z0-9][a-z0-9._-]{0,63}$")))
            ),
            (
                "kind",
                .object([
                    ("enum", .list(SourceConfiguration.Kind.names.map { .string($0) })),
                    (
                        "description",
                        .string(
                            "What reads it: feed (RSS, RDF, Atom, JSON Feed), coindesk (the Data API's news list), price (what coins cost), json (any JSON API that "
                                + "config describes) or exec (a program)."
                        )
                    ),
                ])
            ),
            ("url", text("Its address, http or https.", ("pattern", .string("^https?://")))),
            ("config", .object([("type", .string("object")), ("description", .string("What only its kind needs: coindesk, price, json, exec."))])),
            ("disabled", disabled), ("fallback", text("The id of the source that is asked when this one fails.")),
            ("note", text("A remark for people.")),
        ]
        let configs = [("coindesk", coindesk), ("price", price), ("json", jsonConfig), ("exec", execConfig)]
        guard case .object(let members) = object("A place news comes from.", required: ["id", "kind"], own + inherited) else { return .object([]) }
        return .object(members + [("allOf", .list(configs.map(ofKind)))])
    }

    /// What `config` is where the kind is `name`.
    private static func ofKind(_ name: String, _ config: Value) -> Value {
        let condition = Value.object([("properties", .object([("kind", .object([("const", .string(name))]))]))])
        return .object([("if", condition), ("then", .object([("properties", .object([("config", config)]))]))])
    }

    private static var interval: Value {
        .object([
            ("description", .string("A duration: exactly this often. {min, max}: as often as the source publishes, between the two.")),
            (
                "oneOf",
                .list([
                    duration("Exactly this often, \(RegistryReader.intervals.lowerBound.text) to \(RegistryReader.intervals.upperBound.text)."),
                    object("Adaptive.", [("min", duration("Never more often.")), ("max", duration("Never more rarely, unless it fails."))]),
                ])
            ),
        ])
    }

    private static var ceilings: Value {
        object(
            "The hard bounds of one poll; all on by default.",
            Ceilings.fields.map { field in
                let description = "\(field.meaning); default \(Ceilings().text(of: field)), \(field.range)"
                switch field.kind {
                case .count(_, let range): return (field.key, integer(description, range))
                case .bytes:
                    return (field.key, text(description, ("pattern", .string("^[0-9]+ ?(B|KiB|MiB|GiB|KB|MB|GB)$"))))
                case .time: return (field.key, duration(description))
                }
            })
    }

    private static var breaker: Value {
        object(
            "When to stop asking a source for a while.",
            [
                (
                    "mode",
                    .object([
                        ("enum", .list(["automatic", "disabled", "forced_open", "metrics_only"].map { .string($0) })),
                        (
                            "description",
                            .string("automatic; disabled: always permits; forced_open: always refuses; metrics_only: counts, never opens.")
                        ),
                    ])
                ),
                ("consecutiveFailures", integer("Failures in a row that open it.", 1...100)),
                ("failureRate", share("Share of failures in the window that opens it.")),
                ("slowRate", share("Share of slow polls in the window that opens it.")),
                ("slowPoll", duration("A poll that takes this long is slow.")),
                ("window", integer("Polls that the rates look at.", 2...100)),
                ("minimumPolls", integer("Below this number no rate is computed.", 1...100)),
                ("openFor", duration("Open time after the first opening; doubles with each further one.")),
                ("openAtMost", duration("The open time never grows beyond this; at least openFor.")),
            ])
    }

    private static var headers: Value {
        .object([
            ("type", .string("object")),
            ("description", .string("Header fields of the source's requests; secrets by reference.")),
            ("additionalProperties", .object([("oneOf", .list([text("A value that is no secret."), secret]))])),
        ])
    }

    private static var disabled: Value {
        object(
            "Not polled for now. `wiredesk sources disable` writes it.",
            [
                ("by", text("Who decided.")), ("reason", text("Why.")), ("at", text("Since when.", ("format", .string("date-time")))),
                ("until", text("It comes back by itself at this instant.", ("format", .string("date-time")))),
            ])
    }

    private static var coindesk: Value {
        object(
            "Of kind coindesk only.",
            [
                (
                    "sourceIds",
                    .object([
                        ("type", .string("array")), ("items", text("A publisher's id in the Data API.")), ("default", .list([.string("coindesk")])),
                    ])
                ),
                ("language", text("Default EN.")), ("pageSize", integer("Articles per page, default 50.", 1...100)),
                ("backfill", duration("How far back the first poll reaches, default 1d.")), ("key", secret),
            ])
    }

    private static var price: Value {
        object(
            "Of kind price only.", required: ["coins"],
            [
                (
                    "coins",
                    .object([
                        ("type", .string("array")), ("items", text("The API's id of a coin, such as bitcoin.")),
                        ("minItems", .number(1)), ("maxItems", .number(PriceAdapter.mostCoins)),
                    ])
                ),
                ("key", secret),
            ])
    }

    private static var network: Value {
        object(
            "How the host behaves on the network, whatever the source.",
            [
                ("perHost", integer("Polls of one host name at a time, default 4.", 1...64)),
                ("spacing", duration("Between two polls' starts at one host name, default 500ms.")),
                ("concurrency", integer("Polls at a time in all, default 256.", 2...1024)),
                (
                    "allowPrivate",
                    .object([("type", .string("array")), ("items", text("An address block that may be asked although it is private: 127.0.0.1/32."))])
                ),
                ("userAgent", text("The User-Agent header, one line.")),
            ])
    }

    private static var retention: Value {
        object(
            "How long things are kept.",
            [
                ("articles", text("A duration, default 365d, or \"forever\".")), ("polls", duration("Default 30d.")),
                ("audit", text("The lines that say who changed what: a duration, default 365d, or \"forever\".")),
            ])
    }

    private static func dollars(_ description: String) -> Value {
        text(description, ("pattern", .string("^[0-9]+(\\.[0-9]{1,12})?$")), ("examples", .list([.string("2.50")])))
    }

    private static var gateway: Value {
        let limits = [("daily", dollars("US dollars a day.")), ("monthly", dollars("US dollars a month."))]
        let operations = Value.object([
            ("type", .string("object")), ("description", .string("Hard limits by operation.")),
            ("additionalProperties", object("Limits of one operation.", limits)),
        ])
        return object(
            "Models and money.",
            [
                ("timeZone", text("Whose midnights begin days and months: an IANA zone, default GMT.")),
                (
                    "budgets",
                    object(
                        "Hard limits on all spending: a call that might exceed one is refused. Default none.", limits + [("operations", operations)])
                ),
                (
                    "alerts",
                    object(
                        "When spending is worth a word, though nothing is refused.",
                        [
                            ("daily", dollars("Spent in a day, default 0.50.")),
                            ("monthProjected", dollars("What the month is projected to cost, default 10.")),
                            (
                                "mail",
                                object(
                                    "By e-mail.", required: ["server", "from", "to"],
                                    [
                                        ("server", text("smtp://host:587 (STARTTLS where it is offered) or smtps://host.")),
                                        ("from", text("The sender.")),
                                        ("to", .object([("type", .string("array")), ("items", text("A recipient."))])), ("user", secret),
                                        ("password", secret),
                                    ])
                            ),
                            (
                                "webhook",
                                .object([
                                    ("description", .string("Where alerts are posted as JSON.")),
                                    ("oneOf", .list([text("An address that is no secret."), secret])),
                                ])
                            ),
                        ])
                ),
                (
                    "cache",
                    object(
                        "Answers kept for equal requests of the same key.",
                        [
                            ("keepFor", duration("Default 7d; 0s keeps none.")),
                            ("size", text("All kept answers together, default 64MiB.", ("pattern", .string("^[0-9]+ ?(B|KiB|MiB|GiB|KB|MB|GB)$")))),
                        ])
                ),
                ("deadline", duration("The longest that one call may take, default 10m.")),
                ("patience", duration("How long a call waits for money that others hold, default 2s.")),
                ("callsPerProvider", integer("Calls at one provider at a time, default 128.", 1...1024)),
                ("attempts", integer("Attempts of one call over all models of its chain, default 6.", 1...20)),
            ])
    }

    private static func texts(_ description: String, _ element: String) -> Value {
        .object([("type", .string("array")), ("description", .string(description)), ("items", text(element))])
    }

    private static func number(_ description: String) -> Value { .object([("type", .string("number")), ("description", .string(description))]) }

    /// What null switches off.
    private static func orNull(_ value: Value) -> Value { .object([("oneOf", .list([value, .object([("type", .string("null"))])]))]) }

    private static var newsroom: Value {
        let time = ("pattern", Value.string("^[0-9]{1,2}:[0-9]{2}$"))
        return object(
            "What becomes of articles: enrichment, narratives, briefings, alerts.",
            [
                ("timeZone", text("Whose days briefings are of: an IANA zone, default America/New_York.")),
                (
                    "enrichment",
                    object(
                        "Which articles a model reads, and which model.",
                        [
                            ("models", texts("Asked in this order; those without a key are passed over. An empty list: none.", "A model's id.")),
                            ("premium", texts("Sources whose articles of high relevance a model always reads.", "A source's id.")),
                            ("skip", texts("Sources whose articles no model reads.", "A source's id.")),
                            (
                                "importantWords",
                                texts("Words that make any title worth a model; \"hack*\" stands for its beginnings.", "A word or phrase.")
                            ),
                            ("batch", integer("Articles of one call, all of one source; default 8.", 1...20)),
                            ("patience", duration("How long an article waits for others of its source, default 45m.")),
                            ("oldest", duration("Older articles are read without a model, default 7d.")),
                            (
                                "articlesPerDay",
                                integer("Articles that models read in 24 hours at most, a third of them in six hours; default 45.", 0...1_000_000)
                            ),
                            ("callsPerRun", integer("Model calls of one run, default 24.", 1...1000)),
                        ])
                ),
                (
                    "briefings",
                    object(
                        "When briefings are written, and by whom.",
                        [
                            ("morning", text("Default 08:00.", time)), ("evening", text("Default 20:00.", time)),
                            ("models", texts("Who writes; an empty list: the desk itself.", "A model's id.")),
                            ("reviewModels", texts("Who criticises.", "A model's id.")),
                            ("refinements", integer("Rounds of critique and refinement, default 2.", 0...2)),
                            (
                                "deliver",
                                .object([
                                    ("type", .string("boolean")),
                                    ("description", .string("Whether they are sent over the channels of gateway.alerts, default true.")),
                                ])
                            ),
                        ])
                ),
                (
                    "alerts",
                    object(
                        "What people are told at once, over the channels of gateway.alerts. null switches a rule off.",
                        [
                            ("breakerOpenFor", orNull(duration("A source that has been failing for so long, default 1h."))),
                            ("quietTimes", orNull(number("A source silent for so many times what it expects, default 2."))),
                            ("newEntitySources", orNull(integer("A new name in so many sources within six hours, default 3.", 1...1000))),
                            (
                                "velocity",
                                orNull(
                                    object(
                                        "A name far more often in the news than the day before.",
                                        [
                                            ("mentions", integer("Articles in 24 hours, default 10.", 1...100_000)),
                                            ("times", number("Times those of the day before, default 5.")),
                                        ]))
                            ),
                            ("divergence", orNull(number("How far apart two sources' sentiment of one name is, 0 to 2, default 0.6."))),
                            ("cooldown", duration("The same subject is not raised again for so long, default 1d.")),
                            (
                                "prices",
                                .object([
                                    ("type", .string("array")), ("description", .string("Rules about prices that a source of kind price brings.")),
                                    (
                                        "items",
                                        object(
                                            "One rule: move with within, above, or below.", required: ["coin"],
                                            [
                                                ("coin", text("As its source names it, such as bitcoin.")), ("move", text("A share such as 5%.")),
                                                ("within", duration("The span of a move.")), ("above", number("US dollars.")),
                                                ("below", number("US dollars.")), ("cooldown", duration("Default 1h.")),
                                            ])
                                    ),
                                ])
                            ),
                        ])
                ),
            ])
    }

    private static func render(_ value: Value, indent: Int, into out: inout String) {
        let pad = String(repeating: "  ", count: indent + 1)
        let end = String(repeating: "  ", count: indent)
        switch value {
        case .string(let text):
            var writer = JSONWriter()
            writer.string(text)
            out += writer.text
        case .number(let number): out += String(number)
        case .bool(let flag): out += String(flag)
        case .list(let values):
            out += "["
            for (index, value) in values.enumerated() {
                if index > 0 { out += ", " }
                render(value, indent: indent, into: &out)
            }
            out += "]"
        case .object(let members):
            out += "{\n"
            for (index, (key, value)) in members.enumerated() {
                out += pad + "\"\(key)\": "
                render(value, indent: indent + 1, into: &out)
                out += index + 1 < members.count ? ",\n" : "\n"
            }
            out += end + "}"
        }
    }
}
