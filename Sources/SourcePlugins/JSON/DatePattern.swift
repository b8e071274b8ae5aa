public import FoundationEssentials
import Feeds
import WireCore

/// How an API writes an instant: as a number of some unit, or by a pattern such as `%Y%m%dT%H%M%S`. Everything is UTC unless it says otherwise.
public enum DateForm: Sendable, Equatable {
    /// ISO 8601, RFC 822 and what else feeds use; numbers are seconds, or milliseconds where seconds would lie thousands of years ahead.
    case automatic
    case seconds, milliseconds
    /// `%Y %m %d %H %M %S %b %z`; other characters stand for themselves.
    case pattern(String)

    /// As the registry writes it.
    public init?(_ text: String) {
        switch text {
        case "auto": self = .automatic
        case "seconds": self = .seconds
        case "milliseconds": self = .milliseconds
        default:
            guard Self.isPattern(text) else { return nil }
            self = .pattern(text)
        }
    }

    public var text: String {
        switch self {
        case .automatic: "auto"
        case .seconds: "seconds"
        case .milliseconds: "milliseconds"
        case .pattern(let pattern): pattern
        }
    }

    /// For messages.
    public static let rule = "auto, seconds, milliseconds or a pattern of %Y %m %d %H %M %S %b %z such as \"%Y-%m-%d\""

    private static func isPattern(_ text: String) -> Bool {
        guard text.contains("%Y"), text.utf8.count <= 64, text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return false }
        var rest = text[...]
        while let percent = rest.firstIndex(of: "%") {
            let next = rest.index(after: percent)
            guard next < rest.endIndex, "YmdHMSbz%".contains(rest[next]) else { return false }
            rest = rest[rest.index(after: next)...]
        }
        return true
    }

    /// The smallest step that the form can tell, in milliseconds.
    var stepMilliseconds: Int {
        switch self {
        case .milliseconds: 1
        case .pattern(let pattern) where !pattern.contains("%S"): pattern.contains("%M") ? 60_000 : pattern.contains("%H") ? 3_600_000 : 86_400_000
        default: 1000
        }
    }

    /// Reads a text or the digits of a number; nil for what is none, and for instants before 1970 or behind 2100.
    public func date(of text: String) -> Date? {
        let date: Date? =
            switch self {
            case .automatic: Double(text).map { Self.instant(seconds: abs($0) >= 100_000_000_000 ? $0 / 1000 : $0) } ?? FeedDate.parse(text)
            case .seconds: Double(text).map(Self.instant)
            case .milliseconds: Double(text).map { Self.instant(seconds: $0 / 1000) }
            case .pattern(let pattern): Self.read(text, pattern)
            }
        guard let date, (0.001..<4_102_444_800).contains(date.timeIntervalSince1970) else {
            // "20261124" is a day where a form is not said, not the 235th day of 1970.
            return self == .automatic && text.utf8.count == 8 ? FeedDate.parse(text) : nil
        }
        if self == .automatic, text.utf8.count == 8 || text.utf8.count == 14, let day = FeedDate.parse(text) { return day }
        return date
    }

    private static func instant(seconds: Double) -> Date { Date(timeIntervalSince1970: seconds.isFinite ? seconds : 0) }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    private static func read(_ text: String, _ pattern: String) -> Date? {
        var rest = text.utf8[...]
        var parts = [UInt8(ascii: "m"): 1, UInt8(ascii: "d"): 1]
        var zone = 0
        func digits(_ count: Int) -> Int? {
            guard rest.count >= count, rest.prefix(count).allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            defer { rest = rest.dropFirst(count) }
            return Int(String(decoding: rest.prefix(count), as: UTF8.self))
        }
        var marks = pattern.utf8[...]
        while let mark = marks.popFirst() {
            guard mark == UInt8(ascii: "%"), let kind = marks.popFirst() else {
                guard rest.popFirst() == mark else { return nil }
                continue
            }
            switch kind {
            case UInt8(ascii: "%"): guard rest.popFirst() == mark else { return nil }
            case UInt8(ascii: "b"):
                let name = String(decoding: rest.prefix(3), as: UTF8.self).lowercased()
                guard let month = months.firstIndex(of: name) else { return nil }
                parts[UInt8(ascii: "m")] = month + 1
                rest = rest.dropFirst(3)
            case UInt8(ascii: "z"):
                if rest.first == UInt8(ascii: "Z") {
                    rest = rest.dropFirst()
                    continue
                }
                guard let sign = rest.popFirst(), sign == 0x2B || sign == 0x2D, let hours = digits(2) else { return nil }
                if rest.first == UInt8(ascii: ":") { rest = rest.dropFirst() }
                guard let minutes = digits(2) else { return nil }
                zone = (sign == 0x2D ? -1 : 1) * (hours * 3600 + minutes * 60)
            default:
                guard let value = digits(kind == UInt8(ascii: "Y") ? 4 : 2) else { return nil }
                parts[kind] = value
            }
        }
        return rest.isEmpty ? date(parts, zone: zone) : nil
    }

    private static func date(_ parts: [UInt8: Int], zone: Int) -> Date? {
        func part(_ letter: Unicode.Scalar) -> Int { parts[UInt8(ascii: letter)] ?? 0 }
        let (year, month, day) = (part("Y"), part("m"), part("d"))
        guard (1...12).contains(month), (1...31).contains(day), part("H") < 24, part("M") < 60, part("S") <= 60 else { return nil }
        let days = UTCTime.days(year: year, month: month, day: day)
        guard UTCTime.civil(days: days) == (year, month, day) else { return nil }
        return Date(timeIntervalSince1970: Double(days * 86_400 + part("H") * 3600 + part("M") * 60 + part("S") - zone))
    }

    /// Writes an instant for a parameter; `automatic` writes RFC 3339.
    public func text(of date: Date) -> String {
        let milliseconds = Int((date.timeIntervalSince1970 * 1000).rounded(.down))
        switch self {
        case .automatic: return UTCTime.text(date)
        case .seconds: return String(milliseconds / 1000)
        case .milliseconds: return String(milliseconds)
        case .pattern(let pattern): return Self.write(milliseconds / 1000, pattern)
        }
    }

    private static func write(_ seconds: Int, _ pattern: String) -> String {
        let (year, month, day) = UTCTime.civil(days: seconds / 86_400)
        func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
        let name = months[month - 1]
        let values: [Character: String] = [
            "Y": String(year), "m": two(month), "d": two(day), "H": two(seconds / 3600 % 24), "M": two(seconds / 60 % 60), "S": two(seconds % 60),
            "b": name.prefix(1).uppercased() + name.dropFirst(), "z": "+0000", "%": "%",
        ]
        var out = ""
        var isMark = false
        for character in pattern {
            if isMark {
                out += values[character] ?? ""
                isMark = false
            } else if character == "%" {
                isMark = true
            } else {
                out.append(character)
            }
        }
        return out
    }
}
