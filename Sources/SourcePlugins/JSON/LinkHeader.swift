import Fetch
import WireCore

/// The `Link` header field (RFC 8288).
enum LinkHeader {
    /// The target of the first link whose relation is `next`; nil when there is none. Relative ones are the caller's to resolve.
    static func next(in headers: [HTTPHeader]) -> String? {
        for field in headers where field.name.lowercased() == "link" {
            var rest = field.value.prefix(16 << 10)
            while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
                let target = String(rest[rest.index(after: open)..<close])
                let tail = rest[rest.index(after: close)...]
                let end = tail.firstIndex(of: "<") ?? tail.endIndex
                if isNext(tail[..<end]) { return target }
                rest = tail[end...]
            }
        }
        return nil
    }

    private static func isNext(_ parameters: Substring) -> Bool {
        for parameter in parameters.split(separator: ";") {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].trimming(" ").lowercased() == "rel" else { continue }
            return pair[1].trimming(" ,\"").split(separator: " ").contains { $0.lowercased() == "next" }
        }
        return false
    }
}
