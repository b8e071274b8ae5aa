#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Finding words in bytes.
public enum ByteSearch {
    /// The first place of `word` in `bytes` at or behind `start`; nil when it is not there.
    public static func place(of word: StaticString, in bytes: [UInt8], from start: Int = 0) -> Int? {
        let count = word.utf8CodeUnitCount
        guard count > 0, start >= 0 else { return nil }
        return bytes.withUnsafeBytes { space in
            guard let base = space.baseAddress else { return nil }
            var at = start
            while at + count <= space.count, let hit = memchr(base + at, Int32(word.utf8Start[0]), space.count - count + 1 - at) {
                if memcmp(hit, word.utf8Start, count) == 0 { return UnsafeRawPointer(hit) - base }
                at = UnsafeRawPointer(hit) - base + 1
            }
            return nil
        }
    }
}
