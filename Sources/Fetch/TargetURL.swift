internal import CCurl

/// A URL that may be asked: absolute, http or https, with a host, without user name and password; as libcurl itself reads it, so that
/// what is checked is what is connected to.
struct TargetURL {
    /// Why a URL may not be asked.
    struct Problem: Error {
        var text: String
    }

    /// The whole, normalised, without fragment.
    var text: String
    var scheme: String
    var host: String
    /// Scheme, host and port.
    var origin: String

    static func check(_ url: String) -> Result<TargetURL, Problem> { parse(url, against: nil) }

    /// A redirect's target, which may be relative (RFC 3986, 5).
    static func resolve(_ location: String, against base: String) -> Result<TargetURL, Problem> { parse(location, against: base) }

    /// Scheme, host and port of a URL; nil when it may not be asked.
    static func origin(of url: String) -> String? { try? check(url).get().origin }

    private static func parse(_ url: String, against base: String?) -> Result<TargetURL, Problem> {
        func problem(_ text: String) -> Result<TargetURL, Problem> { .failure(Problem(text: text)) }
        guard url.utf8.count <= 8192 else { return problem("it is longer than 8192 bytes") }
        guard !url.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return problem("it holds control characters") }
        guard let handle = curl_url() else { return problem("no memory") }
        defer { curl_url_cleanup(handle) }
        if let base, curl_url_set(handle, CURLUPART_URL, base, 0) != CURLUE_OK { return problem("its base cannot be read") }
        let code = curl_url_set(handle, CURLUPART_URL, url, UInt32(CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE))
        guard code == CURLUE_OK else { return problem("\(String(cString: curl_url_strerror(code)))") }
        func part(_ part: CURLUPart, flags: Int32 = 0) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, part, &text, UInt32(flags)) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard let scheme = part(CURLUPART_SCHEME)?.lowercased(), scheme == "http" || scheme == "https" else {
            return problem("only http and https are asked, not \(part(CURLUPART_SCHEME) ?? "this")")
        }
        guard part(CURLUPART_USER) == nil, part(CURLUPART_PASSWORD) == nil else { return problem("it holds a user name or password") }
        guard let host = part(CURLUPART_HOST), !host.isEmpty else { return problem("it names no host") }
        curl_url_set(handle, CURLUPART_FRAGMENT, nil, 0)
        guard let text = part(CURLUPART_URL) else { return problem("it cannot be read") }
        let port = part(CURLUPART_PORT, flags: Int32(CURLU_DEFAULT_PORT)) ?? ""
        return .success(TargetURL(text: text, scheme: scheme, host: host, origin: "\(scheme)://\(host.lowercased()):\(port)"))
    }
}

/// Why an address may not be asked, in plain words; nil: it may.
public func faultOfAddress(_ url: String) -> String? {
    if case .failure(let problem) = TargetURL.check(url) { problem.text } else { nil }
}
