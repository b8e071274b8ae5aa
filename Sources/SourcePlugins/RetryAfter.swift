public import Fetch
public import FoundationEssentials
import WireCore

/// When a server wants to be asked again.
public enum RetryAfter {
    /// No server can put a source off for longer.
    public static let most = Duration.seconds(24 * 3600)

    /// Reads `Retry-After` (RFC 9110, 10.2.3: seconds or a date), else `X-RateLimit-Reset` where nothing remains. Never before `now`,
    /// never later than ``most`` after it; nil when there is no such field or it cannot be read.
    public static func instant(in headers: [HTTPHeader], now: Date) -> Date? {
        if let value = headers["retry-after"], let wait = seconds(of: value, now: now) { return bounded(wait, now: now) }
        guard headers["x-ratelimit-remaining"] == "0", let reset = headers["x-ratelimit-reset"], let number = Double(reset) else {
            return nil
        }
        // Some count from now, some give the epoch: a number beyond a year cannot be a span.
        return bounded(number > 31_536_000 ? number - now.timeIntervalSince1970 : number, now: now)
    }

    private static func bounded(_ wait: Double, now: Date) -> Date? {
        guard wait.isFinite else { return nil }
        return now.addingTimeInterval(min(max(wait, 0), most.seconds))
    }

    private static func seconds(of value: String, now: Date) -> Double? {
        let text = value.trimmingPrefix { $0 == " " }
        if !text.isEmpty, text.allSatisfy({ $0.isASCII && $0.isNumber }) {
            return text.count > 9 ? most.seconds : Double(text)
        }
        return HTTPDate.parse(String(text))?.timeIntervalSince(now)
    }
}

/// Dates in HTTP header fields (RFC 9110, 5.6.7).
public enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads the one form that may be sent, `Sun, 06 Nov 1994 08:49:37 GMT`, and the two obsolete ones.
    public static func parse(_ text: String) -> Date? {
        let words = text.split { $0 == " " || $0 == "," || $0 == "-" }
        guard words.count >= 5 else { return nil }
        if let month = months.firstIndex(of: String(words[1])) {  // Sun Nov  6 08:49:37 1994
            return date(day: words[2], month: month, year: words[4], time: words[3])
        }
        guard let month = months.firstIndex(of: String(words[2])) else { return nil }
        return date(day: words[1], month: month, year: words[3], time: words[4])
    }

    private static func date(day: Substring, month: Int, year: Substring, time: Substring) -> Date? {
        let clock = time.split(separator: ":").compactMap { Int($0) }
        guard let day = Int(day), var year = Int(year), clock.count == 3, (1...31).contains(day), (0...9999).contains(year),
            (0..<24).contains(clock[0]), (0..<60).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        if year < 70 { year += 2000 } else if year < 100 { year += 1900 }
        let days = UTCTime.days(year: year, month: month + 1, day: day)
        return Date(timeIntervalSince1970: Double(days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]))
    }
}
