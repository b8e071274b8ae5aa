#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension SQLiteStore {
    /// Another process that has the store at this path open; nil when none does, or there is no such file. To be asked before this process
    /// opens it: afterwards the question would give up this process's own locks (sqlite.org/howtocorrupt.html, 2.2).
    ///
    /// In WAL mode every connection holds a shared lock on these bytes for as long as it lives (sqlite.org/fileformat2.html, “the lock-byte page”).
    public static func user(of path: String) -> Int32? {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { Glibc.close(descriptor) }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        (lock.l_start, lock.l_len) = (0x4000_0002, 510)
        guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
        return lock.l_pid
    }
}
