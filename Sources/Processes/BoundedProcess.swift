// Processes: the only door to other programs. A BoundedProcess runs one within ProcessBounds and tells its lines and its end; whatever the
// program does, it ends in time, and so does all that it started. Read in this order: BoundedProcess, ProcessBounds, ProcessLoop (the thread
// that talks to it), ProcessFamily (whom it started, and their end). It knows no protocol, no source and no store.
// Tests: Tests/ProcessesTests.

import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What is to be run.
public struct ProcessLaunch: Sendable {
    /// The program's path.
    public var program: String
    public var arguments: [String]
    /// All that it sees; nothing is inherited.
    public var environment: [String: String]
    /// Where it works.
    public var folder: String

    public init(program: String, arguments: [String] = [], environment: [String: String] = [:], folder: String) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
    }
}

/// What a program under way tells.
public enum ProcessEvent: Sendable {
    /// A whole line of its output, without its end.
    case line([UInt8])
    /// The end of its wall time is near; whoever wants to warn it does so now.
    case nearing
    /// The last event.
    case ended(ProcessReport)
}

/// One program under way, within bounds. Its events come in order and end with `ended`, no later than the deadline.
public final class BoundedProcess: Sendable {
    /// Read once.
    public let events: AsyncStream<ProcessEvent>
    private let wishes: ProcessWishes

    /// Starts the program. Never throws: one that cannot be started ends at once, with the reason in its report.
    public init(_ launch: ProcessLaunch, _ bounds: ProcessBounds) {
        let stream = AsyncStream<ProcessEvent>.makeStream()
        events = stream.stream
        let wishes = ProcessWishes()
        self.wishes = wishes
        let continuation = stream.continuation
        let thread = Thread {
            var loop = ProcessLoop(launch, bounds, wishes) { continuation.yield($0) }
            let report = loop.run()
            continuation.yield(.ended(report))
            continuation.finish()
        }
        thread.stackSize = 512 << 10
        thread.name = "plugin"
        thread.start()
    }

    /// Writes to its input, as soon as it reads.
    public func send(_ bytes: [UInt8]) { wishes.add { $0.output += bytes } }

    /// Nothing more is wanted of it: its input is closed, and it has the bounds' grace to end by itself.
    public func finish() { wishes.add { $0.isFinishing = true } }

    /// It is to stop: as ``finish()``, with a request to terminate after half of the grace.
    public func callOff() { wishes.add { $0.isCalledOff = true } }
}

/// What the thread that talks to the program is asked to do.
final class ProcessWishes: Sendable {
    struct Wish {
        var output: [UInt8] = []
        var isFinishing = false
        var isCalledOff = false
    }

    private let wish = Mutex(Wish())
    /// Reading and writing end of a pipe that wakes the thread; -1 where there is none.
    let wake: (reading: Int32, writing: Int32)

    init() {
        wake = Pipes.pair() ?? (-1, -1)
        for end in [wake.reading, wake.writing] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    }

    deinit {
        close(wake.reading)
        close(wake.writing)
    }

    func add(_ change: @Sendable (inout Wish) -> Void) {
        wish.withLock { change(&$0) }
        var byte: UInt8 = 1
        _ = write(wake.writing, &byte, 1)
    }

    /// What was asked since the last time; bytes are handed over once.
    func take() -> Wish {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(wake.reading, &bytes, bytes.count) > 0 {}
        return wish.withLock { wish in
            defer { wish.output = [] }
            return wish
        }
    }
}
