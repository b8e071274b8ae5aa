#if canImport(Glibc)
    import CMalloc
#endif

/// How a process that works for months asks the C library for memory.
///
/// glibc gives every thread a heap of its own and, once a large block was freed, serves the next ones from those heaps, where each
/// documents' worth of free space stays with the process: with 500 hostile sources a host held 300 MB, of which half was free. Two heaps,
/// and large blocks that always come from and go back to the system, keep it near what is in use, for some 5 % more time.
/// Source: mallopt(3).
enum HostMemory {
    /// Called once, before there are many threads; elsewhere than on glibc it does nothing.
    static func keepSmall() {
        #if canImport(Glibc)
            for (knob, value) in [(M_ARENA_MAX, 4), (M_MMAP_THRESHOLD, 512 << 10), (M_TRIM_THRESHOLD, 4 << 20)] { _ = mallopt(knob, Int32(value)) }
        #endif
    }
}
