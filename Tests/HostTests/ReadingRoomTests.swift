import Synchronization
import Testing

@testable import Host

@Suite("The reading room") struct ReadingRoomTests {
    @Test("No more jobs run at a time than there are places, and all of them end", .timeLimit(.minutes(1)))
    func places() async {
        let room = ReadingRoom(places: 2)
        let atWork = Mutex((now: 0, most: 0))
        let results = await withTaskGroup(of: Int.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let result = await room.run { () -> Int in
                        atWork.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                        var sum = number
                        for step in 0..<1000 { sum = sum &* 31 &+ step }
                        atWork.withLock { $0.now -= 1 }
                        return sum == .min ? 0 : number
                    }
                    return (try? result.get()) ?? -1
                }
            }
            return await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(results == Set(0..<200))
        #expect(atWork.withLock { $0.most } <= 2)
    }

    @Test("While every place is taken, other tasks go on", .timeLimit(.minutes(1)))
    func others() async {
        let room = ReadingRoom(places: 8)
        let isOver = Mutex(false)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    _ = await room.run { () -> Void in while !isOver.withLock({ $0 }) {} }
                }
            }
            // Ends the others: were they on the threads of the tasks, it would never run.
            group.addTask {
                for _ in 0..<100 { await Task.yield() }
                isOver.withLock { $0 = true }
            }
        }
    }
}
