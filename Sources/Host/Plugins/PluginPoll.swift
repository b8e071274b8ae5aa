import Fetch
import Foundation
import Processes
import SourcePlugins
import Synchronization
import WireCore

extension PollRunner {
    /// Polls a plugin once: one process from its start to its end, within the poll's ceilings. Never throws.
    func run(_ launch: PluginLaunch, secrets: SecretValues, memory: Memory, now: Date) async -> PollReading {
        await PluginPlaces.shared.run(isSuspect: !memory.mayRetry) {
            await runInPlace(launch, secrets: secrets, memory: memory, now: now)
        }
    }

    private func runInPlace(_ launch: PluginLaunch, secrets: SecretValues, memory: Memory, now: Date) async -> PollReading {
        let deadline = ContinuousClock.now + launch.ceilings.wallTime
        let context = PollContext(now: now, state: memory.adapterState, ceilings: launch.ceilings)
        var run = PollRun(context: context, memory: memory, deadline: deadline)
        let folder: PluginFolder
        do {
            folder = try PluginFolder(for: launch.source)
        } catch {
            run.fail(error, end: .refused)
            return run.reading
        }
        let canceller = PluginCanceller()
        // Not a child task: it sees the process to its end although the poll's task is cancelled, and is waited for.
        let work = Task { [run] in
            var poll = PluginPoll(runner: self, launch: launch, secrets: secrets, folder: folder, canceller: canceller, run: run)
            return await poll.poll()
        }
        let reading = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            canceller.cancel()
        }
        folder.remove()
        return reading
    }
}

/// The poll of a plugin under way: acts on what the talk says, and judges the end.
struct PluginPoll: ~Copyable {
    let runner: PollRunner
    let launch: PluginLaunch
    let secrets: SecretValues
    let folder: PluginFolder
    let canceller: PluginCanceller
    var run: PollRun
    var allowance: AttemptAllowance
    var talk: any PluginTalk
    var verdict: PluginVerdict?
    var broken: ReadFailure?
    var stopped: PollEnd?
    /// The bookmark before the line that is being read: what that line brings is not covered by it.
    var stateBefore: String?
    /// The bookmark of the items that the ceiling on items let in.
    var stateAtCeiling: String?
    /// The last fetch's failure; nil once one succeeds.
    var fetchFailure: ReadFailure?
    var failedURLs: Set<String> = []

    /// Lines that are shorter are read where they come in; longer ones on the threads for reading.
    private static let longLine = 16 << 10
    private static let mostNotes = 20

    init(runner: PollRunner, launch: PluginLaunch, secrets: SecretValues, folder: PluginFolder, canceller: PluginCanceller, run: PollRun) {
        self.runner = runner
        self.launch = launch
        self.secrets = secrets
        self.folder = folder
        self.canceller = canceller
        self.run = run
        allowance = AttemptAllowance(ceiling: launch.ceilings.attempts)
        self.run.reading.description = launch.name
        switch launch.configuration.wire {
        case .wiredesk:
            let left = ContinuousClock.now.duration(to: run.deadline).seconds
            talk = PluginSession(
                PluginOrder(
                    poll: "p\(UInt32.random(in: .min ... .max))", source: launch.source.text, url: launch.url, now: run.context.now, seconds: left,
                    state: run.context.state, settings: launch.settings, ceilings: launch.ceilings))
        case .singer:
            let configuration = launch.configuration
            talk = SingerSession(streams: configuration.streams, fields: configuration.fields, depth: launch.ceilings.depth)
        }
    }

    mutating func poll() async -> PollReading {
        do {
            let report: ProcessReport
            switch launch.configuration.wire {
            case .wiredesk: report = await converse(BoundedProcess(launch.process(in: folder), launch.bounds(until: run.deadline)))
            case .singer: report = try await runTap()
            }
            stateBefore = talk.state
            for action in talk.end() where !canceller.isCancelled { await act(on: action, nil) }
            conclude(report)
        } catch {
            run.fail(error, end: .failed)
        }
        run.reading.attempts = allowance.used
        run.reading.isCancelled = canceller.isCancelled
        return run.reading
    }

    mutating func converse(_ process: BoundedProcess) async -> ProcessReport {
        canceller.watch(process)
        for await event in process.events {
            switch event {
            case .line(let line):
                stateBefore = talk.state
                for action in await read(line) { await act(on: action, process) }
            case .nearing: process.send(talk.farewell)
            case .ended(let report): return report
            }
        }
        return ProcessReport(end: .killed)
    }

    private mutating func read(_ line: [UInt8]) async -> [PluginAction] {
        guard line.count > Self.longLine else { return talk.receive(secrets.redacted(line)) }
        let (before, secrets) = (talk, secrets)
        let result = await ReadingRoom.shared.run {
            var talk = before
            let actions = talk.receive(secrets.redacted(line))
            return (talk, actions)
        }
        switch result {
        case .success((let after, let actions)):
            talk = after
            return actions
        }
    }

    private mutating func act(on action: PluginAction, _ process: BoundedProcess?) async {
        guard broken == nil, verdict == nil else { return }
        switch action {
        case .send(let bytes): process?.send(bytes)
        case .take(let items, let rejected): take(items, rejected, process)
        case .fetch(let fetch):
            let answer = await self.fetch(fetch)
            process?.send(answer)
        case .note(let text): if run.reading.notes.count < Self.mostNotes { run.reading.notes.append(text) }
        case .done(let said):
            verdict = said
            process?.finish()
        case .broken(let failure):
            broken = failure
            process?.callOff()
        }
    }

    private mutating func take(_ items: [Item], _ rejected: Int, _ process: BoundedProcess?) {
        guard stopped != .items else { return }
        run.reading.rejected += rejected
        guard run.keep(Page(items: items)) == .items else { return }
        stopped = .items
        stateAtCeiling = stateBefore
        process?.send(talk.farewell)
        process?.callOff()
    }
}
