import FoundationEssentials
import Host
import Hummingbird
import Logging
import NIOCore
import Stores
import WireCore

/// A diagnosis written into its page while it goes on. Each line is a whole item of the list; one that tells what is under way is hidden by
/// the style as soon as another follows. So the page shows every stage as it happens, without script too.
struct DiagnosisStream {
    let parts: DeskParts
    let source: SourceID
    let visitor: Visitor

    /// So often a stage that is under way tells for how long: who looks sees that it goes on, and a page that has gone is noticed.
    private static let heartbeat = Duration.seconds(1)

    /// Diagnoses and writes until the end; when the page has gone, the diagnosis is called off.
    func write(to writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(ByteBuffer(string: "<section class=\"card\" id=\"stages\" tabindex=\"-1\"><h2>Diagnosis</h2><ol class=\"stages\">\n"))
        // What is told is bounded by the ceilings of the poll.
        let (news, teller) = AsyncStream<Diagnosis.Progress?>.makeStream()
        async let ending = diagnose(teller)
        async let _: Void = Self.beat(teller)
        var underWay: (name: String, detail: String, since: ContinuousClock.Instant)?
        for await progress in news {
            var html = HTML(capacity: 512)
            switch progress {
            case .underWay(let name, let detail):
                underWay = (name, detail, .now)
                Self.write(name, detail, for: nil, to: &html)
            case .ended(let stage):
                underWay = nil
                Self.write(stage, to: &html)
            case nil:
                if let underWay { Self.write(underWay.name, underWay.detail, for: underWay.since.duration(to: .now), to: &html) }
            }
            try await writer.write(ByteBuffer(bytes: html.bytes + [0x0A]))
        }
        try await writer.write(ByteBuffer(string: "</ol>\n"))
        var html = HTML(capacity: 2048)
        switch await ending {
        case .success(let diagnosis): Self.writeEnd(of: diagnosis, to: &html)
        case .failure(let problem):
            html.element("p", .class("failure")) { $0.outside(problem.detail, limit: 1000) }
            if let hint = problem.hint { html.element("p", .class("hint")) { $0.outside(hint, limit: 1000) } }
        }
        try await writer.write(ByteBuffer(bytes: html.bytes + Array("</section>\n".utf8)))
    }

    private func diagnose(_ teller: AsyncStream<Diagnosis.Progress?>.Continuation) async -> Result<Diagnosis, Problem> {
        defer { teller.finish() }
        do {
            // Reading a document takes its time, and the connection's thread serves others.
            let diagnosis = try await withTaskExecutorPreference(globalConcurrentExecutor) {
                try await parts.diagnose(source, by: visitor) { teller.yield($0) }
            }
            return .success(diagnosis)
        } catch let problem as Problem {
            return .failure(problem)
        } catch {
            parts.logger.error(
                "a diagnosis failed", metadata: ["source": "\(source)", "error": "\(SafeText.line(String(describing: error), limit: 500))"])
            return .failure(Problem(500, "the diagnosis broke off inside the host; its log says why"))
        }
    }

    private static func beat(_ teller: AsyncStream<Diagnosis.Progress?>.Continuation) async {
        while (try? await Task.sleep(for: heartbeat)) != nil { teller.yield(nil) }
    }

    // MARK: - Markup

    private static func write(_ stage: Diagnosis.Stage, to html: inout HTML) {
        let tone: Tone = stage.ok.map { $0 ? .good : .bad } ?? .off
        html.element("li", .class(tone.rawValue)) { item in
            item.pill(tone, stage.name)
            item.element("span", .class("ms"), text: stage.ok == nil || stage.ms == 0 ? "" : "\(stage.ms) ms")
            item.element("span") { $0.outside(stage.detail, limit: 600) }
        }
    }

    /// `elapsed`: since it was first told; only what is told first is read aloud.
    private static func write(_ name: String, _ detail: String, for elapsed: Duration?, to html: inout HTML) {
        html.element("li", .class("under-way"), elapsed == nil ? nil : .init("aria-hidden", "true")) { item in
            item.pill(.quiet, name)
            item.element("span", .class("ms"), text: elapsed.map { "\(Int($0.seconds)) s" } ?? "")
            item.element("span") { $0.outside(detail, limit: 600) }
        }
    }

    private static func writeEnd(of diagnosis: Diagnosis, to html: inout HTML) {
        if !diagnosis.report.isHealthy, let bytes = diagnosis.report.record.evidence.firstBytes {
            html.element("p") { line in
                line.text("The answer begins: ")
                line.element("code") { $0.outside(bytes) }
            }
        }
        html.element("p", .class("hint")) { line in
            line.element("strong", text: "What to do: ")
            line.outside(diagnosis.advice, limit: 1000)
        }
    }
}
