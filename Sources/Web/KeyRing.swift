import Costs
import FoundationEssentials
import LLM
import Stores
import Synchronization
import WireCore

/// Who a key belongs to. Keys are looked up by their hash and remembered for a second, so that a revoked one is refused within that time.
final class KeyRing: Sendable {
    private struct Known {
        var key: GatewayKey
        var until: Date
    }

    private let store: any LedgerStore
    private let clock: any DeskClock
    private let known = Mutex<[String: Known]>([:])

    init(store: any LedgerStore, clock: any DeskClock) {
        self.store = store
        self.clock = clock
    }

    /// The key of that secret; nil when there is none, or it is revoked.
    func key(for secret: String) async throws -> GatewayKey? {
        guard (8...256).contains(secret.utf8.count) else { return nil }
        let hash = SHA256.hex(Array(secret.utf8))
        let now = clock.now()
        if let hit = known.withLock({ $0[hash] }), now < hit.until { return hit.key }
        guard let key = try await store.gatewayKey(hash: hash), key.revokedAt == nil else {
            known.withLock { $0[hash] = nil }
            return nil
        }
        known.withLock { $0[hash] = Known(key: key, until: now.addingTimeInterval(1)) }
        return key
    }
}
