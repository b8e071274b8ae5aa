import Fetch
import Processes
import SourcePlugins
import WireCore

/// What a Singer tap is started with.
extension PluginPoll {
    /// The tap's arguments, their files written: a private copy of its config, which it may rewrite, and its state, byte for byte.
    func tapArguments() throws(ReadFailure) -> [String] {
        var arguments = ["--config", try put(Array(launch.settings.utf8), "config.json")]
        if let state = SingerSession.file(ofState: run.context.state) { arguments += ["--state", try put(Array(state.utf8), "state.json")] }
        return arguments
    }

    /// One run of the tap; of one that gives nothing without a catalog a second, with all that it discovers selected.
    mutating func runTap() async throws(ReadFailure) -> ProcessReport {
        let arguments = try tapArguments()
        if launch.configuration.discovers == true { return try await runTap(arguments + catalogArguments(arguments)) }
        let report = try await runTap(arguments)
        guard launch.configuration.discovers == nil, wantsCatalog(report) else { return report }
        return try await runTap(arguments + catalogArguments(arguments))
    }

    private mutating func runTap(_ arguments: [String]) async throws(ReadFailure) -> ProcessReport {
        await converse(BoundedProcess(launch.process(in: folder, more: arguments), launch.bounds(until: run.deadline)))
    }

    /// A tap that selects nothing by itself says nothing, or asks for a catalog.
    private func wantsCatalog(_ report: ProcessReport) -> Bool {
        guard case .exited(let status) = report.end, (talk as? SingerSession)?.isSilent == true, !canceller.isCancelled else { return false }
        let errors = String(decoding: report.errors, as: UTF8.self).lowercased()
        return status == 0 || errors.contains("catalog") || errors.contains("--properties") || errors.contains("no streams")
    }

    private func catalogArguments(_ arguments: [String]) async throws(ReadFailure) -> [String] {
        ["--catalog", try put(try await catalog(arguments), "catalog.json")]
    }

    private func put(_ bytes: [UInt8], _ name: String) throws(ReadFailure) -> String {
        guard folder.write(bytes, to: name) else { throw ReadFailure(.config, "the tap's \(name) cannot be written to its folder") }
        return folder.path + "/" + name
    }

    /// What the tap discovers, with the wanted streams selected.
    private func catalog(_ arguments: [String]) async throws(ReadFailure) -> [UInt8] {
        var bounds = launch.bounds(until: run.deadline)
        bounds.line = bounds.output
        let process = BoundedProcess(launch.process(in: folder, more: Array(arguments.prefix(2)) + ["--discover"]), bounds)
        canceller.watch(process)
        var text: [UInt8] = []
        var report = ProcessReport(end: .killed)
        for await event in process.events {
            switch event {
            case .line(let line): text += line + [0x0A]
            case .nearing: break
            case .ended(let end): report = end
            }
        }
        guard case .exited(let status) = report.end else {
            throw PluginEnd.failure(of: report, launch.configuration.limits, launch.ceilings, talk: talk)
        }
        guard status == 0 else { throw SingerFailure.classify(errors: String(decoding: report.errors, as: UTF8.self), status: status) }
        guard let catalog = SingerCatalog.selecting(launch.configuration.streams, in: text) else {
            throw ReadFailure(.crash, "the tap's --discover printed no catalog", hint: "Leave config.discover out if the tap has none.")
        }
        return catalog
    }
}
