import CProcess

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The three pipes between this process and a program; -1 is closed. Our ends do not block, and no other program inherits any of them.
struct Pipes {
    private(set) var input: Int32 = -1
    private(set) var output: Int32 = -1
    private(set) var errors: Int32 = -1
    private(set) var childInput: Int32 = -1
    private(set) var childOutput: Int32 = -1
    private(set) var childErrors: Int32 = -1

    /// False when the machine has none left; `errno` says why.
    mutating func open() -> Bool {
        guard let (reading, writing) = Self.pair() else { return false }
        (childInput, input) = (reading, writing)
        guard let (reading, writing) = Self.pair() else { return false }
        (output, childOutput) = (reading, writing)
        guard let (reading, writing) = Self.pair() else { return false }
        (errors, childErrors) = (reading, writing)
        for end in [input, output, errors] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        return true
    }

    /// A pipe; nil when the machine has none left.
    static func pair() -> (reading: Int32, writing: Int32)? {
        var ends: [Int32] = [-1, -1]
        return wiredesk_pipe(&ends) == 0 ? (ends[0], ends[1]) : nil
    }

    mutating func closeChildsEnds() {
        Self.close(&childInput)
        Self.close(&childOutput)
        Self.close(&childErrors)
    }

    mutating func closeInput() { Self.close(&input) }
    mutating func closeOutput() { Self.close(&output) }
    mutating func closeErrors() { Self.close(&errors) }

    mutating func close() {
        closeChildsEnds()
        closeInput()
        closeOutput()
        closeErrors()
    }

    private static func close(_ end: inout Int32) {
        if end >= 0 { Glibc.close(end) }
        end = -1
    }
}
