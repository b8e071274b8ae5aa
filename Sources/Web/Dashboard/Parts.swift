import Costs
import FoundationEssentials
import Host
import Stores
import WireCore

// What several pages show: tiles, tables, states, amounts.

extension SourceStatus {
    var tone: Tone {
        switch self {
        case .well: .good
        case .quiet: .quiet
        case .held: .warn
        case .failing, .resting: .bad
        case .disabled, .new: .off
        }
    }

    /// Whether somebody should look at it.
    var needsSomebody: Bool { self == .failing || self == .resting || self == .held }
}

extension JobOutcome {
    var tone: Tone {
        switch self {
        case .done: .good
        case .running: .quiet
        case .nothingToDo: .off
        case .failed: .warn
        case .givenUp, .abandoned: .bad
        }
    }
}

extension EntryStatus {
    var tone: Tone {
        switch self {
        case .settled: .good
        case .cached: .quiet
        case .reserved: .quiet
        case .estimated: .warn
        case .released: .off
        }
    }
}

extension HTML {
    /// A page's head: its name, how what it shows is doing, and a line about it.
    mutating func title(_ name: String, state: (tone: Tone, word: String)? = nil, _ about: String, _ more: (inout HTML) -> Void = { _ in }) {
        element("div", .class("title")) { title in
            title.element("div") { head in
                head.element("div", .class("name")) { line in
                    line.element("h1") { $0.outside(name, limit: 300) }
                    if let state { line.pill(state.tone, state.word) }
                }
                head.element("p", .class("dim")) { $0.outside(about, limit: 600) }
            }
            more(&title)
        }
    }

    /// Names side by side.
    mutating func tags(_ names: [String]) {
        element("span", .class("tags")) { list in
            for name in names { list.element("span", .class("tag")) { $0.outside(name, limit: 60) } }
        }
    }

    /// A part of a page. One with `id` is brought up to date while the page is open.
    mutating func section(_ name: String, id: String? = nil, class names: String = "card", _ body: (inout HTML) -> Void) {
        element("section", .class(names), id.map { .id($0) }, id == nil ? nil : .flag("data-fresh")) { section in
            section.element("h2", text: name)
            body(&section)
        }
    }

    /// One entry of a list of facts.
    mutating func fact(_ name: String, _ body: (inout HTML) -> Void) {
        element("dt", text: name)
        element("dd", body: body)
    }

    /// One figure.
    mutating func tile(_ name: String, _ value: String, _ note: String, tone: Tone? = nil, href: String? = nil) {
        element("div", .class("tile" + (tone.map { " \($0.rawValue)" } ?? ""))) { tile in
            tile.element("span", .class("name"), text: name)
            tile.element("span", .class("value")) { span in
                if let href { span.element("a", .href(href), text: value) } else { span.text(value) }
            }
            tile.element("span", .class("note")) { $0.outside(note) }
        }
    }

    /// What stands where there is nothing to show: why, and what to do.
    mutating func empty(_ what: String, _ hint: String? = nil) {
        element("div", .class("empty")) { box in
            box.element("p", text: what)
            if let hint { box.element("p", .class("dim"), text: hint) }
        }
    }

    /// A column's head. `isNumber` columns are right-aligned; `minor` ones give way on narrow screens, `least` ones first.
    struct Column {
        enum Weight: String { case main = "", minor, least }
        var name: String
        var isNumber = false
        /// Holds text from outside, which breaks wherever it must.
        var isLong = false
        var weight = Weight.main

        init(_ name: String, isNumber: Bool = false, isLong: Bool = false, _ weight: Weight = .main) {
            self.name = name
            self.isNumber = isNumber
            self.isLong = isLong
            self.weight = weight
        }

        var classes: String { [isNumber ? "number" : "", isLong ? "long" : "", weight.rawValue].filter { !$0.isEmpty }.joined(separator: " ") }
    }

