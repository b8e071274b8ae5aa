import Fetch
import SourcePlugins
import Synchronization
import WireCore

/// The network as a plugin sees it: the host asks, counts and stops, as it does for every adapter.
extension PluginPoll {
    /// Gets a document for the plugin, under the poll's ceilings and guards; gives the answer's line.
    mutating func fetch(_ fetch: PluginFetch) async -> [UInt8] {
        do {
            return try await document(for: fetch)
        } catch {
            return PluginSession.refused(fetch, error)
        }
    }

    private mutating func document(for fetch: PluginFetch) async throws(ReadFailure) -> [UInt8] {
        if let stopped { throw ReadFailure(.ceiling, stopped.message(launch.ceilings)) }
        if let due = Self.fault(of: fetch) { throw failed(ReadFailure(.config, "the plugin asks for \(due)"), fetch) }
        let isOwn = launch.url.flatMap(WebAddress.origin) == WebAddress.origin(of: fetch.url)
        let adapter = PluginDocument(fetch, headers: isOwn ? launch.headers : [])
        let request = adapter.firstRequest(run.context)
        // What failed may be asked for again; the ceiling on attempts ends that.
        if !failedURLs.contains(fetch.url), let end = run.pages.admit(request) { throw stop(end) }
        switch await step(request) {
        case .exhausted: throw stop(.attempts)
        case .failed(let failure): throw failed(failure, fetch)
        case .settled(_, _, let document):
            fetchFailure = nil
            return PluginSession.fetched(fetch, document)
        case .document(let document):
            run.keepEvidence(document)
            if let end = run.pages.admit(body: document.body) { throw stop(end) }
            run.reading.pages = run.pages.pages
            return try await answer(fetch, document, adapter, request)
        }
    }

    private mutating func answer(
        _ fetch: PluginFetch, _ document: Document, _ adapter: PluginDocument, _ request: PageRequest
    ) async throws(ReadFailure) -> [UInt8] {
        let page: Page
        do {
            page = try await ReadingRoom.shared.read(document, of: request, with: adapter, run.context, until: run.deadline)
        } catch {
            throw failed(error, fetch)
        }
        fetchFailure = nil
        if let name = fetch.file, !folder.write(document.body, to: name) {
            throw ReadFailure(.config, "the document cannot be saved as \(name) in the plugin's folder")
        }
        return PluginSession.fetched(fetch, document, items: fetch.expects == .feed ? page.items : nil)
    }

    /// One document, in a task that the canceller can end.
    private mutating func step(_ request: PageRequest) async -> PollRunner.FetchStep {
        let box = Mutex<(PollRunner.FetchStep, PollRun)?>(nil)
        // The allowance cannot be copied into the task: it lends one that is as large as what is left.
        let left = allowance.ceiling - allowance.used
        let used = Mutex(0)
        let task = Task { [runner, run] in
            var run = run
            var allowance = AttemptAllowance(ceiling: left)
            let step = await runner.step(request, nil, &allowance, &run)
            used.withLock { $0 = allowance.used }
            box.withLock { $0 = (step, run) }
        }
        canceller.watch(task)
        await task.value
        canceller.watch(nil)
        for _ in 0..<used.withLock({ $0 }) { _ = allowance.take() }
        guard let (step, after) = box.withLock({ $0 }) else { return .exhausted }
        run = after
        return step
    }

    private mutating func stop(_ end: PollEnd) -> ReadFailure {
        stopped = end
        return ReadFailure(.ceiling, end.message(launch.ceilings))
    }

    private mutating func failed(_ failure: ReadFailure, _ fetch: PluginFetch) -> ReadFailure {
        fetchFailure = failure
        failedURLs.insert(fetch.url)
        return failure
    }

    /// What is wrong with a wish; nil when it can be asked for.
    private static func fault(of fetch: PluginFetch) -> String? {
        if SourceURL.fault(of: fetch.url) != nil {
            return "“\(SafeText.line(redactedURL(fetch.url), limit: 120))”, which is no http or https address"
        }
        guard fetch.headers.count <= 64 else { return "more than 64 header fields" }
        let wrong = fetch.headers.first { !RegistryReader.canBeHeader($0.name) || !ConfigObject.isFieldValue($0.value) }
        return wrong.map { "the header field “\(SafeText.line($0.name, limit: 40))”, which a plugin cannot set" }
    }
}
