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

    public func run() async throws {
        await cancelWhenGracefulShutdown {
            var minutes = 0
            while !Task.isCancelled {
                await tidy(alsoCache: minutes % 60 == 0)
                minutes += 1
                guard (try? await clock.sleep(for: .seconds(60))) != nil else { return }
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
            logger.error("the ledger could not be tidied", metadata: ["error": "\(SafeText.line(String(describing: error), limit: 300))"])
        }
    }
}
