/// Cuts a stream of bytes into lines. Pure.
struct LineSplitter {
    private var open: [UInt8] = []
    private let most: Int
    /// True when a line grew beyond its bound; nothing more is taken.
    private(set) var isOverlong = false

    init(most: Int) { self.most = most }

    /// Bytes of a line whose end has not come.
    var hasHalfLine: Bool { !open.isEmpty }

    /// The lines that end in `bytes`; blank ones are left out, and the carriage return before a line's end is none of it.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> [[UInt8]] {
        guard !isOverlong else { return [] }
        var lines: [[UInt8]] = []
        var rest = bytes
        while let end = rest.firstIndex(of: 0x0A) {
            open += rest[rest.startIndex..<end]
            rest = rest[(end + 1)...]
            guard open.count <= most else {
                isOverlong = true
                return lines
            }
            if open.last == 0x0D { open.removeLast() }
            if open.contains(where: { $0 > 0x20 }) { lines.append(open) }
            open.removeAll(keepingCapacity: true)
        }
        open += rest
        isOverlong = open.count > most
        return lines
    }
}
