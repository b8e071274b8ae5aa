/// A URL as it may be shown and logged: no user name, no password, and no value of a parameter whose name says that it is a key.
public func redactedURL(_ url: String) -> String {
    var text = url
    if let scheme = text.firstRange(of: "://") {
        let rest = text[scheme.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        if let at = authority.lastIndex(of: "@") { text.replaceSubrange(authority.startIndex...at, with: "") }
    }
    guard let question = text.firstIndex(of: "?") else { return text }
    let query = text[text.index(after: question)...].prefix { $0 != "#" }
    let pairs = query.split(separator: "&", omittingEmptySubsequences: false).map { pair -> String in
        guard let equals = pair.firstIndex(of: "=") else { return String(pair) }
        let name = pair[..<equals].lowercased()
        return secretWords.contains(where: name.contains) ? "\(pair[..<equals])=REDACTED" : String(pair)
    }
    return text[...question] + pairs.joined(separator: "&") + text[query.endIndex...]
}

private let secretWords = ["key", "token", "secret", "passw", "auth", "sig", "session", "credential"]
