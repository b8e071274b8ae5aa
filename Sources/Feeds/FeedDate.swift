public import FoundationEssentials
import WireCore

/// Dates as feeds write them: RFC 822 with its abuses, ISO 8601 and W3CDTF in part or whole, asctime and a few more. By hand: a formatter
/// costs twenty times as much and knows fewer forms. No zone means UTC; what cannot be read is nil, never now.
public enum FeedDate {
    /// Reads one date; nil when it is none or impossible.
    public static func parse(_ text: String) -> Date? { parse(bytes: Array(text.utf8.prefix(128))) }

    /// The same; no more than 128 bytes.
    static func parse(bytes: [UInt8]) -> Date? {
        guard let first = bytes.first(where: { $0 > 0x20 }) else { return nil }
        if (0x30...0x39).contains(first) || first == 0x2D, let date = iso(bytes) { return date }
        return rfc822(bytes) ?? words(String(decoding: bytes, as: UTF8.self))
    }

    // MARK: - RFC 822 as it should be

    /// `Tue, 24 Nov 2026 10:11:12 +0000`, the form of most feeds, without a single String; nil leaves it to ``words(_:)``.
    private static func rfc822(_ bytes: [UInt8]) -> Date? {
        var scan = Scanner(bytes: bytes)
        scan.skipBlanks()
        scan.skipLetters()
        guard scan.take(",") else { return nil }
        scan.skipBlanks()
        guard let (day, _) = scan.number(most: 2) else { return nil }
        scan.skipBlanks()
        guard let month = scan.month() else { return nil }
        scan.skipBlanks()
        guard let (year, digits) = scan.number(most: 4), digits == 4 else { return nil }
        scan.skipBlanks()
        guard let (hour, _) = scan.number(most: 2), scan.take(":"), let (minute, _) = scan.number(most: 2), scan.take(":"),
            let (second, _) = scan.number(most: 2), hour < 24, minute < 60, second <= 60, let days = days(year, month, day)
        else { return nil }
        scan.skipBlanks()
        guard let zone = scan.numericZone() else { return nil }
        return Date(timeIntervalSince1970: Double(days * 86_400 + hour * 3600 + minute * 60 + second - zone))
    }

    // MARK: - ISO 8601

    /// `2003-12-31T10:14:55.7Z` and its parts, basic forms, week and ordinal dates.
    private static func iso(_ bytes: [UInt8]) -> Date? {
        var scan = Scanner(bytes: bytes)
        scan.skipBlanks()
        guard let (year, digits) = scan.number(most: 14) else { return nil }
        if digits == 14 || digits == 12 || digits == 8 { return compact(year, digits, &scan) }
        guard digits == 4 else { return nil }
        var month = 1
        var day = 1
        if scan.take("-") || scan.take("/") {
            if scan.take("W") { return nil }
            guard let (value, count) = scan.number(most: 4) else { return scan.isAtEnd ? date(year, 1, 1, &scan) : nil }
            if count == 3 {
                return scan.finish(days: UTCTime.days(year: year, month: 1, day: 1) + value - 1)
            }
            if count == 4 { (month, day) = (value / 100, value % 100) } else { month = value }
            if count <= 2, scan.take("-") || scan.take("/") {
                guard let (value, _) = scan.number(most: 2) else { return nil }
                day = value
            }
        } else if let (value, count) = scan.number(most: 4), count == 4 {
            (month, day) = (value / 100, value % 100)
        }
        return date(year, month, day, &scan)
    }

    private static func compact(_ number: Int, _ digits: Int, _ scan: inout Scanner) -> Date? {
        var rest = number
        var time = 0
        if digits == 14 {
            time = rest % 100 + rest / 100 % 100 * 60 + rest / 10_000 % 100 * 3600
            rest /= 1_000_000
        } else if digits == 12 {
            time = rest % 100 * 60 + rest / 100 % 100 * 3600
            rest /= 10_000
        }
        guard let days = days(rest / 10_000, rest / 100 % 100, rest % 100) else { return nil }
        if digits == 8 { return scan.finish(days: days) }
        guard let zone = scan.zone() else { return nil }
        return Date(timeIntervalSince1970: Double(days * 86_400 + time - zone))
    }

    private static func date(_ year: Int, _ month: Int, _ day: Int, _ scan: inout Scanner) -> Date? {
        days(year, month, day).flatMap { scan.finish(days: $0) }
    }

    /// Days since 1970; a day beyond its month's end is taken as the first ones of the next, by three at most (31 June happens).
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int? {
        guard (1...12).contains(month), (1...31).contains(day), (1...9999).contains(year) else { return nil }
        return UTCTime.days(year: year, month: month, day: day)
    }

