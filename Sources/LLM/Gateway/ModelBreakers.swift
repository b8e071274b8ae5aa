public import FoundationEssentials
import Resilience
import Synchronization
import WireCore

/// A model that failed so often that it is asked now and then only.
public struct RestingModel: Sendable, Equatable {
    /// Provider and model.
    public var name: String
    public var since: Date
    /// Calls are refused until then; the one after it is a trial.
    public var until: Date?
    /// What it did last.
    public var cause: String

    public init(name: String, since: Date, until: Date?, cause: String) {
        self.name = name
        self.since = since
        self.until = until
        self.cause = cause
    }
}

/// A breaker for each model of each provider, in memory: calls are frequent, so that a restart soon knows again what it knew.
final class ModelBreakers: Sendable {
    /// Leave for one call; its result is recorded with it, once.
    struct Permit: Sendable {
        var name: String
        var generation: Int
    }

    private let breakers = Mutex<[String: Breaker]>([:])

    /// Calls are many and failures come in bursts: patient to open, quick to try again.
    private static let settings: BreakerConfiguration = {
        var settings = BreakerConfiguration()
        settings.consecutiveFailures = 10
        settings.window = 40
        settings.minimumPolls = 20
        settings.failureRate = 0.75
        settings.openFor = .seconds(5)
        settings.openAtMost = .seconds(300)
        settings.slowRate = 2
        return settings
    }()

    /// By name; those on trial are among them.
    var resting: [RestingModel] {
        breakers.withLock { breakers in
            breakers.compactMap { name, breaker in
                guard breaker.state == .open || breaker.state == .halfOpen, let since = breaker.openedAt else { return nil }
                return RestingModel(name: name, since: since, until: breaker.reopensAt, cause: breaker.cause ?? "it failed too often")
            }
        }.sorted { $0.name < $1.name }
    }

    func permit(_ name: String, at now: Date) -> Result<Permit, GatewayRefusal> {
        breakers.withLock { breakers in
            var breaker = breakers[name] ?? Breaker()
            let (permission, _) = breaker.permit(at: now, Self.settings)
            breakers[name] = breaker
            switch permission {
            case .allowed(let generation, _): return .success(Permit(name: name, generation: generation))
            case .refused(let until):
                let wait = until.map { Duration.seconds(max(1, $0.timeIntervalSince(now))) } ?? .seconds(5)
                return .failure(
                    GatewayRefusal(.resting, "\(name) rests for \(wait.short): \(breaker.cause ?? "it failed too often")", retryAfter: wait))
            }
        }
    }

    @discardableResult
    func record(_ permit: Permit, _ effect: BreakerEffect, cause: String, at now: Date) -> Breaker.Transition? {
        breakers.withLock { breakers in
            guard var breaker = breakers[permit.name] else { return nil }
            defer { breakers[permit.name] = breaker }
            return breaker.record(
                effect, generation: permit.generation, at: now, nextPoll: now, cause: cause, Self.settings, unit: .random(in: 0...1))
        }
    }
}
