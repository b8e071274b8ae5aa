public import Fetch
public import FoundationEssentials
public import Resilience
public import SourcePlugins
import Stores
public import WireCore
import Synchronization

/// The one poll loop: asks for what the adapter wants, counts, and stops.
///
/// It knows no store and no breaker. Every request consumes a permit of the poll's allowance, every page passes the ``PageGuard``, and
/// the wall-time ceiling is one deadline for all of it, so that whatever a source does, the loop ends.
public struct PollRunner: Sendable {
    let fetcher: any DocumentFetching
    let retries: SharedRetryBudget
    let backoff: Backoff
    /// Tries of one page beyond the first.
    private static let retriesPerPage = 2

    public init(fetcher: any DocumentFetching, retries: SharedRetryBudget, backoff: Backoff = Backoff()) {
        self.fetcher = fetcher
        self.retries = retries
        self.backoff = backoff
    }

    /// What the poll may rely on from earlier ones.
    public struct Memory: Sendable {
        public var validators = Validators()
        public var validatorsURL: String?
        public var adapterState: String?
        /// False for a probe and for a source that failed last time: one try says enough.
        public var mayRetry = true

        public init() {}
    }

    /// Polls once. Never throws: whatever happens is a reading with an outcome.
    public func run(_ adapter: any SourceAdapter, ceilings: Ceilings, memory: Memory, now: Date) async -> PollReading {
        let context = PollContext(now: now, state: memory.adapterState, ceilings: ceilings)
        var run = PollRun(context: context, memory: memory, deadline: .now + ceilings.wallTime)
        var allowance = AttemptAllowance(ceiling: ceilings.attempts)
        let first: PageRequest
        do {
            first = try adapter.firstRequest(context)
        } catch {
            run.fail(error, end: .refused)
            return run.reading
        }
        var next: PageRequest? = first
        while let request = next {
            if let end = run.pages.admit(request) {
                run.finish(end)
                break
            }
            guard let document = await document(request, adapter, &allowance, &run) else { break }
            next = await run.read(document, of: request, adapter)
        }
        run.reading.attempts = allowance.used
        return run.reading
    }

    /// One page's document; nil when the poll has ended.
    private func document(
        _ request: PageRequest, _ adapter: any SourceAdapter, _ allowance: inout AttemptAllowance, _ run: inout PollRun
    ) async -> Document? {
        switch await step(request, adapter, &allowance, &run) {
        case .document(let document): return document
        case .settled(let outcome, let message, let document): run.settle(outcome, message, document)
        case .failed(let failure): run.fail(failure, end: .failed)
        case .exhausted: run.finish(.attempts)
        }
        return nil
    }

    /// What asking for one page came to.
    enum FetchStep: Sendable {
        case document(Document)
        /// An answer without a body that says all.
        case settled(Outcome, String, Document)
        case failed(ReadFailure)
        /// The ceiling on attempts.
        case exhausted
    }

    /// Asks for one page, again where that may help. `adapter` may add what it knows about a failure.
    func step(
        _ request: PageRequest, _ adapter: (any SourceAdapter)?, _ allowance: inout AttemptAllowance, _ run: inout PollRun
    ) async -> FetchStep {
        retries.noteFirstTry()
        var retriesLeft = run.memory.mayRetry ? Self.retriesPerPage : 0
        var attempt = 1
        while let permit = allowance.take() {
            let fetchRequest = run.fetchRequest(request)
            let reply = await fetcher.fetch(fetchRequest, permit: permit)
            run.note(reply)
            let failure: ReadFailure
            switch reply {
            case .document(let document):
                switch AnswerReading.judge(document, wasConditional: !fetchRequest.validators.isEmpty, now: run.context.now) {
                case .read: return .document(document)
                case .notModified: return .settled(.notModified, "not modified since the last poll", document)
                case .empty: return .settled(.empty, "status \(document.status): the server says that there is nothing", document)
                case .failure(let refused):
                    failure = adapter?.explain(refused) ?? refused
                    run.keepEvidence(document)
                }
            case .failure(let broken):
                failure = ReadFailure(
                    broken.outcome, broken.message, hint: broken.hint, isTransient: broken.outcome.isWorthARetry && !broken.isCancelled)
                run.reading.evidence = broken.evidence
                run.reading.isCancelled = broken.isCancelled
            }
            let delay = backoff.delay(before: attempt + 1, unit: .random(in: 0...1))
            guard failure.isTransient, failure.retryAt == nil, retriesLeft > 0, .now + delay < run.deadline, retries.withdraw(),
                (try? await Task.sleep(for: delay)) != nil
            else { return .failed(failure) }
            retriesLeft -= 1
            attempt += 1
        }
        return .exhausted
    }
}

