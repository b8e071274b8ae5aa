import SourcePlugins
import WireCore

/// The schema of kind `json`.
extension RegistrySchema {
    private static func pointer(_ description: String) -> Value {
        text(description, ("pattern", .string("^(/([^~/]|~[01])*)*$")), ("examples", .list([.string("/data/items")])))
    }

    private static func choice(_ description: String, _ names: [String]) -> Value {
        .object([("enum", .list(names.map { .string($0) })), ("description", .string(description))])
    }

    private static func list(_ description: String, of value: Value) -> Value {
        .object([("type", .string("array")), ("description", .string(description)), ("items", value)])
    }

    static let flag = Value.object([("type", .string("boolean"))])
    private static let dateForm = text("\(DateForm.rule); default auto.")

    /// A text, a number or a secret by reference.
    static let setting = Value.object([
        ("oneOf", .list([.object([("type", .list([.string("string"), .string("number"), .string("boolean")]))]), secret]))
    ])

    static let fields = Value.object([("$ref", .string("#/definitions/fields"))])

    /// What several places of the schema refer to.
    static var definitions: Value {
        let rule = object(
            "One of pointer, value, template and key, and what is done to what it holds.",
            [
                (
                    "pointer",
                    .object([
                        ("oneOf", .list([pointer("Where in the item."), list("The first that holds something.", of: pointer("Where in the item."))]))
                    ])
                ),
                ("value", text("A constant.")), ("template", text("Text with pointers in braces: https://example.com/{/id}")),
                ("key", .object([("const", .bool(true)), ("description", .string("The item's own name in the object that holds it."))])),
                ("date", dateForm),
                ("as", choice("What kind of text it is; default text, for content html.", FieldRule.Markup.allCases.map(\.rawValue))),
                ("split", text("Cuts a text into several values.")), ("prefix", text("Put before it.")), ("suffix", text("Put behind it.")),
            ])
        let ref = Value.object([("$ref", .string("#/definitions/rule"))])
        let one = Value.object([("oneOf", .list([pointer("Where in the item."), ref]))])
        let value = Value.object([("oneOf", .list([pointer("Where in the item."), ref, list("The first that holds something.", of: one)]))])
        let field = Value.object([("$ref", .string("#/definitions/field"))])
        return .object([
            ("rule", rule), ("field", value), ("fields", object("Which field of an item comes from where.", FieldsSection.keys.map { ($0, field) })),
        ])
    }

    static var jsonConfig: Value {
        let members: [(String, Value)] = [
            (
                "query",
                .object([
                    ("type", .string("object")), ("description", .string("Parameters of every request; secrets by reference.")),
                    ("additionalProperties", setting),
                ])
            ),
            ("items", pointer("Where the items are; default the whole document.")),
            (
                "shape",
                choice(
                    "list: a list, or an object of items; columns: an object of lists of equal length.",
                    JSONAPIConfiguration.Shape.allCases.map(\.rawValue))
            ),
            ("skip", integer("Leading entries that are no items.", 0...1000)), ("fields", fields),
            (
                "order",
                choice(
                    "In which order the API lists; a poll stops at what it knows. Default newest_first.",
                    JSONAPIConfiguration.Order.allCases.map(\.rawValue))
            ),
            ("paging", paging),
            (
                "since",
                object(
                    "A parameter that asks for what is newer than the last poll's newest.", required: ["parameter"],
                    [
                        ("parameter", text("Its name.")), ("date", dateForm), ("overlap", duration("Asked for again, default none.")),
                        ("until", text("A parameter for the present instant, where the API wants both ends.")),
                    ])
            ),
            ("backfill", duration("How far back the first poll reaches, default 1d.")),
            (
                "errors",
                list(
                    "Complaints at status 200 beside the usual ones.",
                    of: object(
                        "How to recognise one.", required: ["at"],
                        [
                            ("at", pointer("Where it stands.")), ("equals", text("What it is; default anything.")),
                            ("message", pointer("Where its words are.")),
                            ("outcome", choice("How it is told; default by its words.", JSONKindSection.outcomes.map(\.rawValue))),
                        ]))
            ),
            ("wait", pointer("Where the answer says for how many seconds it wants to be left alone.")),
            ("remainingHeader", text("The header field that counts the requests left; default X-RateLimit-Remaining.")),
            ("resetHeader", text("The header field that says when there are more; default X-RateLimit-Reset.")),
        ]
        return object("Of kind json.", required: ["fields"], members)
    }

    private static var paging: Value {
        object(
            "How to come to the next page.", required: ["by"],
            [
                ("by", choice("link: an address in the document or the Link header; the others set a parameter.", JSONAPIConfiguration.Way.names)),
                ("parameter", text("The parameter that is set.")),
                ("pointer", pointer("link, cursor: where the next address or token is.")),
                ("lastItem", pointer("cursor: where it is in the page's last item.")),
                (
                    "first",
                    .object([("description", .string("page, offset: where counting begins, default 1 and 0; cursor: the first page's token."))])
                ),
                ("size", integer("Items of a full page: a shorter one is the last.", 1...20_000)),
                ("sizeParameter", text("The parameter that asks for that size.")), ("total", pointer("Where the number of all items is.")),
                ("pages", pointer("Where the number of all pages is.")), ("more", pointer("Where it says true if there is more.")),
                ("date", dateForm), ("forward", flag),
            ])
    }
}
