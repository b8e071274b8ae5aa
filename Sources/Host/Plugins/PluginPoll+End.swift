import FoundationEssentials
import Processes
import SourcePlugins
import WireCore

/// What the poll of a plugin came to.
extension PluginPoll {
    mutating func conclude(_ report: ProcessReport) {
        note(report)
        if let broken { return fail(broken, report) }
        if let stopped {
            run.finish(stopped)
            if stopped == .items { run.reading.adapterState = stateAtCeiling }
            return
        }
        if let verdict { return conclude(verdict) }
        if launch.configuration.wire == .singer, case .exited(let status) = report.end {
            guard status == 0 else {
                return fail(SingerFailure.classify(errors: String(decoding: report.errors, as: UTF8.self), status: status), report)
            }
            return conclude(PluginVerdict())
        }
        let failure = PluginEnd.failure(of: report, launch.configuration.limits, launch.ceilings, talk: talk)
        // One that falls over a document that did not come is told as what kept the document away.
        if let fetchFailure, case .exited = report.end {
            run.reading.notes.append(failure.message)
            return run.fail(fetchFailure, end: .failed)
        }
        fail(failure, report)
    }

    private mutating func conclude(_ verdict: PluginVerdict) {
        if let wait = verdict.retryAfter, wait > 0 {
            run.reading.retryAt = run.context.now.addingTimeInterval(min(wait, RetryAfter.most.seconds))
        }
        if let outcome = verdict.outcome, !outcome.isSuccess {
            let retryAt = run.reading.retryAt
            run.fail(ReadFailure(outcome, verdict.message ?? "the plugin gives no reason", hint: verdict.hint, retryAt: retryAt), end: .failed)
            return
        }
        // A plugin that says nothing of a failure, or calls it well without an item, does not hide it.
        if let failure = fetchFailure, verdict.outcome == nil || run.reading.items.isEmpty { return run.fail(failure, end: .failed) }
        run.reading.adapterState = talk.state
        run.finish(.complete)
        if verdict.outcome == .notModified, run.reading.outcome == .empty { run.reading.outcome = .notModified }
        if let message = verdict.message { run.reading.message += "; \(SafeText.line(message, limit: 200))" }
    }

    private mutating func note(_ report: ProcessReport) {
        if report.leftProcesses { run.reading.notes.append("processes that the plugin had left running were ended") }
        if verdict != nil, report.end == .killed { run.reading.notes.append("the plugin did not end by itself after its \"done\", and was ended") }
    }

    private mutating func fail(_ failure: ReadFailure, _ report: ProcessReport) {
        run.fail(failure, end: .failed)
        let last = String(decoding: report.errors, as: UTF8.self).split(whereSeparator: \.isNewline).suffix(3).joined(separator: " ⏎ ")
        if !last.isEmpty { run.reading.evidence.firstBytes = SafeText.line(String(last.suffix(Evidence.limit)), limit: Evidence.limit) }
    }
}
