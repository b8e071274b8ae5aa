import FoundationEssentials
import Stores
import WireCore

/// What a value of the API looks like: the OpenAPI document is written from it, and what requests bring is checked against it.
struct Shape: Sendable {
    indirect enum Kind: Sendable {
        case text(TextRules)
        case integer(ClosedRange<Int>?)
        case number
        case flag
        case list(Shape)
        case object([Member])
        case map(Shape)
        /// An object of any members.
        case anything
        /// A component by its name.
        case named(String)
    }

    struct TextRules: Sendable {
        var values: [String] = []
        /// "date-time", "date".
        var format: String?
        var longest: Int?
        var form: Form?
    }

    /// Texts of a form of their own.
    enum Form: Sendable {
        case sourceID
        /// Exact decimal US dollars.
        case dollars
        /// A row's number.
        case number
        /// A poll's place in the list.
        case pollCursor
        /// Any text without NUL.
        case plain

        var pattern: String {
            switch self {
            case .sourceID: "^[a-z0-9][a-z0-9._-]{0,63}$"
            case .dollars: "^-?[0-9]+(\\.[0-9]{1,12})?$"
            case .number: "^[1-9][0-9]{0,17}$"
            case .pollCursor: "^[0-9]{1,15}\\.[0-9]{1,18}$"
            case .plain: "^[^\\u0000]*$"
            }
        }

        /// What is wrong with a text of this form; nil when nothing is.
        func fault(of text: String) -> String? {
            switch self {
            case .sourceID: SourceID(text) == nil ? "is no source id: \(SourceID.rule)" : nil
            case .dollars: nil
            case .plain: text.unicodeScalars.contains("\u{0}") ? "holds NUL" : nil
            case .number: APICall.number(text) == nil ? "is none that a page named" : nil
            case .pollCursor: PollQuery.Cursor(parsing: text) == nil ? "is none that a page named" : nil
            }
        }
    }

    struct Member: Sendable {
        var name: String
        var shape: Shape
        var isRequired: Bool
    }

    var kind: Kind
    var isNullable = false
    var note: String?

    static let text = Shape(kind: .text(TextRules()))
    static let integer = Shape(kind: .integer(nil))
    static let count = Shape(kind: .integer(0...Int.max))
    static let number = Shape(kind: .number)
    static let flag = Shape(kind: .flag)
    static let instant = Shape(kind: .text(TextRules(format: "date-time")), note: "UTC, whole seconds.")
    static let day = Shape(kind: .text(TextRules(format: "date")))
    /// Exact decimal US dollars.
    static let dollars = Shape(kind: .text(TextRules(form: .dollars)), note: "Exact decimal US dollars.")
    static let sourceID = Shape(kind: .text(TextRules(form: .sourceID)), note: "A source's id.")
    static let rowNumber = Shape(kind: .text(TextRules(form: .number)))
    static let pollCursor = Shape(kind: .text(TextRules(form: .pollCursor)))

    static func integer(_ range: ClosedRange<Int>) -> Shape { Shape(kind: .integer(range)) }
    static func text(upTo longest: Int) -> Shape { Shape(kind: .text(TextRules(longest: longest, form: .plain))) }
    static func oneOf(_ values: [String]) -> Shape { Shape(kind: .text(TextRules(values: values))) }
    static func list(_ shape: Shape) -> Shape { Shape(kind: .list(shape)) }
    static func map(_ shape: Shape) -> Shape { Shape(kind: .map(shape)) }
    static func named(_ name: String) -> Shape { Shape(kind: .named(name)) }
    static func object(_ members: [Member]) -> Shape { Shape(kind: .object(members)) }

    var orNull: Shape {
        var shape = self
        shape.isNullable = true
        return shape
    }

    func noted(_ note: String) -> Shape {
        var shape = self
        shape.note = note
        return shape
    }
}

extension Shape.Member {
    static func always(_ name: String, _ shape: Shape) -> Self { Self(name: name, shape: shape, isRequired: true) }
    static func sometimes(_ name: String, _ shape: Shape) -> Self { Self(name: name, shape: shape, isRequired: false) }
}

// MARK: - Checking

extension Shape {
    /// What is wrong with a text that a query or a path brings; nil when nothing is.
    func fault(of text: String) -> String? {
        switch kind {
        case .text(let rules): return rules.fault(of: text)
        case .integer(let range):
            guard let number = Int(text), text == String(number) else { return "is no whole number" }
            return Self.fault(of: number, range)
        case .flag: return ["true", "false"].contains(text) ? nil : "is neither true nor false"
        default: return nil
        }
    }

