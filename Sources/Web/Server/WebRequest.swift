import HTTPTypes
import Hummingbird
import WireCore

/// A request as routes see it: decoded, bounded, and with who sent it.
struct WebRequest: Sendable {
    var method: HTTPRequest.Method
    /// The path as sent, without the query.
    var path: String
    var headers: HTTPFields
    var authority: String?
    /// The query's fields in their order.
    var query = FormFields()
    /// The path's variables.
    var parameters: [String: String] = [:]
    /// The body, 64 KiB at most; empty for reads.
    var body: [UInt8] = []
    var visitor: Visitor
    /// The request's end of the connection: what streams for long watches it for the other side to leave.
    var stream: RequestBody
}

/// Fields of a query or a form (application/x-www-form-urlencoded).
struct FormFields: Sendable, Equatable {
    var pairs: [(name: String, value: String)] = []

    init() {}

    /// Nil for an escape that is none and for bytes that are no UTF-8.
    init?(parsing text: Substring) {
        for part in text.split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentEscapes.decoded(halves[0], plusIsBlank: true),
                let value = PercentEscapes.decoded(halves.count > 1 ? halves[1] : "", plusIsBlank: true)
            else { return nil }
            pairs.append((name, value))
        }
    }

    /// The first field of that name.
    subscript(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

    /// The field's value, nil when it is missing or blank.
    func text(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }

    static func == (a: FormFields, b: FormFields) -> Bool { a.pairs.elementsEqual(b.pairs) { $0 == $1 } }
}

/// Percent escapes of URLs (RFC 3986, 2.1).
enum PercentEscapes {
    /// Nil for an escape that is none, for NUL, and for bytes that are no UTF-8.
    static func decoded(_ text: Substring, plusIsBlank: Bool = false) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0x25:
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
                bytes.append(high << 4 | low)
            case 0x2B where plusIsBlank: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Everything but letters, digits and `-._~` escaped: fit for a path's segment and for a query's value.
    static func encoded(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                out += "%"
                out.unicodeScalars.append(hex(byte >> 4))
                out.unicodeScalars.append(hex(byte & 15))
            }
        }
        return out
    }

    private static func hex(_ value: UInt8) -> Unicode.Scalar { Unicode.Scalar(value < 10 ? 0x30 + value : 0x37 + value) }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
