import Fetch
import FoundationEssentials
import SourcePlugins
import WireCore

/// What header fields say about asking again (RFC 9111, 5.2 and 5.3; RFC 9110, 8.8).
enum CacheAdvice {
    /// `max-age`, less `Age`, else `Expires`; nil when there is neither, or nothing may be kept, or it is not positive.
    static func interval(of headers: [HTTPHeader], now: Date) -> Duration? {
        let directives = (headers["cache-control"] ?? "").lowercased().split(separator: ",").map { $0.filter { $0 != " " } }
        guard !directives.contains("no-store"), !directives.contains("no-cache") else { return nil }
        if let field = directives.first(where: { $0.hasPrefix("max-age=") }) {
            guard let seconds = Int(field.dropFirst(8).filter { $0 != "\"" }) else { return nil }
            let age = headers["age"].flatMap { Int($0) } ?? 0
            let left = min(seconds, 31_536_000) - max(0, min(age, 31_536_000))
            return left > 0 ? .seconds(left) : nil
        }
        guard let expires = headers["expires"].flatMap({ HTTPDate.parse($0) }) else { return nil }
        let left = min(expires.timeIntervalSince(now), 31_536_000)
        return left >= 1 ? .seconds(Int(left)) : nil
    }

    /// The validators as they came. Left out: what is longer than 1 KiB, holds control characters, or was modified in the future,
    /// which a server would answer with 304 until that day comes.
    static func validators(of headers: [HTTPHeader], now: Date) -> Validators {
        func plausible(_ value: String?) -> String? {
            guard let value, !value.isEmpty, value.utf8.count <= 1024, value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
            return value
        }
        var modified = plausible(headers["last-modified"])
        if let date = modified.flatMap({ HTTPDate.parse($0) }), date > now.addingTimeInterval(86_400) { modified = nil }
        return Validators(etag: plausible(headers["etag"]), lastModified: modified)
    }
}