    // MARK: - Words

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// RFC 822 and 850, asctime, "October 28, 2023 08:28 PM" and the like: words and numbers in any sensible order.
    private static func words(_ text: String) -> Date? {
        let cleaned = text.replacing(",", with: " ")
        var day: Int?
        var month: Int?
        var year: Int?
        var time: Int?
        var zone: Int?
        var afternoon: Bool?
        for word in cleaned.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }).prefix(12) {
            let lower = word.lowercased()
            if word.contains(":"), time == nil {
                guard let (seconds, rest) = clock(lower) else { return nil }
                time = seconds
                if rest == "am" || rest == "pm" { afternoon = rest == "pm" } else if !rest.isEmpty { zone = zoneOffset(rest) }
            } else if let value = Int(lower.filter { $0 != "." }), lower.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }) {
                if day == nil, value <= 31, value > 0, lower.count <= 2 || month == nil && lower.count <= 3 {
                    day = value
                } else if year == nil {
                    year = value
                }
            } else if lower == "am" || lower == "pm" {
                afternoon = lower == "pm"
            } else if month == nil, let found = monthNumber(lower) {
                month = found
            } else if lower.contains("-"), let (d, m, y) = dashed(lower) {
                (day, month, year) = (d, m, y)
            } else if lower.contains("/"), month == nil, let (d, m, y) = slashed(lower) {
                (day, month, year) = (d, m, y)
            } else if time != nil, zone == nil {
                zone = zoneOffset(lower)
            } else if let value = ordinal(lower), day == nil {
                day = value
            }
        }
        guard let day, let month, var year else { return nil }
        if year < 50 { year += 2000 } else if year < 100 { year += 1900 }
        guard let days = days(year, month, day) else { return nil }
        var seconds = time ?? 0
        if afternoon == true, seconds < 12 * 3600 { seconds += 12 * 3600 }
        if afternoon == false, seconds >= 12 * 3600 { seconds -= 12 * 3600 }
        return Date(timeIntervalSince1970: Double(days * 86_400 + seconds - (zone ?? 0)))
    }

    private static func monthNumber(_ word: String) -> Int? {
        let plain = word.filter { $0 != "." }
        guard plain.count >= 3, plain.allSatisfy(\.isLetter) else { return nil }
        return months.firstIndex(of: String(plain.prefix(3))).map { $0 + 1 }
    }

    /// "1st", "22nd".
    private static func ordinal(_ word: String) -> Int? {
        guard ["st", "nd", "rd", "th"].contains(where: word.hasSuffix) else { return nil }
        return Int(word.dropLast(2))
    }

    /// "06-Nov-94", "28-10-2023".
    private static func dashed(_ word: String) -> (Int, Int, Int)? {
        let parts = word.split(separator: "-")
        guard parts.count == 3, let day = Int(parts[0]), let year = Int(parts[2]) else { return nil }
        guard let month = monthNumber(String(parts[1])) ?? Int(parts[1]) else { return nil }
        return day > 31 ? (year, month, day) : (day, month, year)
    }

    /// "10/28/2023", the month first as in the country that writes so.
    private static func slashed(_ word: String) -> (Int, Int, Int)? {
        let parts = word.split(separator: "/").compactMap { Int($0) }
        guard parts.count == 3 else { return nil }
        if parts[0] > 31 { return (parts[2], parts[1], parts[0]) }
        return parts[0] > 12 ? (parts[0], parts[1], parts[2]) : (parts[1], parts[0], parts[2])
    }

    /// "10:14:55", "8:28pm", "10:14:55z": seconds of the day and what follows.
    private static func clock(_ word: String) -> (Int, String)? {
        var scan = Scanner(bytes: Array(word.utf8))
        guard let (hour, _) = scan.number(most: 2), scan.take(":"), let (minute, _) = scan.number(most: 2) else { return nil }
        var second = 0
        if scan.take(":"), let (value, _) = scan.number(most: 2) {
            second = value
            if scan.take(".") { _ = scan.number(most: 9) }
        }
        guard hour <= 24, minute < 60, second <= 60 else { return nil }
        return (hour * 3600 + minute * 60 + second, scan.rest)
    }

    private static let zones: [String: Int] = [
        "z": 0, "ut": 0, "utc": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
        "akst": -9, "akdt": -8, "hst": -10, "ast": -4, "adt": -3, "at": -4, "et": -5, "ct": -6, "mt": -7, "pt": -8, "wet": 0, "west": 1, "bst": 1,
        "cet": 1, "cest": 2, "met": 1, "mest": 2, "mez": 1, "eet": 2, "eest": 3, "msk": 3, "msd": 4, "jst": 9, "kst": 9, "hkt": 8, "sgt": 8,
        "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "a": -1, "m": -12, "n": 1, "y": 12,
    ]

    /// Seconds east of UTC of "est", "+0200", "gmt+7", "+02:00"; nil when it is none.
    fileprivate static func zoneOffset(_ text: String) -> Int? {
        var word = text.lowercased().filter { $0 != "(" && $0 != ")" }
        if let hours = zones[word] { return hours * 3600 }
        for name in ["gmt", "utc", "ut"] where word.hasPrefix(name) { word = String(word.dropFirst(name.count)) }
        guard let sign = word.first, sign == "+" || sign == "-" || sign == "\u{2212}" else { return nil }
        let digits = word.dropFirst().filter { $0 != ":" }
        guard let number = Int(digits), digits.count <= 4 else { return nil }
        let seconds = digits.count <= 2 ? number * 3600 : number / 100 * 3600 + number % 100 * 60
        return sign == "+" ? seconds : -seconds
    }
}

