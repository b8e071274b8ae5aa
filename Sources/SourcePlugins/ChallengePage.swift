public import Fetch
import Feeds
import WireCore

/// Recognises bot walls: pages that want a browser, not a reader. Status alone identifies nothing; header and first bytes decide.
public enum ChallengePage {
    /// Whose wall it is and how it was recognised, for the message; nil when it is none.
    public static func recognise(_ document: Document) -> String? {
        let headers = document.headers
        if let value = headers["cf-mitigated"] { return "Cloudflare (cf-mitigated: \(SafeText.line(value, limit: 40)))" }
        if let value = headers["x-vercel-mitigated"] { return "Vercel (x-vercel-mitigated: \(SafeText.line(value, limit: 40)))" }
        if headers["x-vercel-challenge-token"] != nil { return "Vercel (x-vercel-challenge-token)" }
        if headers["x-datadome"] != nil, document.status >= 400 { return "DataDome (x-datadome)" }
        if let value = headers["x-amzn-waf-action"] { return "AWS WAF (x-amzn-waf-action: \(SafeText.line(value, limit: 40)))" }
        guard case .html = DocumentKind.sniff(document.body) else { return nil }
        let head = document.body.prefix(32 << 10)
        if let mark = marks.first(where: { contains(head, $0.text) }) { return "\(mark.owner) (“\(mark.text)” in the page)" }
        guard let title = HTMLText.title(ofPage: Array(head))?.lowercased() else { return nil }
        return titles.first { title.contains($0) }.map { "a bot check (the page's title says “\($0)”)" }
    }

    /// Strings that only challenge pages carry.
    private static let marks: [(owner: String, text: String)] = [
        ("Cloudflare", "_cf_chl_opt"), ("Cloudflare", "/cdn-cgi/challenge-platform/"), ("Cloudflare", "cf-turnstile"),
        ("Cloudflare", "cf-browser-verification"), ("Vercel", "Vercel Security Checkpoint"), ("DataDome", "captcha-delivery.com"),
        ("PerimeterX", "px-captcha"), ("Imperva", "_Incapsula_Resource"), ("Akamai", "/_sec/cp_challenge/"),
        ("DDoS-Guard", "ddos-guard"), ("AWS WAF", "awsWafCookieDomainList"), ("Sucuri", "sucuri_cloudproxy_js"),
        ("hCaptcha", "hcaptcha.com/1/api.js"), ("reCAPTCHA", "g-recaptcha"), ("hCaptcha", "h-captcha"),
    ]

    /// Titles of challenge pages, lower case.
    private static let titles = [
        "just a moment", "attention required", "checking your browser", "security check", "are you a robot", "are you human",
        "verify you are human", "verifying you are human", "human verification", "captcha", "bot verification", "ddos protection",
        "pardon our interruption", "access denied", "request blocked", "you have been blocked", "one more step",
    ]

    private static func contains(_ bytes: ArraySlice<UInt8>, _ text: String) -> Bool {
        let wanted = Array(text.utf8)
        guard let first = wanted.first, bytes.count >= wanted.count else { return false }
        var at = bytes.startIndex
        while let found = bytes[at...].firstIndex(of: first), found + wanted.count <= bytes.endIndex {
            if bytes[found..<found + wanted.count].elementsEqual(wanted) { return true }
            at = found + 1
        }
        return false
    }
}
