public import Costs
public import Fetch
import FoundationEssentials

/// One request to a model, as it comes to the gateway.
public struct ModelCall: Sendable {
    /// Unique for ever; every attempt's entry in the ledger begins with it.
    public var id: String
    /// The shape of `body`, and of the answer.
    public var shape: WireShape
    /// The request's JSON.
    public var body: [UInt8]
    /// Passed on to the provider beside the gateway's own (`anthropic-version`, `anthropic-beta`, …).
    public var headers: [HTTPHeader]
    public var purpose: CallPurpose
    /// The bounds of the caller's key; nil: only the desk's.
    public var limits: SpendingLimits?
    /// Tried in order when the model that the request names cannot serve.
    public var fallbacks: [String] = []
    /// Tries of one model. 1 for clients that try again by themselves: two layers of retries multiply.
    public var attemptsPerModel = 1
    /// For all its attempts together, where that is less than the gateway's own deadline.
    public var deadline: Duration?
    /// False: neither answered from the cache nor kept in it.
    public var usesCache = true
    /// Whether the provider is heard out when the caller no longer listens, so that the usage becomes known.
    public var isDrained = true

    public init(
        id: String = ModelCall.newID(), shape: WireShape, body: [UInt8], headers: [HTTPHeader] = [], purpose: CallPurpose,
        limits: SpendingLimits? = nil
    ) {
        self.id = id
        self.shape = shape
        self.body = body
        self.headers = headers
        self.purpose = purpose
        self.limits = limits
    }

    /// "call_", the time in milliseconds and 80 random bits, in digits that sort: calls of one time lie side by side in the ledger's
    /// index, which then changes in few places however long it is.
    public static func newID() -> String {
        var generator = SystemRandomNumberGenerator()
        let milliseconds = UInt64(max(0, Date().timeIntervalSince1970 * 1000))
        let (first, second): (UInt64, UInt64) = (generator.next(), generator.next())
        var text = [UInt8]("call_".utf8)
        text.reserveCapacity(31)
        for word in [milliseconds << 16 | first >> 48, second] { append(word, to: &text) }
        return String(decoding: text, as: UTF8.self)
    }

    /// Thirteen digits to the base of 36.
    private static func append(_ word: UInt64, to text: inout [UInt8]) {
        let digits = [UInt8]("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
        let start = text.count
        text.append(contentsOf: repeatElement(digits[0], count: 13))
        var rest = word
        for place in (start..<start + 13).reversed() where rest > 0 {
            text[place] = digits[Int(rest % 36)]
            rest /= 36
        }
    }
}

/// What came of a call: an answer in the call's shape, of whatever status.
public struct ModelAnswer: Sendable {
    public var callID: String
    public var status: Int
    /// The provider's, without those that frame a message.
    public var headers: [HTTPHeader]
    public var body: Body
    /// What it cost; of a streamed answer see ``AnswerStream/cost``.
    public var cost: Money?
    /// True when it came from the cache.
    public var isCached = false

    public enum Body: Sendable {
        case whole([UInt8])
        case stream(AnswerStream)
    }

    public init(callID: String, status: Int, headers: [HTTPHeader], body: Body, cost: Money? = nil) {
        self.callID = callID
        self.status = status
        self.headers = headers
        self.body = body
        self.cost = cost
    }
}

extension HTTPHeader {
    /// What a body of the gateway's own making is.
    static func contentType(isStream: Bool) -> HTTPHeader {
        HTTPHeader(name: "content-type", value: isStream ? "text/event-stream; charset=utf-8" : "application/json")
    }
}
