import Costs
import FoundationEssentials
import Logging
import Stores
import Synchronization
import WireCore

/// Raises an alert when spending crosses a threshold: once for each period and threshold, over restarts and hosts, since the store notes it.
final class AlertWatch: Sendable {
    private let store: any LedgerStore
    private let rules: RulesInForce
    private let clock: any DeskClock
    private let logger: Logger
    private let onAlert: (@Sendable (BudgetAlert) async -> Void)?
    private let state = Mutex((isLooking: false, isWanted: false))

    init(
        store: any LedgerStore, rules: RulesInForce, clock: any DeskClock, logger: Logger, onAlert: (@Sendable (BudgetAlert) async -> Void)?
    ) {
        self.store = store
        self.rules = rules
        self.clock = clock
        self.logger = logger
        self.onAlert = onAlert
    }

    /// Looks soon, in the background; many calls at once cost one look.
    func look() {
        let begins = state.withLock { state in
            state.isWanted = true
            guard !state.isLooking else { return false }
            state.isLooking = true
            return true
        }
        guard begins else { return }
        // Belongs to no call: no answer waits for it.
        Task {
            while state.withLock({ state in
                defer { state.isWanted = false }
                if !state.isWanted { state.isLooking = false }
                return state.isWanted
            }) {
                await raiseDue()
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
    }

    private func raiseDue() async {
        do {
            let now = clock.now()
            let plan = rules.configuration.plan
            let day = plan.calendar.day(of: now)
            let today = try await store.standing(of: .desk, in: day)
            let month = try await store.standing(of: .desk, in: day.month)
            let view = plan.view(at: now, spentToday: today.spent, spentThisMonth: month.spent)
            for alert in plan.alertsDue(before: nil, after: view) where try await store.raiseAlert(id: alert.id, message: alert.message, at: now) {
                logger.warning("cost alert", metadata: ["alert": "\(alert.id)", "message": "\(alert.message)"])
                await onAlert?(alert)
            }
        } catch {
            logger.error("alerts cannot be judged", metadata: ["error": "\(SafeText.line(String(describing: error), limit: 300))"])
        }
    }
}
