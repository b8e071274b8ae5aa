import WireCore

/// A page of metrics as Prometheus reads it (text format, version 0.0.4).
struct MetricsPage {
    private(set) var text = ""

    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The labels and the value of one sample.
    typealias Sample = (labels: [(String, String)], value: Double)

    mutating func gauge(_ name: String, _ help: String, _ samples: [Sample]) { add(name, help, "gauge", samples) }
    mutating func counter(_ name: String, _ help: String, _ samples: [Sample]) { add(name, help, "counter", samples) }

    private mutating func add(_ name: String, _ help: String, _ type: String, _ samples: [Sample]) {
        head(name, help, type)
        for sample in samples { line(name, sample.labels, sample.value) }
    }

    mutating func histograms(_ name: String, _ help: String, _ all: [(labels: [(String, String)], histogram: RequestTimes.Histogram)]) {
        head(name, help, "histogram")
        for (labels, histogram) in all {
            var sum = 0
            for (bound, count) in zip(RequestTimes.bounds.map(Self.number) + ["+Inf"], histogram.buckets) {
                sum += count
                line(name + "_bucket", labels + [("le", bound)], Double(sum))
            }
            line(name + "_sum", labels, histogram.seconds)
            line(name + "_count", labels, Double(sum))
        }
    }

    private mutating func head(_ name: String, _ help: String, _ type: String) { text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n" }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: Double) {
        text += name
        if !labels.isEmpty { text += "{" + labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",") + "}" }
        text += " \(Self.number(value))\n"
    }

    private static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
