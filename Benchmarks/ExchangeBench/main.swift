// Measures exchanges: Benchmarks/exchange.sh. Prints time and CPU of an exchange against a bare blocking socket that says the same to the
// same server, and how late each piece of a stream arrives.

import Fetch
import Foundation
import WireCore

guard CommandLine.arguments.count > 1, let base = URL(string: CommandLine.arguments[1]), let port = base.port else {
    print("usage: ExchangeBench http://127.0.0.1:PORT (of Benchmarks/model_server.py)")
    exit(64)
}
let body = Array("{\"model\":\"m\",\"messages\":\"\(String(repeating: "a", count: 2000))\"}".utf8)
let headers =
    (0..<6).map { HTTPHeader(name: "x-field-\($0)", value: "a value of thirty-two characters") }
    + [HTTPHeader(name: "Content-Type", value: "application/json"), HTTPHeader(name: "User-Agent", value: "bench")]

/// CPU seconds of this process so far.
func cpu() -> Double {
    var usage = rusage()
    getrusage(0, &usage)  // RUSAGE_SELF, whose type differs between systems.
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// The clock that the server stamps its pieces with.
func monotonicNow() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
}

func report(_ name: String, _ micros: [Double], cpuEach: Double? = nil, rate: Double? = nil) {
    let sorted = micros.sorted()
    func at(_ part: Double) -> String { String(format: "%7.0f", sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]) }
    var line = name.padding(toLength: 34, withPad: " ", startingAt: 0) + "p50 \(at(0.5)) µs   p99 \(at(0.99)) µs"
    if let cpuEach { line += String(format: "   CPU %5.0f µs each", cpuEach * 1e6) }
    if let rate { line += String(format: "   %6.0f/s", rate) }
    print(line)
}

/// A bare socket: what the machine and the server need by themselves.
final class BareSocket {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var buffer = [UInt8](repeating: 0, count: 65_536)

    init(port: Int) {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        guard status == 0 else { exit(1) }
    }

    func ask(_ path: String) {
        let lines = headers.map { "\($0.name): \($0.value)\r\n" }.joined()
        let request = Array("POST \(path) HTTP/1.1\r\nHost: x\r\n\(lines)Content-Length: \(body.count)\r\n\r\n".utf8) + body
        send(descriptor, request, request.count, 0)
    }

    func receive() -> ArraySlice<UInt8> { buffer[..<max(0, recv(descriptor, &buffer, buffer.count, 0))] }
}

@Sendable func request(_ path: String) -> ExchangeRequest {
    ExchangeRequest(url: "http://127.0.0.1:\(port)\(path)", headers: headers, body: body, deadline: .now + .seconds(60))
}

func timed(_ work: () async throws -> Void) async rethrows -> Double {
    let start = monotonicNow()
    try await work()
    return Double(monotonicNow() - start) / 1000
}

/// Runs `work` from `tasks` callers at once and reports.
func measure(_ name: String, tasks: Int, each: Int, _ work: @escaping @Sendable () async throws -> Void) async throws {
    let (startCPU, start) = (cpu(), monotonicNow())
    let micros = try await withThrowingTaskGroup(of: [Double].self) { group in
        for _ in 0..<tasks {
            group.addTask {
                var micros: [Double] = []
                for _ in 0..<each { micros.append(try await timed(work)) }
                return micros
            }
        }
        return try await group.reduce(into: []) { $0 += $1 }
    }
    let count = Double(tasks * each)
    report(name, micros, cpuEach: (cpu() - startCPU) / count, rate: count / (Double(monotonicNow() - start) / 1e9))
}

var configuration = ExchangerConfiguration()
configuration.policy = try AddressPolicy(parsing: "127.0.0.1/32")
let exchanger = CurlExchanger(configuration: configuration)

let bare = BareSocket(port: port)
var floor: [Double] = []
for round in 0..<5000 {
    let micros = await timed {
        bare.ask("/plain")
        _ = bare.receive()
    }
    if round >= 500 { floor.append(micros) }
}
report("plain, bare socket", floor)
try await measure("warming up", tasks: 1, each: 500) { _ = try await exchanger.exchange(request("/plain")).body.collect(upTo: 1 << 20) }
try await measure("plain, one after the other", tasks: 1, each: 5000) {
    _ = try await exchanger.exchange(request("/plain")).body.collect(upTo: 1 << 20)
}
for tasks in [16, 64, 256] {
    try await measure("plain, \(tasks) at once", tasks: tasks, each: 12_800 / tasks) {
        _ = try await exchanger.exchange(request("/plain")).body.collect(upTo: 1 << 20)
    }
}
try await measure("burst of 50 chunks", tasks: 16, each: 250) { for try await _ in try await exchanger.exchange(request("/burst")).body {} }

var late: [Double] = []
for _ in 0..<20 {
    bare.ask("/stream")
    while case let bytes = bare.receive(), !bytes.isEmpty {
        let now = monotonicNow()
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        if let stamp = lines.compactMap({ Int($0) }).first(where: { $0 > 1_000_000_000 }) { late.append(Double(now - stamp) / 1000) }
        if lines.last == "0" { break }
    }
}
report("piece late by, bare socket", late)
for tasks in [1, 16, 64] {
    let startCPU = cpu()
    let late = try await withThrowingTaskGroup(of: [Double].self) { group in
        for _ in 0..<tasks {
            group.addTask {
                var late: [Double] = []
                for _ in 0..<10 {
                    for try await piece in try await exchanger.exchange(request("/stream")).body {
                        let now = monotonicNow()
                        if let stamp = Int(String(decoding: piece, as: UTF8.self)) { late.append(Double(now - stamp) / 1000) }
                    }
                }
                return late
            }
        }
        var all: [Double] = []
        for try await late in group { all += late }
        return all
    }
    report("piece late by, \(tasks) streams at once", late, cpuEach: (cpu() - startCPU) / Double(late.count))
}
await exchanger.shutdown()
