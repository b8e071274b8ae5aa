import FoundationEssentials
import Logging
import Stores
import Synchronization
import WireCore

/// Answers on their way into the store. They go there several at a time and beside the calls, because no call should wait for what is only
/// a saving; until they are there they are found here. What a crash takes with it costs a call that might have been spared.
final class AnswerBuffer: Sendable {
    private struct State {
        var waiting: [String: CachedAnswer] = [:]
        var bytes = 0
        /// Those that are being written.
        var leaving: [String: CachedAnswer] = [:]
        var capacity = ByteCount(0)
        /// True while a write is to come by itself.
        var isDue = false
        var writer: Task<Void, Never>?
    }

    /// What one transaction takes: calls are booked between them.
    private static let most = (answers: 32, bytes: 1 << 20)
    /// What may wait for a store that does not keep up; answers beyond are not kept.
    private static let mostWaiting = (answers: 1024, bytes: 16 << 20)

    private let store: any LedgerStore
    private let onKept: @Sendable ([AnswerPlace]) -> Void
    private let delay: Duration
    private let logger: Logger
    private let state = Mutex(State())

    /// `onKept` is told where answers lie once they are in the store; `delay` is how long an answer waits for others.
    init(store: any LedgerStore, onKept: @escaping @Sendable ([AnswerPlace]) -> Void, delay: Duration = .milliseconds(10), logger: Logger) {
        self.store = store
        self.onKept = onKept
        self.delay = delay
        self.logger = logger
    }

    /// Takes an answer in, unless too many wait already; `capacity` is what all kept ones may come to.
    func put(_ answer: CachedAnswer, capacity: ByteCount) {
        let isFirst = state.withLock { state in
            guard state.waiting.count < Self.mostWaiting.answers, state.bytes + answer.body.count <= Self.mostWaiting.bytes else { return false }
            state.bytes += answer.body.count - (state.waiting.updateValue(answer, forKey: answer.key)?.body.count ?? 0)
            state.capacity = capacity
            defer { state.isDue = true }
            return !state.isDue
        }
        if isFirst {
            Task {
                try? await Task.sleep(for: delay)
                state.withLock { $0.isDue = false }
                await flush()
            }
        }
    }

    /// One that is not in the store yet and has not expired.
    func answer(_ key: String, now: Date) -> CachedAnswer? {
        state.withLock { $0.waiting[key] ?? $0.leaving[key] }.flatMap { $0.expiresAt > now ? $0 : nil }
    }

    /// Returns when all that had come before is in the store.
    func flush() async {
        let writer = state.withLock { state in
            let previous = state.writer
            let writer = Task {
                await previous?.value
                await write()
            }
            state.writer = writer
            return writer
        }
        await writer.value
    }

    private func write() async {
        while let (answers, capacity) = takeSome() {
            do {
                onKept(try await store.keep(answers, capacity: capacity))
            } catch {
                logger.warning("answers cannot be kept", metadata: ["error": "\(SafeText.line(String(describing: error), limit: 300))"])
            }
            state.withLock { $0.leaving = [:] }
        }
    }

    private func takeSome() -> ([CachedAnswer], ByteCount)? {
        state.withLock { state in
            var (answers, bytes) = ([CachedAnswer](), 0)
            for answer in state.waiting.values {
                guard answers.isEmpty || bytes + answer.body.count <= Self.most.bytes, answers.count < Self.most.answers else { break }
                answers.append(answer)
                bytes += answer.body.count
            }
            guard !answers.isEmpty else { return nil }
            for answer in answers { state.leaving[answer.key] = state.waiting.removeValue(forKey: answer.key) }
            state.bytes -= bytes
            return (answers, state.capacity)
        }
    }
}
