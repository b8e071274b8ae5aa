import LLM
public import WireCore

/// The token that opens admin API and dashboard. Only its hash is held.
public struct AdminToken: Sendable {
    /// The environment variable that it comes from.
    public static let variable = "WIREDESK_ADMIN_TOKEN"
    /// Shorter ones protect nothing that others can reach.
    public static let leastLength = 16
    /// Longer ones are no token, and are not hashed.
    static let longest = 1024

    private let hash: String
    /// True when it could be guessed.
    public let isShort: Bool

    /// Nil when there is no token in the environment. Throws `config` for one that no header can carry.
    public static func read(_ environment: [String: String]) throws(DeskError) -> AdminToken? {
        guard let text = environment[variable], !text.isEmpty else { return nil }
        guard text.utf8.count <= longest, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw DeskError(
                .config, "\(variable) holds blanks, control characters or letters beyond ASCII, or is longer than \(longest) characters",
                hint: "Make one with `openssl rand -hex 32`.")
        }
        return AdminToken(text)
    }

    public init(_ text: String) {
        hash = SHA256.hex(Array(text.utf8))
        isShort = text.utf8.count < Self.leastLength
    }

    /// Compares hashes, all 64 characters whatever they are: how long it takes tells nothing about the token.
    func matches(_ text: String) -> Bool {
        guard text.utf8.count <= Self.longest else { return false }
        return ConstantTime.areEqual(SHA256.hex(Array(text.utf8)), hash)
    }
}

/// Comparisons that take as long for wrong texts as for right ones.
enum ConstantTime {
    static func areEqual(_ a: String, _ b: String) -> Bool {
        guard a.utf8.count == b.utf8.count else { return false }
        return zip(a.utf8, b.utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// Random texts for sessions and forms.
enum RandomText {
    /// 256 bits in hexadecimal, from the system's generator.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in
            let digits = String(generator.next(), radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
