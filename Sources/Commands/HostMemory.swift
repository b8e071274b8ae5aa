import ServiceLifecycle

#if canImport(Glibc)
    import CMalloc
    import Glibc
#endif

/// How a process that works for months asks the C library for memory.
///
/// glibc gives every thread a heap of its own and, once a large block was freed, serves the next ones from those heaps, where each
/// documents' worth of free space stays with the process: with 500 hostile sources a host held 300 MB, of which half was free. Few heaps
/// (two made the threads of the gateway wait for each other), and large blocks that always come from and go back to the system, keep it near what is in use, for some 5 % more time.
/// Source: mallopt(3).
enum HostMemory {
    /// Called once, before there are many threads; elsewhere than on glibc it does nothing.
    static func keepSmall() {
        #if canImport(Glibc)
            for (knob, value) in [(M_ARENA_MAX, 4), (M_MMAP_THRESHOLD, 512 << 10), (M_TRIM_THRESHOLD, 4 << 20)] { _ = mallopt(knob, Int32(value)) }
        #endif
    }

    /// Gives back the pages of code that only the start ran, most of what a host that then waits would hold. What is run again comes back
    /// from the program's file, which the system still has at hand; nothing is lost, since code is never written to. Source: madvise(2).
    static func forgetStart() {
        #if canImport(Glibc)
            guard let maps = fopen("/proc/self/maps", "r") else { return }
            defer { fclose(maps) }
            var buffer = [CChar](repeating: 0, count: 8192)
            while fgets(&buffer, Int32(buffer.count), maps) != nil {
                // "7f01a2000000-7f01a2400000 r-xp 00012000 fe:00 1234  /usr/lib/libc.so.6"
                let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                let words = line.split(separator: " ", omittingEmptySubsequences: true)
                guard words.count >= 6, words[1] == "r-xp", words[5].hasPrefix("/") else { continue }
                let ends = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
                guard ends.count == 2, ends[0] < ends[1], let start = UnsafeMutableRawPointer(bitPattern: ends[0]) else { continue }
                _ = madvise(start, Int(ends[1] - ends[0]), MADV_DONTNEED)
            }
        #endif
    }
}

/// Forgets the start of the host once it is over.
struct StartForgetting: Service {
    func run() async throws {
        try? await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(2)) }
        HostMemory.forgetStart()
        try await gracefulShutdown()
    }
}
