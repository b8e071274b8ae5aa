import Foundation
import Synchronization

/// How many plugins run at a time: a process costs more than a request. Half of the places are kept for sources that are well, so that plugins
/// that hang do not keep the others waiting.
final class PluginPlaces: Sendable {
    static let shared = PluginPlaces(places: max(8, 4 * ProcessInfo.processInfo.activeProcessorCount))

    private struct Room {
        var running = 0
        var runningSuspects = 0
        var waiting: [(isSuspect: Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let places: Int
    private let room = Mutex(Room())

    init(places: Int) { self.places = max(2, places) }

    /// Runs `body` once there is a place.
    func run<Value: Sendable>(isSuspect: Bool, _ body: () async -> Value) async -> Value {
        await enter(isSuspect)
        let value = await body()
        leave(isSuspect)
        return value
    }

    private func enter(_ isSuspect: Bool) async {
        await withCheckedContinuation { continuation in
            let isFree = room.withLock { room in
                guard admits(isSuspect, room) else {
                    room.waiting.append((isSuspect, continuation))
                    return false
                }
                take(isSuspect, &room)
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave(_ isSuspect: Bool) {
        let next = room.withLock { room -> CheckedContinuation<Void, Never>? in
            room.running -= 1
            if isSuspect { room.runningSuspects -= 1 }
            guard let index = room.waiting.firstIndex(where: { admits($0.isSuspect, room) }) else { return nil }
            let (isSuspect, continuation) = room.waiting.remove(at: index)
            take(isSuspect, &room)
            return continuation
        }
        next?.resume()
    }

    private func admits(_ isSuspect: Bool, _ room: Room) -> Bool {
        room.running < places && (!isSuspect || room.runningSuspects < places / 2)
    }

    private func take(_ isSuspect: Bool, _ room: inout Room) {
        room.running += 1
        if isSuspect { room.runningSuspects += 1 }
    }
}
