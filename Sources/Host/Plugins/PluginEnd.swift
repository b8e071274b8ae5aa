import Processes
import SourcePlugins
import WireCore

/// What the end of a plugin's process means where it did not say so itself. Pure.
enum PluginEnd {
    static func failure(of report: ProcessReport, _ limits: PluginLimits, _ ceilings: Ceilings, talk: any PluginTalk) -> ReadFailure {
        let errors = String(decoding: report.errors, as: UTF8.self)
        let last = errors.split(whereSeparator: \.isNewline).last.map { ": \(SafeText.line(String($0), limit: 160))" } ?? ""
        let half = report.endsInHalfLine ? "; its output broke off in the middle of a line" : ""
        switch report.end {
        case .notStarted(let fault):
            return ReadFailure(fault.isConfiguration ? .config : .crash, fault.message, hint: "Check config.command.")
        case .bound(let bound): return failure(at: bound, limits, ceilings)
        case .killed: return ReadFailure(.crash, "the plugin was called off\(half)")
        case .signalled(let number):
            return ReadFailure(.crash, "the plugin was killed by signal \(number)\(name(number))\(half)\(last)", hint: hint)
        case .exited(let status):
            if status != 0, memoryMarks.contains(where: errors.contains) { return failure(at: .memory, limits, ceilings) }
            if status == 127 || status == 126, (talk as? PluginSession)?.hasBegun == false {
                return ReadFailure(
                    .config, "the plugin could not start (status \(status))\(last)", hint: "What its first line or its script names is not there.")
            }
            return ReadFailure(.crash, "the plugin ended with status \(status) and without \"done\"\(half)\(last)", hint: hint)
        }
    }

    private static let hint = "It is started again at the next poll, ever more rarely. `wiredesk plugins test` tries it by itself."
    private static let memoryMarks = ["MemoryError", "Cannot allocate memory", "bad_alloc", "out of memory", "OutOfMemory"]

    private static func failure(at bound: ProcessBound, _ limits: PluginLimits, _ ceilings: Ceilings) -> ReadFailure {
        func raise(_ key: String) -> String { "If the plugin is honest, raise \(key)." }
        switch bound {
        case .startUp:
            return ReadFailure(
                .timeout, "the plugin said nothing within \(limits.startUp.short)",
                hint: "It must print its \"hello\" at once, and flush it. " + raise("config.limits.startUp"))
        case .wallTime:
            return ReadFailure(
                .timeout, "the plugin was not done after \(ceilings.wallTime.short), and was ended", hint: raise("ceilings.wallTime"))
        case .cpuTime:
            return ReadFailure(
                .timeout, "the plugin used more than \(limits.cpuTime.short) of CPU time, and was ended", hint: raise("config.limits.cpuTime"))
        case .memory:
            return ReadFailure(
                .ceiling, "the plugin wanted more than \(limits.memory.short) of memory, and was ended", hint: raise("config.limits.memory"))
        case .output:
            return ReadFailure(
                .tooLarge, "the plugin printed more than \(limits.output.short), and was ended", hint: raise("config.limits.output"))
        case .line:
            return ReadFailure(
                .tooLarge, "the plugin printed a line of more than \(limits.line.short), and was ended", hint: raise("config.limits.line"))
        case .processes:
            return ReadFailure(
                .ceiling, "the plugin started more than \(limits.processes) processes, and was ended", hint: raise("config.limits.processes"))
        }
    }

    private static func name(_ signal: Int) -> String {
        let names = [4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM", 25: "SIGXFSZ"]
        return names[signal].map { " (\($0))" } ?? ""
    }
}
