import WireCore

/// What a source's address must be, wherever it comes from: the registry, a list, the command line.
public enum SourceURL {
    /// Nil when `text` is an address that can be polled; else what it must be.
    public static func fault(of text: String) -> String? {
        guard text.utf8.count <= 4096, WebAddress.origin(of: text) != nil, !text.utf8.contains(where: { $0 <= 0x20 }), !SafeText.isUnsafe(text) else {
            return "an absolute http or https address without blanks and invisible characters"
        }
        let authority = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(2).first
        if authority?.contains("@") == true {
            return "an address without user name and password; use headers with {\"env\":\"NAME\"} instead"
        }
        return nil
    }
}
