public import Fetch
import Feeds
import WireCore

/// Recognises bot walls: pages that want a browser, not a reader. Status alone identifies nothing; header and first bytes decide.
public enum ChallengePage {
    /// What it is and how it was recognised, for the message: "a challenge page of Cloudflare (…)"; nil when it is none.
    public static func recognise(_ document: Document) -> String? {
        if let owner = owner(document.headers, status: document.status) { return "a challenge page of \(owner)" }
        if document.status >= 400, let code = cloudflareCode(document.body) { return "a block by Cloudflare (“error code: \(code)”)" }
        guard case .html = DocumentKind.sniff(document.body) else { return nil }
        let head = document.body.prefix(64 << 10)
        let lower = head.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        if let mark = marks.first(where: { contains(lower, $0.text) }) { return "a challenge page of \(mark.owner) (“\(mark.text)” in the page)" }
        guard let title = HTMLText.title(ofPage: Array(head))?.lowercased() else { return nil }
        return titles.first { title.contains($0) }.map { "a bot check (the page's title says “\($0)”)" }
    }

    /// Whose wall the header fields name.
    private static func owner(_ headers: [HTTPHeader], status: Int) -> String? {
        if let value = headers["cf-mitigated"] { return "Cloudflare (cf-mitigated: \(SafeText.line(value, limit: 40)))" }
        if let value = headers["x-vercel-mitigated"] { return "Vercel (x-vercel-mitigated: \(SafeText.line(value, limit: 40)))" }
        if headers["x-vercel-challenge-token"] != nil { return "Vercel (x-vercel-challenge-token)" }
        if headers["x-datadome"] != nil, status >= 400 { return "DataDome (x-datadome)" }
        if let value = headers["x-amzn-waf-action"] { return "AWS WAF (x-amzn-waf-action: \(SafeText.line(value, limit: 40)))" }
        return nil
    }

    /// The number in a body that is nothing but "error code: 1020", where it means that Cloudflare keeps this reader out. Others of its
    /// errors are the publisher's trouble. Source: Cloudflare's list of its 1xxx errors.
    private static func cloudflareCode(_ body: [UInt8]) -> String? {
        guard body.count <= 64 else { return nil }
        let text = String(decoding: body, as: UTF8.self).lowercased()
        let words = text.split { $0 == " " || $0 == "\n" || $0 == "\r" || $0 == ":" }
        guard words.count == 3, words[0] == "error", words[1] == "code" else { return nil }
        return ["1005", "1006", "1007", "1008", "1009", "1010", "1012", "1020", "1106"].first { words[2] == $0 }
    }

    /// Strings that only challenge pages carry; their case does not matter.
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

    /// `bytes` in lower case.
    private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
        let wanted = Array(text.lowercased().utf8)
        guard let first = wanted.first, bytes.count >= wanted.count else { return false }
        var at = bytes.startIndex
        while let found = bytes[at...].firstIndex(of: first), found + wanted.count <= bytes.endIndex {
            if bytes[found..<found + wanted.count].elementsEqual(wanted) { return true }
            at = found + 1
        }
        return false
    }
}
