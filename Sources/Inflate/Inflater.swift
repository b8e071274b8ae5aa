internal import CZlib

// Inflate: undoes gzip within a ceiling; Fetch and Feeds both need it. One file. Tests: Tests/FetchTests.

/// Undoes one layer of gzip or zlib compression, in pieces, never producing more than asked for.
///
/// libcurl could do it, but tells neither that a stream was cut short nor stops a bomb in time. Sources: RFC 1950, 1951, 1952.
public final class Inflater {
    public enum Failure: Error {
        /// More than the ceiling came out.
        case tooLarge
        /// The bytes are no gzip or zlib stream.
        case corrupt
    }

    private var stream = z_stream()
    private var produced = 0
    private let ceiling: Int
    private var buffer = [UInt8](repeating: 0, count: 32 << 10)
    /// True when the stream's end, with its checksum, was reached.
    public private(set) var isComplete = false
    /// True before any byte came.
    public private(set) var isUntouched = true

    /// `ceiling`: bytes that may come out. Nil when there is no memory.
    public init?(ceiling: Int) {
        self.ceiling = ceiling
        // 15 bits of window, +32: gzip or zlib, as the header says.
        guard wd_inflate_init(&stream, 15 + 32) == Z_OK else { return nil }
    }

    deinit { inflateEnd(&stream) }

    /// Feeds compressed bytes; `take` gets what comes out and may throw to stop.
    public func feed(_ bytes: UnsafeBufferPointer<UInt8>, take: (UnsafeBufferPointer<UInt8>) throws -> Void) throws {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        isUntouched = false
        // Bytes behind the end are padding, or another member of a gzip file.
        if isComplete {
            guard bytes[0] == 0x1F else { return }
            isComplete = false
            inflateReset(&stream)
        }
        stream.next_in = UnsafeMutablePointer(mutating: base)
        stream.avail_in = UInt32(bytes.count)
        while true {
            let (status, count) = step()
            if count > 0 {
                produced += count
                guard produced <= ceiling else { throw Failure.tooLarge }
                try buffer.withUnsafeBufferPointer { try take(UnsafeBufferPointer(rebasing: $0[..<count])) }
            }
            switch status {
            case Z_STREAM_END:
                isComplete = true
                guard stream.avail_in > 0, let next = stream.next_in, next.pointee == 0x1F else { return }
                isComplete = false
                inflateReset(&stream)
            case Z_OK: if stream.avail_in == 0, count < buffer.count { return }
            case Z_BUF_ERROR: return
            default: throw Failure.corrupt
            }
        }
    }

    private func step() -> (Int32, Int) {
        buffer.withUnsafeMutableBufferPointer { out in
            stream.next_out = out.baseAddress
            stream.avail_out = UInt32(out.count)
            let status = inflate(&stream, Z_NO_FLUSH)
            return (status, out.count - Int(stream.avail_out))
        }
    }

    /// True when `bytes` begin like a gzip file (RFC 1952, 2.3.1).
    public static func isGzip(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: [0x1F, 0x8B, 0x08]) }

    /// Unpacks a gzip file that is there as a whole; what is cut short gives what could be unpacked.
    public static func unpack(_ bytes: [UInt8], ceiling: Int) throws -> [UInt8] {
        guard let inflater = Inflater(ceiling: ceiling) else { throw Failure.corrupt }
        var out: [UInt8] = []
        try bytes.withUnsafeBufferPointer { try inflater.feed($0) { out.append(contentsOf: $0) } }
        return out
    }
}
