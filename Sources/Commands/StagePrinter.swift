import Foundation
import Host
import WireCore

/// Prints the stages of a diagnosis as they happen. On a terminal the last line tells what is under way, and for how long; elsewhere what
/// takes long gets one line of its own.
struct StagePrinter {
    private let palette = Palette()
    private let canRedraw = Output.isTerminal() && ProcessInfo.processInfo.environment["TERM"] != "dumb"
    private var underWay: (name: String, detail: String, since: ContinuousClock.Instant)?
    private var isShown = false

    /// What takes longer is told where nothing can be drawn anew.
    private static let patience = Duration.seconds(3)

    /// Takes what happened; nil: nothing, but time goes on.
    mutating func take(_ progress: Diagnosis.Progress?) {
        switch progress {
        case .underWay(let name, let detail):
            erase()
            underWay = (name, detail, .now)
            if canRedraw { show() }
        case .ended(let stage):
            erase()
            underWay = nil
            Output.line(line(stage))
        case nil: remind()
        }
    }

    private mutating func remind() {
        guard let underWay, canRedraw || !isShown && underWay.since.duration(to: .now) >= Self.patience else { return }
        show()
    }

    private mutating func show() {
        guard let underWay else { return }
        let seconds = Int(underWay.since.duration(to: .now).seconds)
        let time = canRedraw && seconds > 0 ? "\(seconds) s" : ""
        let text = line("…", underWay.name, time, SafeText.line(underWay.detail, limit: max(20, Output.width - 26)))
        Output.text(canRedraw ? "\r\u{1B}[2K" + palette.dim(text) : text + "\n")
        isShown = true
    }

    private mutating func erase() {
        if canRedraw, isShown { Output.text("\r\u{1B}[2K") }
        isShown = false
    }

    private func line(_ stage: Diagnosis.Stage) -> String {
        let (mark, paint): (String, (String) -> String) =
            switch stage.ok {
            case true: ("✓", palette.good)
            case false: ("✗", palette.bad)
            default: ("·", palette.dim)
            }
        let detail = SafeText.line(stage.detail, limit: 1000)
        let time = stage.ok == nil || stage.ms == 0 ? "" : "\(stage.ms) ms"
        return line(paint(mark), stage.name, palette.dim(Self.right(time)), stage.ok == nil ? palette.dim(detail) : detail)
    }

    private func line(_ mark: String, _ name: String, _ time: String, _ detail: String) -> String {
        "  \(mark) \(name.padding(toLength: 11, withPad: " ", startingAt: 0))\(Self.right(time))  \(detail)"
    }

    private static func right(_ time: String) -> String { String(repeating: " ", count: max(0, 8 - time.utf8.count)) + time }
}