    /// A table whose rows are written cell by cell.
    mutating func table<Row>(
        _ caption: String, _ columns: [Column], _ rows: [Row], rowClass: (Row) -> String? = { _ in nil }, _ cells: (Row, inout Cells) -> Void
    ) {
        element("div", .class("table"), .init("role", "region"), .label(caption), .init("tabindex", "0")) { box in
            box.element("table") { table in
                table.element("caption", .class("unseen"), text: caption)
                table.element("thead") { head in
                    head.element("tr") { row in
                        for column in columns { row.element("th", .init("scope", "col"), .class(column.classes), text: column.name) }
                    }
                }
                table.element("tbody") { body in
                    for row in rows {
                        body.element("tr", rowClass(row).map { .class($0) }) { html in
                            // Handed over and back, so that the page is never copied.
                            var writer = Cells(columns: columns)
                            swap(&writer.html, &html)
                            cells(row, &writer)
                            swap(&writer.html, &html)
                        }
                    }
                }
            }
        }
    }

    /// The cells of one row, in the order of the columns.
    struct Cells {
        fileprivate var html = HTML(capacity: 0)
        private let columns: [Column]
        private var index = 0

        fileprivate init(columns: [Column]) { self.columns = columns }

        mutating func cell(_ body: (inout HTML) -> Void) {
            let classes = index < columns.count ? columns[index].classes : ""
            index += 1
            html.element("td", classes.isEmpty ? nil : .class(classes), body: body)
        }

        mutating func text(_ text: String, limit: Int = 300) { cell { $0.outside(text, limit: limit) } }
        mutating func number(_ number: Int) { cell { $0.text(Figures.grouped(number)) } }
        mutating func money(_ sum: MoneySum) { cell { $0.money(sum) } }
    }

    /// An amount, rounded for the eye; the exact one for whoever points at it.
    mutating func money(_ sum: MoneySum) {
        element("data", .init("value", sum.dollars), .init("title", "$\(sum.dollars)"), text: Figures.dollars(sum))
    }

    /// The link to the next page of a list.
    mutating func more(_ path: String?) {
        guard let path else { return }
        element("p", .class("more")) { $0.element("a", .href(path), .init("rel", "next"), text: "Older ones →") }
    }

    /// A form with one button.
    mutating func action(_ path: String, _ name: String, _ visitor: Visitor, class names: String = "", label: String? = nil) {
        element("form", .init("method", "post"), .init("action", path), .class("action")) { form in
            form.hidden(SameOrigin.formField, visitor.formToken ?? "")
            form.element("button", .class(names), label.map { .label($0) }, text: name)
        }
    }
}

/// Numbers for the eye.
enum Figures {
    /// "12,345".
    static func grouped(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var out = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { out.append(",") }
            out.append(digit)
        }
        return number < 0 ? "−" + out : out
    }

    /// "$12.40", "$0.0031"; what is less than a hundredth of a cent is said to be so.
    static func dollars(_ sum: MoneySum) -> String {
        let dollar = Int128(Money.perDollar)
        let size = sum.picodollars.magnitude
        if size == 0 { return "$0.00" }
        if size < UInt128(dollar / 10_000) { return sum.picodollars < 0 ? "> −$0.0001" : "< $0.0001" }
        let fine = sum.text(decimals: 4)
        let text = size >= UInt128(dollar) || fine.hasSuffix("00") ? sum.text(decimals: 2) : fine
        let parts = text.split(separator: ".", maxSplits: 1)
        let whole = Int(parts[0]).map { $0 >= 1000 ? grouped($0) : String(parts[0]) } ?? String(parts[0])
        return parts.count > 1 ? "$\(whole).\(parts[1])" : "$\(whole)"
    }

    static func dollars(_ money: Money) -> String { dollars(MoneySum(money)) }

    /// A span as people say it: "40 s", "12 min", "3 h", "2 d"; what is below zero counts as none.
    static func rough(_ seconds: Double) -> String {
        let seconds = Int(min(max(seconds, 0), 1e10))
        return switch seconds {
        case ..<60: "\(seconds) s"
        case ..<5400: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) d"
        }
    }

    /// "12.3 k", "4.5 M".
    static func short(_ number: Int) -> String {
        for (unit, size) in [("G", 1_000_000_000), ("M", 1_000_000), ("k", 1000)] where number >= size * 10 || number >= size && size > 1000 {
            let tenths = number / (size / 10)
            return tenths >= 1000 ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
        }
        return grouped(number)
    }

    /// Share of the whole in percent, 0 to 100, one decimal.
    static func percent(_ value: Double) -> String { "\(((value * 10).rounded() / 10))".replacing(".0", with: "") + " %" }
}
