import Costs
import Fetch
import FoundationEssentials
public import LLM
public import Logging
public import ServiceLifecycle
public import Stores
public import WireCore

/// Keeps the ledger tidy while the host runs: settles what dead processes left open, once a minute, and lets go of expired answers.
public struct GatewayUpkeep: Service {
    private let gateway: Gateway
    private let store: any LedgerStore
    private let clock: any DeskClock
    private let logger: Logger

    public init(gateway: Gateway, store: any LedgerStore, clock: any DeskClock, logger: Logger) {
        self.gateway = gateway
        self.store = store
        self.clock = clock
        self.logger = logger
    }

    /// The first time, before anything is served. What cannot be done now is said in the log and done later: it is no reason not to start.
    public func begin() async { await tidy(alsoCache: true) }

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var minutes = 0
            while (try? await clock.sleep(for: .seconds(60))) != nil {
                minutes += 1
                await tidy(alsoCache: minutes % 60 == 0)
            }
        }
    }

    private func tidy(alsoCache: Bool) async {
        do {
            let settled = try await gateway.settleAbandoned()
            if settled > 0 {
                logger.notice("calls that a stopped process left open were settled at their upper bounds", metadata: ["calls": "\(settled)"])
            }
            if alsoCache { _ = try await store.clearExpiredAnswers(now: clock.now()) }
        } catch {
            logger.error(
                "the ledger could not be tidied; it is tried again in a minute",
                metadata: ["error": "\(SafeText.line(String(describing: error), limit: 300))"])
        }
    }
}
