import FoundationEssentials
import WireCore

/// HTML being written. Text and attribute values are escaped on their way in; names are literals of ours: nothing from outside can
/// become markup.
struct HTML {
    private(set) var bytes: [UInt8] = []
    /// How many bytes come before what is written later.
    private(set) var room: Int?

    init(capacity: Int = 32 << 10) { bytes.reserveCapacity(capacity) }

    /// An attribute; nil leaves it out, so that it can depend on a condition.
    struct Attribute {
        let name: StaticString
        let value: String?

        init(_ name: StaticString, _ value: String) {
            self.name = name
            self.value = value
        }

        private init(flag name: StaticString) {
            self.name = name
            value = nil
        }

        static func `class`(_ names: String) -> Attribute { Attribute("class", names) }
        static func id(_ name: String) -> Attribute { Attribute("id", name) }
        /// A place of ours.
        static func href(_ path: String) -> Attribute { Attribute("href", path) }
        static func flag(_ name: StaticString) -> Attribute { Attribute(flag: name) }
        static func label(_ text: String) -> Attribute { Attribute("aria-label", text) }
    }

    /// An element with what `body` writes inside.
    mutating func element(_ name: StaticString, _ attributes: Attribute?..., body: (inout HTML) throws -> Void) rethrows {
        open(name, attributes)
        try body(&self)
        close(name)
    }

    /// An element with text inside.
    mutating func element(_ name: StaticString, _ attributes: Attribute?..., text: String) {
        open(name, attributes)
        self.text(text)
        close(name)
    }

    /// An element that holds nothing.
    mutating func void(_ name: StaticString, _ attributes: Attribute?...) { open(name, attributes) }

    mutating func text(_ text: String) { Self.append(text, to: &bytes) }

    /// Text from outside as one line: control characters and direction overrides are shown, not obeyed.
    mutating func outside(_ text: String, limit: Int = 400) { self.text(SafeText.line(text, limit: limit)) }

    /// Leaves room for what is not known yet: it is sent later, at this place.
    mutating func leaveRoom() { room = bytes.count }

    mutating func doctype() { bytes += "<!doctype html>\n".utf8 }

    // MARK: - Writing

    private mutating func open(_ name: StaticString, _ attributes: [Attribute?]) {
        bytes.append(0x3C)
        append(name)
        for case let attribute? in attributes {
            bytes.append(0x20)
            append(attribute.name)
            guard let value = attribute.value else { continue }
            bytes += [0x3D, 0x22]
            Self.append(value, to: &bytes)
            bytes.append(0x22)
        }
        bytes.append(0x3E)
    }

    private mutating func close(_ name: StaticString) {
        bytes += [0x3C, 0x2F]
        append(name)
        bytes.append(0x3E)
    }

    private mutating func append(_ name: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }

    /// Escapes what has a meaning in text or in a quoted value, and drops NUL and other control characters that HTML does not allow.
    private static func append(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { source in
            for byte in source {
                switch byte {
                case 0x26: bytes += "&amp;".utf8
                case 0x3C: bytes += "&lt;".utf8
                case 0x3E: bytes += "&gt;".utf8
                case 0x22: bytes += "&quot;".utf8
                case 0x27: bytes += "&#39;".utf8
                case 0x09, 0x0A, 0x20...0x7E, 0x80...: bytes.append(byte)
                default: continue
                }
            }
        }
    }
}

// MARK: - What pages say again and again

extension HTML {
    mutating func link(_ path: String, _ text: String, _ attributes: Attribute?...) {
        open("a", [.href(path)] + attributes)
        outside(text)
        close("a")
    }

    /// A link to where an article is. Anything but http and https is shown as text: a `javascript:` address leads nowhere.
    mutating func outsideLink(_ url: String?, _ text: String) {
        let lowered = url?.prefix(8).lowercased() ?? ""
        guard let url, lowered.hasPrefix("https://") || lowered.hasPrefix("http://") else { return outside(text) }
        element("a", Attribute("href", url), Attribute("rel", "noopener noreferrer nofollow"), Attribute("target", "_blank")) {
            $0.outside(text)
        }
    }

    /// "3 min ago", with the instant itself for machines and for whoever points at it.
    mutating func ago(_ date: Date?, _ now: Date, never: String = "never") {
        guard let date else { return text(never) }
        time(date, "\(Figures.rough(now.timeIntervalSince(date))) ago")
    }

    /// "in 3 min", or "due".
    mutating func until(_ date: Date?, _ now: Date, never: String = "—") {
        guard let date else { return text(never) }
        time(date, date > now ? "in \(Figures.rough(date.timeIntervalSince(now)))" : "due")
    }

    mutating func time(_ date: Date, _ shown: String) {
        let text = UTCTime.text(date)
        element("time", Attribute("datetime", text), Attribute("title", text.dropLast().replacing("T", with: " ") + " UTC"), text: shown)
    }

    /// An instant as "2026-11-24 08:00:12".
    mutating func instant(_ date: Date) { time(date, String(UTCTime.text(date).dropLast().replacing("T", with: " "))) }

    mutating func icon(_ sign: String) { element("span", .class("sign"), Attribute("aria-hidden", "true"), text: sign) }

    /// A labelled word with its own colour and sign, so that colour alone says nothing.
    mutating func pill(_ tone: Tone, _ word: String) {
        element("span", .class("pill \(tone.rawValue)")) {
            $0.icon(tone.sign)
            $0.text(word)
        }
    }

    mutating func hidden(_ name: String, _ value: String) {
        void("input", Attribute("type", "hidden"), Attribute("name", name), Attribute("value", value))
    }
}

/// How something is doing.
enum Tone: String {
    case good, quiet, warn, bad, off

    var sign: String {
        switch self {
        case .good: "●"
        case .quiet: "◐"
        case .warn: "▲"
        case .bad: "✕"
        case .off: "○"
        }
    }
}
