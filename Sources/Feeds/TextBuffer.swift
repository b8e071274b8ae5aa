#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Bytes that are gathered from many small pieces: a text full of references comes in a piece per reference. An Array asks at every
/// piece whether it is shared, which takes longer than the copying.
struct TextBuffer: ~Copyable {
    private var memory: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = max(64, capacity)
        memory = .allocate(capacity: self.capacity)
    }

    deinit { memory.deallocate() }

    /// A copy of what was gathered.
    var bytes: [UInt8] { Array(UnsafeBufferPointer(start: memory, count: count)) }

    mutating func append(_ byte: UInt8) {
        if count == capacity { grow(by: 1) }
        memory[count] = byte
        count += 1
    }

    mutating func append(contentsOf source: UnsafeBufferPointer<UInt8>) {
        guard let base = source.baseAddress else { return }
        if source.count > capacity - count { grow(by: source.count) }
        memcpy(memory + count, base, source.count)
        count += source.count
    }

    mutating func append(contentsOf bytes: some Sequence<UInt8>) {
        for byte in bytes { append(byte) }
    }

    /// Keeps the memory.
    mutating func removeAll() { count = 0 }

    private mutating func grow(by more: Int) {
        let larger = max(capacity * 2, count + more)
        let new = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        memcpy(new, memory, count)
        memory.deallocate()
        memory = new
        capacity = larger
    }
}
