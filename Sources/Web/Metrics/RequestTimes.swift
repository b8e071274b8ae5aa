import HTTPTypes
import Synchronization
import WireCore

/// How long requests took, by place, method and class of status: a histogram for Prometheus.
final class RequestTimes: Sendable {
    /// Upper bounds in seconds; the last bucket has none.
    static let bounds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    struct Key: Hashable, Comparable {
        var place: String
        var method: String
        /// "2xx".
        var status: String

        static func < (a: Key, b: Key) -> Bool { (a.place, a.method, a.status) < (b.place, b.method, b.status) }
    }

    struct Histogram {
        var buckets = [Int](repeating: 0, count: RequestTimes.bounds.count + 1)
        var seconds = 0.0
        var count: Int { buckets.reduce(0, +) }
    }

    private let histograms = Mutex<[Key: Histogram]>([:])
    private static let methods: Set<String> = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

    /// `place` is a route's path, never what the request made of it: the number of series is bounded.
    func note(_ place: String, _ method: HTTPRequest.Method, _ status: Int, _ duration: Duration) {
        let name = Self.methods.contains(method.rawValue) ? method.rawValue : "other"
        let seconds = duration.seconds
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        histograms.withLock { histograms in
            histograms[Key(place: place, method: name, status: "\(status / 100)xx"), default: Histogram()].buckets[bucket] += 1
            histograms[Key(place: place, method: name, status: "\(status / 100)xx")]?.seconds += seconds
        }
    }

    var all: [(Key, Histogram)] { histograms.withLock { $0.sorted { $0.key < $1.key }.map { ($0.key, $0.value) } } }
}
