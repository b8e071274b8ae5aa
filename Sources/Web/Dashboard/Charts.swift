import FoundationEssentials
import Stores
import WireCore

/// Charts as SVG, drawn by the server: with axes, and with a text that says what they show.
extension HTML {
    /// One bar of a chart.
    struct Bar {
        /// "2026-11-24".
        var name: String
        var value: Double
        /// The value as it is told: "$0.42 in 12 calls".
        var told: String
        var isPresent = false
    }

    /// A line across the bars: a limit or a threshold.
    struct Mark {
        var name: String
        var value: Double
    }

    /// Bars over days. `unit` writes a value of the axis, whose step is its second argument. Heights are pixels, widths follow the page: the
    /// words keep their size on a telephone and on a wall.
    mutating func bars(_ summary: String, _ bars: [Bar], marks: [Mark] = [], unit: (Double, Double) -> String) {
        let (height, bottom, top) = (220.0, 26.0, 12.0)
        let most = bars.map(\.value).max() ?? 0
        // A mark far above everything would press the bars flat.
        let shown = marks.filter { $0.value <= most * 4 || most == 0 }
        let scale = AxisScale(upTo: max(most, shown.map(\.value).max() ?? 0))
        func y(_ value: Double) -> Double { top + (height - bottom - top) * (1 - value / scale.end) }
        // Two days are no walls.
        let slot = 100 / Double(max(bars.count, 7))
        element("div", .class("chart"), .init("role", "img"), .label(summary)) { box in
            box.element("svg", .class("scale")) { svg in
                for tick in scale.ticks { svg.label("end", "58", y(tick) + 4, unit(tick, scale.step)) }
            }
            box.element("svg", .class("bars")) { svg in
                for tick in scale.ticks { svg.line("grid", y(tick)) }
                let every = max(1, Int((Double(bars.count) / 10).rounded(.up)))
                for (index, bar) in bars.enumerated() {
                    let x = slot * Double(index)
                    svg.element(
                        "rect", .class(bar.isPresent ? "bar present" : "bar"), .init("x", Self.percent(x + slot * 0.14)),
                        .init("y", Self.number(y(bar.value))), .init("width", Self.percent(slot * 0.72)),
                        .init("height", Self.number(max(0, y(0) - y(bar.value)))), .init("rx", "2")
                    ) { $0.element("title", text: "\(bar.name): \(bar.told)") }
                    let back = bars.count - 1 - index
                    guard back % every == 0 else { continue }
                    // Where it is narrow, every second one is left out.
                    svg.label(back / every % 2 == 0 ? "middle" : "middle minor", Self.percent(x + slot / 2), height - 8, String(bar.name.suffix(5)))
                }
                for mark in shown {
                    svg.line("mark", y(mark.value))
                    svg.label("mark-name end", "100%", y(mark.value) - 5, mark.name)
                }
            }
        }
    }

    /// The last polls of a source, oldest first: tall where news came or the poll failed, low where nothing was new. In a table those of
    /// all rows end at the same place; a `large` one stands alone and says how to read it.
    mutating func strip(_ polls: [PollRecord], isLarge: Bool = false) {
        let polls = Array(polls.prefix(24).reversed())
        guard !polls.isEmpty else { return element("span", .class("dim"), text: "no poll yet") }
        let failed = polls.count { !$0.isWell }
        let told = "\(polls.count.counted("poll")): \(polls.count - failed) well, \(failed) failed"
        let first = isLarge ? (24 - polls.count) * 5 : 0
        let size: [Attribute?] = isLarge ? [.init("width", String((120 - first) * 2)), .init("height", "40")] : [nil, nil]
        element(
            "svg", .class(isLarge ? "strip large" : "strip"), .init("viewBox", "\(first) 0 \(120 - first) 20"), size[0], size[1],
            .init("role", "img"), .label(told)
        ) { svg in
            for (index, poll) in polls.enumerated() {
                let height = !poll.isWell ? 18.0 : poll.items.new > 0 ? 14.0 : 5.0
                svg.element(
                    "rect", .class(!poll.isWell ? "fail" : poll.items.new > 0 ? "news" : "calm"),
                    .init("x", String((24 - polls.count + index) * 5)), .init("y", Self.number(19 - height)), .init("width", "4"),
                    .init("height", Self.number(height)), .init("rx", "1")
                ) { _ in }
            }
        }
        if isLarge { element("p", .class("dim"), text: "The newest on the right. Tall: it brought news, or failed; low: nothing was new.") }
    }

    /// A value's part of the largest, beside it in a table.
    mutating func share(_ part: Double, tone: Tone? = nil) {
        let width = part.isFinite ? min(max(part, 0), 1) * 100 : 0
        element(
            "svg", .class("share" + (tone.map { " \($0.rawValue)" } ?? "")), .init("viewBox", "0 0 100 8"), .init("preserveAspectRatio", "none"),
            .init("aria-hidden", "true")
        ) { svg in
            svg.element("rect", .class("rest"), .init("width", "100"), .init("height", "8"), .init("rx", "2")) { _ in }
            svg.element("rect", .class("part"), .init("width", Self.number(width)), .init("height", "8"), .init("rx", "2")) { _ in }
        }
    }

    /// A line over days, small enough for a table's row.
    mutating func spark(_ values: [Double], told: String) {
        let most = max(values.max() ?? 1, 1)
        let step = 100 / Double(max(values.count - 1, 1))
        let points = values.enumerated().map { "\(Self.number(Double($0) * step)),\(Self.number(22 - 20 * $1 / most))" }.joined(separator: " ")
        element("svg", .class("spark"), .init("viewBox", "-2 0 104 24"), .init("role", "img"), .label(told)) { svg in
            svg.element("polyline", .init("points", points)) { _ in }
        }
    }

    private mutating func line(_ name: String, _ y: Double) {
        element("line", .class(name), .init("x1", "0"), .init("y1", Self.number(y)), .init("x2", "100%"), .init("y2", Self.number(y))) { _ in }
    }

    private mutating func label(_ name: String, _ x: String, _ y: Double, _ text: String) {
        element("text", .class(name), .init("x", x), .init("y", Self.number(y)), text: text)
    }

    /// Two decimals.
    private static func percent(_ value: Double) -> String { "\((value * 100).rounded() / 100)%" }

    /// One decimal.
    fileprivate static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? String(tenths / 10) : "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}

/// Round numbers for an axis that begins at zero.
struct AxisScale: Equatable {
    var step: Double
    var ticks: [Double]
    var end: Double { ticks.last ?? 1 }

    /// Three to six ticks at 1, 2 or 5 times a power of ten, the last at or above `most`.
    init(upTo most: Double) {
        guard most > 0, most.isFinite else {
            step = 1
            ticks = [0, 1]
            return
        }
        var power = 1.0
        while power * 10 <= most { power *= 10 }
        while power > most { power /= 10 }
        let (wide, narrow) = (power, power / 10)
        let steps = [narrow * 2, narrow * 5, wide, wide * 2, wide * 5]
        step = steps.first { most / $0 <= 4 } ?? wide * 5
        let count = Int((most / step).rounded(.up))
        let chosen = step
        ticks = (0...max(1, count)).map { Double($0) * chosen }
    }
}
