import Foundation
import WireCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The two streams: results on stdout, everything else on stderr.
enum Output {
    /// A line of result.
    static func line(_ text: String) { write(text + "\n", to: 1) }

    /// Result as it stands.
    static func text(_ text: String) { write(text, to: 1) }

    /// A line for the person, not part of the result.
    static func error(_ text: String) { write(text + "\n", to: 2) }

    /// A text of several lines for a person: each line safe, and no longer than a screen's worth.
    static func lines(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { SafeText.line(String($0), limit: 2000) }.joined(separator: "\n")
    }

    /// Bytes as they stand.
    static func bytes(_ bytes: [UInt8]) { write(bytes[...], to: 1) }

    /// Part of a line for the person, without a line end.
    static func progress(_ text: String) { write(text, to: 2) }

    /// True when a person looks at the stream.
    static func isTerminal(_ descriptor: Int32 = 1) -> Bool { isatty(descriptor) == 1 }

    /// Columns of the terminal; 100 where there is none.
    static var width: Int {
        var size = winsize()
        guard isTerminal(), ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 100 }
        return Int(size.ws_col)
    }

    private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8)[...], to: descriptor) }

    /// Writes all of it. A reader that has gone away (`| head`) has what it wanted: the program ends quietly with 0. Any other fault of
    /// stdout, a full disk say, is told on stderr and ends the program with 1; one of stderr can be told to nobody.
    private static func write(_ rest: ArraySlice<UInt8>, to descriptor: Int32) {
        var bytes = rest
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = errno
                if reason == EPIPE { exit(0) }
                if descriptor == 1 { error("wiredesk: the output cannot be written: \(String(cString: strerror(reason)))") }
                exit(1)
            }
            bytes = bytes.dropFirst(count)
        }
    }
}

/// Colour, where a person looks at a terminal and has not said NO_COLOR (no-color.org).
struct Palette {
    let isOn: Bool

    init(descriptor: Int32 = 1) {
        let environment = ProcessInfo.processInfo.environment
        isOn = Output.isTerminal(descriptor) && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    private func paint(_ text: String, _ code: String) -> String { isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
    func good(_ text: String) -> String { paint(text, "32") }
    func bad(_ text: String) -> String { paint(text, "31") }
    func warn(_ text: String) -> String { paint(text, "33") }

    /// Good or bad.
    func verdict(_ isGood: Bool) -> (String) -> String {
        if isGood { return good }
        return bad
    }

    func dim(_ text: String) -> String { paint(text, "2") }
    func bold(_ text: String) -> String { paint(text, "1") }
}