/// The host-wide retry budget, shared by all polls.
public final class SharedRetryBudget: Sendable {
    private let budget: Mutex<RetryBudget>
    private let clock: any DeskClock

    public init(clock: any DeskClock) {
        self.clock = clock
        budget = Mutex(RetryBudget(at: clock.now()))
    }

    func noteFirstTry() { budget.withLock { $0.deposit() } }

    func withdraw() -> Bool {
        let now = clock.now()
        return budget.withLock { $0.withdraw(at: now) }
    }
}

/// What a poll came to, before the store and the breaker have seen it.
public struct PollReading: Sendable {
    public var outcome = Outcome.ok
    public var message = ""
    public var hint: String?
    public var retryAt: Date?
    public var evidence = Evidence()
    public var end = PollEnd.complete
    public var items: [Item] = []
    public var prices: [PriceReading] = []
    /// Entries that could not be read.
    public var rejected = 0
    /// What the documents lack.
    public var remarks: [String] = []
    public var notes: [String] = []
    /// What the first document called itself.
    public var description = ""
    public var attempts = 0
    public var pages = 0
    public var redirects = 0
    public var bytesOnWire = 0
    public var bytesDecoded = 0
    /// Of the first document, if it was read to the end; nil: keep what there was.
    public var validators: Validators?
    public var validatorsURL: String?
    public var movedTo: String?
    /// The adapter's bookmark; nil: keep what there was.
    public var adapterState: String?
    /// How often the document or its headers ask to be polled.
    public var advisedInterval: Duration?
    /// True when the poll was called off: it says nothing about the source.
    public var isCancelled = false
    /// The course of every transfer, for diagnosis.
    public var hops: [FetchTrace.Hop] = []

    /// True when the poll served its purpose.
    public var isWell: Bool { outcome.isWell(keptItems: !items.isEmpty) }
    /// How it counts for the breaker.
    public var breakerEffect: BreakerEffect { outcome.breakerEffect(keptItems: !items.isEmpty) }
}

/// A poll under way.
struct PollRun {
    let context: PollContext
    let memory: PollRunner.Memory
    let deadline: ContinuousClock.Instant
    var pages: PageGuard
    var reading = PollReading()

    init(context: PollContext, memory: PollRunner.Memory, deadline: ContinuousClock.Instant) {
        self.context = context
        self.memory = memory
        self.deadline = deadline
        pages = PageGuard(ceilings: context.ceilings)
    }

    func fetchRequest(_ page: PageRequest) -> FetchRequest {
        var request = FetchRequest(url: page.url, deadline: deadline, ceilings: context.ceilings)
        request.headers = page.headers
        request.accept = page.accept
        if page.isConditional, memory.validatorsURL == page.url { request.validators = memory.validators }
        return request
    }

    /// Adds up what a transfer cost.
    mutating func note(_ reply: FetchReply) {
        let trace = reply.trace
        reading.redirects += trace.redirects
        reading.bytesOnWire += trace.bytesOnWire
        reading.bytesDecoded += trace.bytesDecoded
        reading.hops += trace.hops
        if pages.pages == 0 { reading.movedTo = trace.movedTo }
    }

    mutating func keepEvidence(_ document: Document) {
        reading.evidence = Evidence(
            status: document.status, contentType: document.contentType.map { SafeText.line($0, limit: 100) },
            firstBytes: document.body.isEmpty ? nil : SafeText.line(bytes: document.body, limit: Evidence.limit))
    }