    /// What is wrong with a JSON value; nil when nothing is.
    func fault(of node: JSONNode) -> String? {
        if node.isNull { return isNullable ? nil : "is null" }
        switch kind {
        case .text(let rules):
            guard let text = node.string else { return "is \(node.value.kindName), a string is due" }
            return rules.fault(of: text)
        case .integer(let range):
            guard let number = node.int else { return "is no whole number" }
            return Self.fault(of: number, range)
        case .flag: return node.bool == nil ? "is \(node.value.kindName), true or false is due" : nil
        case .object(let members):
            guard let object = node.object else { return "is \(node.value.kindName), an object is due" }
            for member in object {
                guard let known = members.first(where: { $0.name == member.key }) else {
                    return "has “\(SafeText.line(member.key, limit: 40))”, which nothing reads"
                }
                if let fault = known.shape.fault(of: member.node) { return "\(known.name): \(fault)" }
            }
            return nil
        default: return nil
        }
    }

    private static func fault(of number: Int, _ range: ClosedRange<Int>?) -> String? {
        guard let range, !range.contains(number) else { return nil }
        return "must be from \(range.lowerBound) to \(range.upperBound)"
    }
}

extension Shape.TextRules {
    fileprivate func fault(of text: String) -> String? {
        if !values.isEmpty, !values.contains(text) { return "must be one of \(values.joined(separator: ", "))" }
        if let longest, text.unicodeScalars.count > longest { return "is longer than \(longest) characters" }
        if format != nil, UTCTime.parse(text) == nil { return "is no instant; write 2026-12-01T08:00:00Z" }
        if let fault = form?.fault(of: text) { return fault }
        return nil
    }
}

// MARK: - JSON Schema

extension Shape {
    /// As JSON Schema (2020-12), the dialect of OpenAPI 3.1.
    func write(to json: inout JSONWriter) {
        if case .named(let name) = kind {
            json.object { schema in
                guard isNullable else { return schema.member("$ref", "#/components/schemas/\(name)") }
                schema.key("anyOf")
                schema.array { list in
                    list.object { $0.member("$ref", "#/components/schemas/\(name)") }
                    list.object { $0.member("type", "null") }
                }
            }
            return
        }
        json.object { schema in
            writeType(&schema)
            schema.member(ifPresent: "description", note)
            writeRules(&schema)
        }
    }

    private func writeType(_ schema: inout JSONWriter) {
        let name =
            switch kind {
            case .text: "string"
            case .integer: "integer"
            case .number: "number"
            case .flag: "boolean"
            case .list: "array"
            case .object, .map, .anything, .named: "object"
            }
        guard isNullable else { return schema.member("type", name) }
        schema.key("type")
        schema.array {
            $0.string(name)
            $0.string("null")
        }
    }

    private func writeRules(_ schema: inout JSONWriter) {
        switch kind {
        case .text(let rules): rules.write(to: &schema, isNullable)
        case .integer(let range):
            guard let range else { return }
            schema.member("minimum", range.lowerBound)
            if range.upperBound < .max { schema.member("maximum", range.upperBound) }
        case .list(let element):
            schema.key("items")
            element.write(to: &schema)
        case .map(let value):
            schema.key("additionalProperties")
            value.write(to: &schema)
        case .object(let members): Self.write(members, to: &schema)
        case .number, .flag, .anything, .named: return
        }
    }

    private static func write(_ members: [Member], to schema: inout JSONWriter) {
        schema.key("properties")
        schema.object { properties in
            for member in members {
                properties.key(escaping: member.name)
                member.shape.write(to: &properties)
            }
        }
        schema.member("additionalProperties", false)
        let required = members.filter(\.isRequired)
        guard !required.isEmpty else { return }
        schema.key("required")
        schema.array { list in required.forEach { list.string($0.name) } }
    }
}

extension Shape.TextRules {
    fileprivate func write(to schema: inout JSONWriter, _ isNullable: Bool) {
        if !values.isEmpty {
            schema.key("enum")
            schema.array { list in
                values.forEach { list.string($0) }
                if isNullable { list.null() }
            }
        }
        schema.member(ifPresent: "format", format)
        schema.member(ifPresent: "pattern", form?.pattern)
        schema.member(ifPresent: "maxLength", longest)
    }
}