/// Reads numbers and marks off the front of some bytes.
private struct Scanner {
    let bytes: [UInt8]
    private var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { bytes[at...].allSatisfy { $0 <= 0x20 } }
    var rest: String { String(decoding: bytes[at...], as: UTF8.self) }

    mutating func skipBlanks() { while at < bytes.count, bytes[at] <= 0x20 { at += 1 } }

    mutating func take(_ mark: Character) -> Bool {
        guard at < bytes.count, let wanted = mark.asciiValue else { return false }
        let isLetter = (0x61...0x7A).contains(wanted | 0x20)
        guard isLetter ? bytes[at] | 0x20 == wanted | 0x20 : bytes[at] == wanted else { return false }
        at += 1
        return true
    }

    mutating func skipLetters() { while at < bytes.count, (0x61...0x7A).contains(bytes[at] | 0x20) { at += 1 } }

    /// "Nov" and no letter behind it: 1–12.
    mutating func month() -> Int? {
        guard at + 3 < bytes.count, !(0x61...0x7A).contains(bytes[at + 3] | 0x20) else { return nil }
        let name = UInt32(bytes[at] | 0x20) << 16 | UInt32(bytes[at + 1] | 0x20) << 8 | UInt32(bytes[at + 2] | 0x20)
        guard let index = Self.months.firstIndex(of: name) else { return nil }
        at += 3
        return index + 1
    }

    private static let months: [UInt32] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        .map { $0.utf8.reduce(0) { $0 << 8 | UInt32($1) } }

    /// `+0200`, `-05:00`, `GMT`, `UTC`, `Z` at the very end: seconds east of UTC; nil for anything else.
    mutating func numericZone() -> Int? {
        if take("Z") { return isAtEnd ? 0 : nil }
        if take("G") { return take("M") && take("T") && isAtEnd ? 0 : nil }
        if take("U") { return take("T") && take("C") && isAtEnd ? 0 : nil }
        guard at < bytes.count, bytes[at] == 0x2B || bytes[at] == 0x2D else { return nil }
        let sign = bytes[at] == 0x2B ? 1 : -1
        at += 1
        guard let (hours, _) = number(most: 2) else { return nil }
        _ = take(":")
        guard let (minutes, digits) = number(most: 2), digits == 2, isAtEnd else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    /// Digits, `most` of them at most: their value and how many there were.
    mutating func number(most: Int) -> (Int, Int)? {
        var value = 0
        var count = 0
        while at < bytes.count, count < most, (0x30...0x39).contains(bytes[at]) {
            value = value * 10 + Int(bytes[at] - 0x30)
            at += 1
            count += 1
        }
        return count == 0 ? nil : (value, count)
    }

    /// The time of day and the zone behind a date, either of which may be missing.
    mutating func finish(days: Int) -> Date? {
        var seconds = 0.0
        skipBlanks()
        let hasMark = take("T")
        skipBlanks()
        if !isAtEnd, hasMark || at > 0 && bytes[at - 1] <= 0x20, let (hour, digits) = number(most: 6) {
            var (h, m, s) = (hour, 0, 0)
            if digits == 6 { (h, m, s) = (hour / 10_000, hour / 100 % 100, hour % 100) } else if digits == 4 { (h, m) = (hour / 100, hour % 100) }
            if digits <= 2, take(":") {
                guard let (minute, _) = number(most: 2) else { return nil }
                m = minute
                if take(":"), let (second, _) = number(most: 2) { s = second }
            }
            if take(".") || take(",") {
                let start = at
                if let (value, count) = number(most: 9) { seconds += Double(value) / [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9][count] }
                while at < bytes.count, (0x30...0x39).contains(bytes[at]), at > start { at += 1 }
            }
            // "25:30" is half past one of the next day, by the clock of those who count the night to the day before.
            guard h < 30, m < 60, s <= 60 else { return nil }
            seconds += Double(h * 3600 + m * 60 + s)
        }
        guard let zone = zone() else { return nil }
        return Date(timeIntervalSince1970: Double(days * 86_400 - zone) + seconds)
    }

    /// Seconds east of UTC; 0 when nothing is said or what is said is no zone.
    mutating func zone() -> Int? {
        skipBlanks()
        guard !isAtEnd else { return 0 }
        let word = rest.split(separator: " ").first.map(String.init) ?? ""
        return FeedDate.zoneOffset(word) ?? 0
    }
}
