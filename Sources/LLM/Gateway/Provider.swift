public import Fetch
import WireCore

/// A company behind models, or the local stand-in: where it is asked and how.
public struct Provider: Sendable {
    /// As the price table names it: "anthropic", "openai", "extractive".
    public var name: String
    /// What it speaks.
    public var shape: WireShape
    /// Where calls go.
    public var url: String
    /// Keys and versions; they take the place of the caller's of the same name.
    public var headers: [HTTPHeader]
    /// Why it cannot be asked; nil: it can.
    public var problem: String?
    /// How it is reached.
    public var exchanger: any Exchanging
    /// All providers' keys, which a server may send back; no caller, log or ledger is to have them.
    private(set) var secrets: SecretValues

    public init(name: String, shape: WireShape, url: String, headers: [HTTPHeader], problem: String? = nil, exchanger: any Exchanging) {
        self.name = name
        self.shape = shape
        self.url = url
        self.headers = headers
        self.problem = problem
        self.exchanger = exchanger
        secrets = SecretValues()
        secrets = SecretValues(keys)
    }

    /// Its own keys, as they are sent.
    var keys: [String] { headers.filter { ["x-api-key", "authorization"].contains($0.name.lowercased()) }.map(\.value) }

    /// The same, which keeps others' keys back too.
    func hiding(_ secrets: SecretValues) -> Provider {
        var provider = self
        provider.secrets = secrets
        return provider
    }

    /// The providers that the environment configures, by the variables of their SDKs: `ANTHROPIC_API_KEY`, `ANTHROPIC_BASE_URL`,
    /// `OPENAI_API_KEY`, `OPENAI_BASE_URL`; and `extractive`, which needs none.
    public static func all(environment: [String: String], exchanger: any Exchanging) -> [Provider] {
        func setting(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        func base(_ name: String, _ standard: String) -> String {
            var url = setting(name) ?? standard
            while url.hasSuffix("/") { url.removeLast() }
            return url
        }
        func problem(_ key: String, _ base: String) -> String? {
            if let address = setting(base), let fault = faultOfAddress(address) {
                return "\(base) is no address that can be asked (\(fault)): set it where the host runs, and start it again"
            }
            if let value = setting(key), value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                return "\(key) holds a line break or another control character: set it without, and start the host again"
            }
            return setting(key) == nil && setting(base) == nil ? "\(key) is not set: set it where the host runs, and start it again" : nil
        }
        let anthropicKey = setting("ANTHROPIC_API_KEY").map { HTTPHeader(name: "x-api-key", value: $0) }
        let openAIKey = setting("OPENAI_API_KEY").map { HTTPHeader(name: "authorization", value: "Bearer \($0)") }
        return [
            Provider(
                name: "anthropic", shape: .messages, url: base("ANTHROPIC_BASE_URL", "https://api.anthropic.com") + "/v1/messages",
                headers: [anthropicKey].compactMap { $0 }, problem: problem("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"), exchanger: exchanger),
            Provider(
                name: "openai", shape: .chat, url: base("OPENAI_BASE_URL", "https://api.openai.com/v1") + "/chat/completions",
                headers: [openAIKey].compactMap { $0 }, problem: problem("OPENAI_API_KEY", "OPENAI_BASE_URL"), exchanger: exchanger),
            Provider(name: "extractive", shape: .messages, url: "extractive:", headers: [], exchanger: ExtractiveModel()),
        ]
    }

    /// Fields that belong to one connection, or that the server sets itself (RFC 9110, 7.6.1).
    private static let framing: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade", "content-length", "date", "server",
        "set-cookie", "alt-svc", "strict-transport-security",
    ]

    /// An answer's fields as they are passed on; those that the gateway speaks by are its own.
    static func passedOn(_ headers: [HTTPHeader]) -> [HTTPHeader] {
        headers.filter { header in
            let name = header.name.lowercased()
            return !framing.contains(name) && !name.hasPrefix("x-wiredesk-")
        }
    }
}
