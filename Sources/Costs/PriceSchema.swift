import WireCore

extension PriceTable {
    /// The JSON Schema (draft-07, which editors complete by) of Prices.json, made from the same tables that the reader uses. It is kept at
    /// docs/prices.schema.json and ends in a line break.
    public static var schemaText: String { PriceSchema.root.text(indent: 0) + "\n" }
}

/// The schema's parts.
private enum PriceSchema {
    indirect enum Value {
        case string(String)
        case number(Int)
        case bool(Bool)
        case list([Value])
        case object([(String, Value)])

        func text(indent: Int) -> String {
            let pad = String(repeating: "  ", count: indent + 1)
            switch self {
            case .string(let text):
                var writer = JSONWriter()
                writer.string(text)
                return writer.text
            case .number(let number): return String(number)
            case .bool(let flag): return String(flag)
            case .list(let values): return "[\(values.map { $0.text(indent: indent) }.joined(separator: ", "))]"
            case .object(let members):
                let lines = members.map { "\(pad)\"\($0.0)\": \($0.1.text(indent: indent + 1))" }
                return "{\n\(lines.joined(separator: ",\n"))\n\(pad.dropLast(2))}"
            }
        }
    }

    static var root: Value {
        object(
            "The prices of models, dated and exact.", required: ["version", "models"],
            [
                ("$schema", text("Where this schema lies, for editors.")),
                ("version", .object([("const", .number(PriceTable.version)), ("description", .string("The version of this format."))])),
                ("models", list("The models; ids and aliases are each one model's only.", of: model)),
            ],
            head: [("$schema", .string("http://json-schema.org/draft-07/schema#")), ("title", .string("wiredesk price table, version 1"))])
    }

    private static var model: Value {
        object(
            "A model with all the prices it ever had.", required: ["provider", "id", "prices"],
            [
                ("provider", .object([("enum", .list(PriceTable.providers.map { .string($0) }))])),
                ("id", text("The name it is asked for by and booked under.")),
                ("aliases", list("Other names that it is asked for by.", of: text("A name."))),
                ("retired", day("The day the provider stopped serving it; its prices stay, for old entries.")),
                ("maxOutputTokens", tokens("The most it generates in one answer.")),
                ("prices", list("Rows in ascending order of their dates; a change of price is another row.", of: row, atLeast: 1)),
            ])
    }

    private static var row: Value {
        object(
            "What the model costs from a day on.", required: ["from", "input", "output"],
            [("from", day("The UTC day from whose midnight it holds."))] + prices
                + [
                    ("webSearch", price("Dollars per web search.")), ("factors", factors),
                    ("tiers", list("Other prices for longer prompts, ascending; a tier holds for the whole request.", of: tier)),
                ])
    }

    private static var tier: Value {
        object(
            "Prices of exactly the classes that the row prices.", required: ["promptAbove", "input", "output"],
            [("promptAbove", tokens("Holds when input, cache reads and cache writes together are more tokens than this."))] + prices)
    }

    private static var prices: [(String, Value)] {
        TokenClass.allCases.map { key in
            let absent = key == .input || key == .output ? "" : " Absent: the model has none, and a usage with some is refused."
            return (key.rawValue, price("Dollars per million tokens of \(key.name).\(absent)"))
        }
    }

    private static var factors: Value {
        object(
            "What terms multiply every token price by; factors of several terms multiply with each other.",
            [("batch", factor("Sent as part of a batch."))]
                + [("region", "By region."), ("speed", "By speed."), ("serviceTier", "By service tier.")].map { key, description in
                    let members: [(String, Value)] = [
                        ("type", .string("object")), ("description", .string(description)), ("additionalProperties", factor("The factor.")),
                    ]
                    return (key, Value.object(members))
                })
    }

    // MARK: - Shapes

    private static func object(
        _ description: String, required: [String] = [], _ properties: [(String, Value)], head: [(String, Value)] = []
    ) -> Value {
        var members = head + [("type", .string("object")), ("description", .string(description)), ("additionalProperties", .bool(false))]
        if !required.isEmpty { members.append(("required", .list(required.map { .string($0) }))) }
        return .object(members + [("properties", .object(properties))])
    }

    private static func list(_ description: String, of items: Value, atLeast count: Int = 0) -> Value {
        var members: [(String, Value)] = [("type", .string("array")), ("description", .string(description))]
        if count > 0 { members.append(("minItems", .number(count))) }
        return .object(members + [("items", items)])
    }

    private static func text(_ description: String, pattern: String? = nil) -> Value {
        .object([("type", .string("string")), ("description", .string(description))] + (pattern.map { [("pattern", .string($0))] } ?? []))
    }

    private static func day(_ description: String) -> Value { text(description, pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$") }
    private static func price(_ description: String) -> Value { text(description, pattern: "^[0-9]+(\\.[0-9]{1,12})?$") }
    private static func factor(_ description: String) -> Value {
        text(description, pattern: "^([0-9]+(\\.[0-9]{1,9})?|[0-9]{1,9}/[0-9]{1,9})$")
    }

    private static func tokens(_ description: String) -> Value {
        let range = PriceTableReader.tokenCounts
        return .object([
            ("type", .string("integer")), ("description", .string(description)), ("minimum", .number(range.lowerBound)),
            ("maximum", .number(range.upperBound)),
        ])
    }
}