    /// Reads one document and says what to ask for next.
    mutating func read(_ document: Document, of request: PageRequest, _ adapter: any SourceAdapter) async -> PageRequest? {
        keepEvidence(document)
        if let end = pages.admit(body: document.body) {
            finish(end)
            return nil
        }
        let page: Page
        do {
            page = try await ReadingRoom.shared.read(document, of: request, with: adapter, context, until: deadline)
        } catch {
            fail(adapter.explain(error), end: .failed)
            return nil
        }
        reading.pages = pages.pages
        if pages.pages == 1 { takeFirst(page, document, request) }
        reading.prices += page.prices
        reading.remarks += [page.remark].compactMap { $0 }
        reading.rejected += page.rejected
        reading.notes += page.notes
        let end = keep(page)
        if let bookmark = page.state { reading.adapterState = bookmark }
        if let retryAt = page.retryAt { reading.retryAt = retryAt }
        if page.isCutShort {
            fail(
                ReadFailure(
                    .parse, "the document breaks off before its end; \(Self.complete(reading.items.count))",
                    hint: "It was cut on the way or is broken at the source; it is tried again."), end: .failed)
            return nil
        }
        if let end {
            finish(end)
            return nil
        }
        guard let next = page.next else {
            finish(.complete)
            return nil
        }
        return next
    }

    /// Keeps a page's items, as many as the ceilings leave; gives the end that they bring, if one.
    mutating func keep(_ page: Page) -> PollEnd? {
        let (items, end) = pages.take(page)
        // What has neither id nor address nor text cannot be told from the next of its kind: it is an entry that could not be read.
        let identifiable = items.filter(ArticleDraft.canIdentify)
        reading.rejected += items.count - identifiable.count
        reading.items += identifiable
        return end
    }

    private static func complete(_ count: Int) -> String {
        switch count {
        case 0: "no item was complete by then"
        case 1: "the one item that was complete by then is kept"
        default: "the \(count) items that were complete by then are kept"
        }
    }

    /// What counts for the whole poll is said by its first document.
    private mutating func takeFirst(_ page: Page, _ document: Document, _ request: PageRequest) {
        reading.description = page.description
        reading.advisedInterval = [page.advisedInterval, CacheAdvice.interval(of: document.headers, now: context.now)]
            .compactMap { $0 }.max()
        guard request.isConditional else { return }
        reading.validatorsURL = request.url
        reading.validators = CacheAdvice.validators(of: document.headers, now: context.now)
    }

    /// An answer without a body that says all.
    mutating func settle(_ outcome: Outcome, _ message: String, _ document: Document) {
        keepEvidence(document)
        reading.outcome = outcome
        reading.message = message
        if outcome == .notModified {
            let fresh = CacheAdvice.validators(of: document.headers, now: context.now)
            if !fresh.isEmpty { (reading.validators, reading.validatorsURL) = (fresh, memory.validatorsURL) }
        }
    }

    mutating func fail(_ failure: ReadFailure, end: PollEnd) {
        reading.outcome = failure.outcome
        reading.message = SafeText.line(failure.message, limit: 500)
        reading.hint = failure.hint
        reading.retryAt = failure.retryAt
        reading.end = end
        forget()
    }

    /// What a failed poll learnt is not to be built upon: the next one asks for everything again.
    private mutating func forget() {
        reading.adapterState = nil
        reading.validators = Validators()
        reading.validatorsURL = nil
    }

    mutating func finish(_ end: PollEnd) {
        reading.end = end
        reading.pages = pages.pages
        let count = reading.items.count
        let isEmpty = count == 0 && reading.rejected == 0 && reading.prices.isEmpty
        let read = "\(reading.prices.isEmpty ? count.counted("item") : reading.prices.count.counted("price")) read"
        let from = reading.description.isEmpty ? "" : " from \(SafeText.line(reading.description, limit: 80))"
        if end.isRunaway {
            reading.outcome = .ceiling
            reading.adapterState = nil
            reading.message = "\(read)\(from); \(end.message(context.ceilings))"
        } else {
            reading.outcome = isEmpty ? .empty : .ok
            reading.message = isEmpty ? "no items\(from)" : read + from
        }
        if reading.rejected > 0 {
            reading.message += "; \(reading.rejected) could not be read"
            if count == 0 {
                reading.outcome = .schema
                reading.message = "none of the \(reading.rejected) entries could be read\(from)"
                reading.hint = "They have neither id nor address nor text, or are broken. Look at the document, or ask its publisher."
            }
        }
        for remark in reading.remarks { reading.message += "; \(SafeText.line(remark, limit: 300))" }
        if !reading.isWell { forget() }
    }
}
