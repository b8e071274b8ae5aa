import Synchronization
import Testing

@testable import Host

/// What jobs tell of themselves.
private final class Board: Sendable {
    private let state = Mutex((now: 0, most: 0, isOver: false))

    var most: Int { state.withLock { $0.most } }
    var isOver: Bool { state.withLock { $0.isOver } }

    func begin() {
        state.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
    }

    func end() { state.withLock { $0.now -= 1 } }
    func close() { state.withLock { $0.isOver = true } }
}

@Suite("The reading room") struct ReadingRoomTests {
    @Test("No more jobs run at a time than there are places, and all of them end", .timeLimit(.minutes(1)))
    func places() async {
        let room = ReadingRoom(places: 2)
        let board = Board()
        let results = await withTaskGroup(of: Int.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let result = await room.run { () -> Int in
                        board.begin()
                        defer { board.end() }
                        return (0..<1000).reduce(number) { $0 &* 31 &+ $1 } == .min ? -1 : number
                    }
                    guard case .success(let value) = result else { return -1 }
                    return value
                }
            }
            return await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(results == Set(0..<200))
        #expect(board.most <= 2)
    }

    @Test("While every place is taken, other tasks go on", .timeLimit(.minutes(1)))
    func others() async {
        let room = ReadingRoom(places: 8)
        let board = Board()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { _ = await room.run { () -> Void in while !board.isOver {} } }
            }
            // Ends the others: were they on the threads that tasks share, its turn would never come.
            group.addTask {
                for _ in 0..<100 { await Task.yield() }
                board.close()
            }
        }
        #expect(board.isOver)
    }
}
