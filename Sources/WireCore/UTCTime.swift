public import FoundationEssentials

/// Calendar arithmetic in UTC by hand: the formatters of Foundation cost 20 to 50 µs a call, this costs some ten nanoseconds.
///
/// Days are counted from 1970-01-01 in the proleptic Gregorian calendar.
/// Source of the formulas: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
public enum UTCTime {
    /// Days since 1970-01-01; `month` 1–12, `day` 1–31.
    public static func days(year: Int, month: Int, day: Int) -> Int {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Year, month (1–12) and day (1–31) of a day counted from 1970-01-01.
    public static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = (z >= 0 ? z : z - 146_096) / 146_097
        let dayOfEra = z - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let mp = (5 * dayOfYear + 2) / 153
        let month = mp < 10 ? mp + 3 : mp - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * mp + 2) / 5 + 1)
    }

    /// Appends `YYYY-MM-DDTHH:MM:SSZ` (RFC 3339, whole seconds, rounded down). Years outside 0–9999 are clamped.
    public static func append(_ date: Date, to bytes: inout [UInt8]) {
        let limits = (-62_167_219_200.0, 253_402_300_799.0)
        let raw = date.timeIntervalSince1970
        let seconds = Int(raw.isNaN ? 0 : min(max(raw, limits.0), limits.1).rounded(.down))
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let rest = seconds - day * 86_400
        let (y, m, d) = civil(days: day)
        func two(_ n: Int) {
            bytes.append(UInt8(48 + n / 10 % 10))
            bytes.append(UInt8(48 + n % 10))
        }
        two(y / 100)
        two(y % 100)
        bytes.append(0x2D)
        two(m)
        bytes.append(0x2D)
        two(d)
        bytes.append(0x54)
        two(rest / 3600)
        bytes.append(0x3A)
        two(rest / 60 % 60)
        bytes.append(0x3A)
        two(rest % 60)
        bytes.append(0x5A)
    }

    /// `YYYY-MM-DDTHH:MM:SSZ`.
    public static func text(_ date: Date) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20)
        append(date, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads what people and programs write for an instant: `2026-11-24`, `2026-11-24T08:00`, `…:00`, `…:00.123`, each with
    /// `Z`, `±hh:mm` or nothing (then UTC). Nil for anything else, impossible days included.
    public static func parse(_ text: String) -> Date? {
        var rest = text.utf8[...]
        func number(_ digits: Int) -> Int? {
            guard rest.count >= digits else { return nil }
            var value = 0
            for byte in rest.prefix(digits) {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int(byte) - 0x30
            }
            rest = rest.dropFirst(digits)
            return value
        }
        func skip(_ bytes: String) -> Bool {
            guard let first = rest.first, bytes.utf8.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2) else { return nil }
        guard (1...12).contains(month), day >= 1 else { return nil }
        let date = days(year: year, month: month, day: day)
        guard civil(days: date) == (year, month, day) else { return nil }
        var seconds = Double(date * 86_400)
        if rest.isEmpty { return Date(timeIntervalSince1970: seconds) }
        guard skip("Tt "), let hour = number(2), skip(":"), let minute = number(2), hour < 24, minute < 60 else { return nil }
        seconds += Double(hour * 3600 + minute * 60)
        if skip(":") {
            guard let second = number(2), second <= 60 else { return nil }
            seconds += Double(second)
            if skip(".") {
                var scale = 0.1
                guard let first = rest.first, (0x30...0x39).contains(first) else { return nil }
                while let digit = number(1) {
                    seconds += Double(digit) * scale
                    scale /= 10
                }
            }
        }
        if rest.isEmpty || skip("Zz") { return rest.isEmpty ? Date(timeIntervalSince1970: seconds) : nil }
        let sign: Double = rest.first == 0x2D ? -1 : 1
        guard skip("+-"), let zoneHour = number(2) else { return nil }
        _ = skip(":")
        guard let zoneMinute = number(2), rest.isEmpty, zoneHour < 24, zoneMinute < 60 else { return nil }
        return Date(timeIntervalSince1970: seconds - sign * Double(zoneHour * 3600 + zoneMinute * 60))
    }
}
