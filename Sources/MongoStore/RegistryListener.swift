import Foundation
import Stores
import Synchronization

/// A thread that follows the change stream of `registry` for as long as somebody listens.
///
/// What happened while there was no stream is not asked of the server: whoever listens looks when one begins.
enum RegistryListener {
    /// Seconds before the stream is opened again; doubled each time it fails at once, up to the most.
    private static let (leastPause, mostPause) = (0.25, 15.0)

    static func news(_ pool: MongoPool) -> AsyncStream<RegistryNews> {
        let (stream, news) = AsyncStream.makeStream(of: RegistryNews.self, bufferingPolicy: .bufferingNewest(16))
        let isOver = Flag()
        news.onTermination = { _ in isOver.set() }
        let thread = Thread { follow(pool, news, isOver) }
        thread.name = "mongo-registry"
        thread.start()
        return stream
    }

    private static func follow(_ pool: MongoPool, _ news: AsyncStream<RegistryNews>.Continuation, _ isOver: Flag) {
        var pause = leastPause
        while !isOver.isSet {
            do {
                try pool.withClient { client in
                    try client.watch(
                        .registry, until: { isOver.isSet },
                        began: {
                            pause = leastPause
                            news.yield(.listening)
                        }, heard: { news.yield(.changed) })
                }
            } catch {
                news.yield(.deaf)
                // In short sleeps, so that the thread ends soon after its listener.
                let end = Date(timeIntervalSinceNow: pause)
                while !isOver.isSet, Date() < end { Thread.sleep(forTimeInterval: 0.1) }
                pause = min(pause * 2, mostPause)
            }
        }
        news.finish()
    }
}

/// Says once that something is over.
private final class Flag: Sendable {
    private let state = Atomic<Bool>(false)

    var isSet: Bool { state.load(ordering: .acquiring) }
    func set() { state.store(true, ordering: .releasing) }
}
