public import Costs
public import Fetch

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

    /// "call_" and 128 random bits.
    public static func newID() -> String {
        var generator = SystemRandomNumberGenerator()
        let words = [generator.next(), generator.next()].map { word -> String in
            let digits = String(word, radix: 36)
            return String(repeating: "0", count: max(0, 13 - digits.count)) + digits
        }
        return "call_" + words.joined()
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
