public import WireCore

/// Where to listen: "127.0.0.1:8080", "[::1]:0"; beyond this machine's own addresses only with a token to ask for.
public struct ListenAddress: Sendable, Equatable {
    public var host: String
    /// 0: any free port.
    public var port: Int

    /// Throws `usage` for what is no address.
    public init(parsing text: String) throws(DeskError) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port) else {
            throw DeskError(.usage, "--listen “\(SafeText.line(text, limit: 60))” is no HOST:PORT", hint: "Write 127.0.0.1:8080.")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else {
            throw DeskError(
                .usage, "--listen “\(SafeText.line(text, limit: 60))” names no host", hint: "Write 127.0.0.1:8080, or 0.0.0.0:8080 for all addresses."
            )
        }
        self.host = host
        self.port = port
    }

    /// Whether only programs of this machine can reach it.
    public var isLoopback: Bool { Self.isLoopback(host) }

    /// Throws `config` for an address that others could reach while nothing, or next to nothing, is asked of them.
    public func check(against token: AdminToken?) throws(DeskError) {
        guard !isLoopback else { return }
        guard let token else {
            throw DeskError(
                .config, "--listen \(SafeText.line(host, limit: 60)) could be reached from other machines, and no token protects it",
                hint: "Set \(AdminToken.variable) to a long random text (openssl rand -hex 32), or listen on 127.0.0.1.")
        }
        guard !token.isShort else {
            throw DeskError(
                .config,
                "\(AdminToken.variable) is too short for an address that other machines can reach: \(AdminToken.leastLength) characters at least",
                hint: "Make one with `openssl rand -hex 32`.")
        }
    }

    /// True for the names and addresses that always mean this machine; "127.0.0.1.example" is none of them.
    static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && !parts.contains(nil) && parts[0] == 127
    }

    /// True when a request's Host field (RFC 9110, 7.2) names this machine. A name that leads here by somebody else's name server does
    /// not: a page in a browser could read the answers by it (DNS rebinding). Requests without the field come from no browser.
    static func isOurs(authority: String?) -> Bool {
        guard var host = authority?[...], !host.isEmpty else { return true }
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            host = host[host.index(after: host.startIndex)..<end]
        } else if let colon = host.lastIndex(of: ":") {
            host = host[..<colon]
        }
        return isLoopback(String(host.hasSuffix(".") ? host.dropLast() : host))
    }
}
