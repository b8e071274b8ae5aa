import WireCore

extension Translation {
    /// The body of an error from Anthropic in OpenAI's shape; the status stays. Never fails: a body that is no error in Anthropic's
    /// shape (a proxy's HTML) gives an error that quotes its first 200 characters.
    public static func chatError(fromMessages body: [UInt8], status: Int) -> [UInt8] {
        ProviderError(body: body, status: status).chatBody.rendered
    }

    /// The body of an error from an OpenAI-compatible provider in Anthropic's shape; the status stays. Never fails, as above.
    public static func messagesError(fromChat body: [UInt8], status: Int) -> [UInt8] {
        ProviderError(body: body, status: status).messagesBody.rendered
    }
}

extension TranslationFailure {
    /// The failure as the body of a 400 in OpenAI's shape.
    public var chatBody: [UInt8] { ProviderError(type: "invalid_request_error", message: description).chatBody.rendered }
    /// The failure as the body of a 400 in Anthropic's shape.
    public var messagesBody: [UInt8] { ProviderError(type: "invalid_request_error", message: description).messagesBody.rendered }
}

/// An error in Anthropic's words, read from either shape.
struct ProviderError {
    /// One of Anthropic's error types.
    var type: String
    var message: String
    var requestID: String?

    init(type: String, message: String) {
        self.type = type
        self.message = message
    }

    /// Reads an error body of any known form: Anthropic's, OpenAI's, a bare `message` or `detail`, or such an object in a list.
    init(body: [UInt8], status: Int) {
        guard let node = try? Translation.read(body) else {
            let start = SafeText.line(bytes: body, limit: 200)
            self.init(type: Self.type(ofStatus: status), message: "The provider answered \(status) with: \(start)")
            return
        }
        self.init(node: node.array?.first ?? node, status: status)
    }

    /// `status` nil: an error within a stream, where type and code alone tell what it is.
    init(node: JSONNode, status: Int?) {
        let error = node["error"] ?? node
        let code = error["code"]?.string ?? error["details"]?["error_code"]?.string
        type = Self.type(named: error["type"]?.string, code: code) ?? Self.type(ofStatus: status ?? error["code"]?.int ?? 500)
        if let status, type == "invalid_request_error" || type == "api_error" { type = Self.type(ofStatus: status) }
        let found = error["message"]?.string ?? error.string ?? node["message"]?.string ?? node["detail"]?.string
        message = found ?? "The provider gave no message\(status.map { " with its status \($0)" } ?? "")"
        requestID = node["request_id"]?.string
    }

    var messagesBody: JSONNode {
        .members([
            "type": .text("error"), "error": .members(["type": .text(type), "message": .text(message)]),
            "request_id": requestID.map { .text($0) },
        ])
    }

    var chatBody: JSONNode {
        let (chatType, code) = Self.chatNames(of: type)
        let error = JSONNode.members([
            "message": .text(message), "type": .text(chatType), "param": .nothing, "code": code.map { .text($0) } ?? .nothing,
        ])
        return .members(["error": error, "request_id": requestID.map { .text($0) }])
    }

    /// Anthropic's type for a type or code from either side; nil for names that say nothing.
    private static func type(named name: String?, code: String?) -> String? {
        switch code {
        case "insufficient_quota", "enforced_spend_limit_reached": return "billing_error"
        case "rate_limit_exceeded": return "rate_limit_error"
        case "invalid_api_key": return "authentication_error"
        case "model_not_found", "not_found": return "not_found_error"
        case "request_too_large": return "request_too_large"
        case "timeout": return "timeout_error"
        case "overloaded": return "overloaded_error"
        default: break
        }
        switch name {
        case "invalid_request_error", "authentication_error", "billing_error", "permission_error", "not_found_error", "conflict_error",
            "request_too_large", "rate_limit_error", "api_error", "timeout_error", "overloaded_error":
            return name
        case "insufficient_quota": return "billing_error"
        case "requests", "tokens", "rate_limit_exceeded": return "rate_limit_error"
        case "server_error": return "api_error"
        default: return nil
        }
    }

    private static func type(ofStatus status: Int) -> String {
        switch status {
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 409: "conflict_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 400..<500: "invalid_request_error"
        case 504: "timeout_error"
        case 503, 529: "overloaded_error"
        default: "api_error"
        }
    }

    /// OpenAI's type and code for Anthropic's type.
    private static func chatNames(of type: String) -> (type: String, code: String?) {
        switch type {
        case "authentication_error": (type, "invalid_api_key")
        case "billing_error": ("insufficient_quota", "insufficient_quota")
        case "not_found_error": ("invalid_request_error", "not_found")
        case "request_too_large": ("invalid_request_error", "request_too_large")
        case "rate_limit_error": (type, "rate_limit_exceeded")
        case "api_error": ("server_error", nil)
        case "timeout_error": ("server_error", "timeout")
        case "overloaded_error": ("server_error", "overloaded")
        default: (type, nil)
        }
    }
}
