import Costs
import Fetch
import FoundationEssentials
import WireCore

/// Why the gateway itself gives no model's answer. Each is told in the shape that the caller speaks.
public struct GatewayRefusal: Error, Sendable {
    public enum Code: String, Sendable {
        /// The request cannot be read, or cannot be put into the provider's shape.
        case badRequest
        /// The caller has no key, or one that is not known.
        case unauthorized
        /// The request is larger than any provider takes.
        case tooLarge
        /// There is no such address here.
        case notFound
        /// The model is not in the price table, or has no price now.
        case unpriced
        /// A hard budget is spent.
        case budget
        /// The budget would do, but is held by calls under way.
        case reserved
        /// The provider's breaker is open.
        case resting
        /// No key for the provider.
        case unconfigured
        /// The provider could not be reached, or broke off.
        case unreachable
        /// The provider answered with something that is no answer.
        case malformed
        /// The ledger cannot be written: no call without a reservation.
        case ledger
        /// Too many calls wait already, or the deadline passed.
        case busy
    }

    public var code: Code
    /// What happened, and what to do, in plain words.
    public var message: String
    /// When another try makes sense.
    public var retryAfter: Duration?

    public init(_ code: Code, _ message: String, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.retryAfter = retryAfter
    }

    /// The HTTP status: the one that the provider gives for the like.
    public var status: Int {
        switch code {
        case .badRequest: 400
        case .unauthorized: 401
        case .tooLarge: 413
        case .unpriced, .notFound: 404
        case .budget: 402
        case .reserved: 429
        case .resting, .busy, .unconfigured, .ledger: 503
        case .unreachable, .malformed: 502
        }
    }

    /// Anthropic's name for the kind of error.
    private var messagesType: String {
        switch code {
        case .badRequest: "invalid_request_error"
        case .unauthorized: "authentication_error"
        case .tooLarge: "request_too_large"
        case .unpriced, .notFound: "not_found_error"
        case .budget: "billing_error"
        case .reserved: "rate_limit_error"
        case .resting, .busy: "overloaded_error"
        case .unconfigured, .unreachable, .malformed, .ledger: "api_error"
        }
    }

    /// OpenAI's type and code.
    private var chatType: (type: String, code: String) {
        switch code {
        case .badRequest, .tooLarge: ("invalid_request_error", "bad_request")
        case .unauthorized: ("invalid_request_error", "invalid_api_key")
        case .unpriced: ("invalid_request_error", "model_not_found")
        case .notFound: ("invalid_request_error", "unknown_url")
        case .budget: ("insufficient_quota", "insufficient_quota")
        case .reserved: ("rate_limit_error", "rate_limit_exceeded")
        case .resting, .busy, .unconfigured, .unreachable, .malformed, .ledger: ("server_error", code.rawValue)
        }
    }

    /// As an answer to a call, in its shape.
    public func answer(to callID: String, in shape: WireShape) -> ModelAnswer {
        var headers = [HTTPHeader.contentType(isStream: false)]
        if let retryAfter {
            headers.append(HTTPHeader(name: "retry-after", value: String(max(1, Int(retryAfter.seconds.rounded(.up))))))
        } else {
            // The official SDKs obey it: what cannot help is not tried again.
            headers.append(HTTPHeader(name: "x-should-retry", value: "false"))
        }
        return ModelAnswer(callID: callID, status: status, headers: headers, body: .whole(body(in: shape, callID: callID)), cost: .zero)
    }

    private func body(in shape: WireShape, callID: String) -> [UInt8] {
        var json = JSONWriter()
        switch shape {
        case .messages:
            json.object { root in
                root.member("type", "error")
                root.key("error")
                root.object {
                    $0.member("type", messagesType)
                    $0.member("message", message)
                }
                root.member("request_id", callID)
            }
        case .chat:
            json.object { root in
                root.key("error")
                root.object {
                    $0.member("message", message)
                    $0.member("type", chatType.type)
                    $0.member("param", orNull: Optional<String>.none)
                    $0.member("code", chatType.code)
                }
            }
        }
        return json.bytes
    }
}

extension GatewayRefusal {
    /// A budget in the way.
    init(_ refusal: BudgetRefusal, renewsAt: Date?, now: Date) {
        let budget = refusal.budget
        let whose =
            switch budget.scope {
            case .desk: "the desk's"
            case .key(let name): "the key “\(SafeText.line(name, limit: 60))”’s"
            case .operation(let name): "the operation “\(SafeText.line(name, limit: 60))”’s"
            }
        let what = "\(whose) \(budget.period.isMonth ? "monthly" : "daily") budget of $\(budget.limit.dollars)"
        let state =
            "$\(refusal.standing.spent.text(decimals: 6)) spent, $\(refusal.standing.reserved.text(decimals: 6)) reserved, "
            + "$\(refusal.left.text(decimals: 6)) left; this call may cost up to $\(refusal.bound.text(decimals: 6))"
        if refusal.mayFitLater {
            self.init(.reserved, "\(what) is reserved by calls under way: \(state). Try again shortly.", retryAfter: .seconds(1))
        } else {
            let renews = renewsAt.map { ". It renews at \(UTCTime.text($0))" } ?? ""
            self.init(.budget, "\(what) does not allow this call: \(state)\(renews).")
        }
    }
}
