public import FoundationEssentials
import Synchronization
public import WireCore

/// Time that a test moves by hand; whoever sleeps is woken at once.
public final class HandClock: DeskClock {
    private let instant: Mutex<Date>
    public init(_ text: String) { instant = Mutex(UTCTime.parse(text) ?? .distantPast) }
    public func now() -> Date { instant.withLock { $0 } }
    public func advance(_ seconds: Double) { instant.withLock { $0.addTimeInterval(seconds) } }
    public func sleep(until: Date) async throws { try Task.checkCancellation() }
}
