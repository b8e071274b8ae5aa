internal import CCurl
import Dispatch
import WireCore

/// A letter of plain text.
public struct Letter: Sendable, Equatable {
    public var from: String
    public var to: [String]
    public var subject: String
    public var text: String

    public init(from: String, to: [String], subject: String, text: String) {
        self.from = from
        self.to = to
        self.subject = subject
        self.text = text
    }

    /// As it goes out (RFC 5322): one line a header field, whatever stands in the texts; the body in UTF-8. `date`: an instant.
    func bytes(date: String, id: String) -> [UInt8] {
        func line(_ text: String) -> String { SafeText.line(text, limit: 400) }
        let fields = [
            "Date: \(date)", "From: <\(line(from))>", "To: \(to.map { "<\(line($0))>" }.joined(separator: ", "))", "Message-ID: <\(id)@wiredesk>",
            "Subject: \(Self.encodedWord(line(subject)))", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
        ]
        let body = text.split(separator: "\n", omittingEmptySubsequences: false).map { line(String($0)) }
        return Array((fields + [""] + body).joined(separator: "\r\n").utf8) + [0x0D, 0x0A]
    }

    /// ASCII as it is, anything else as an encoded word (RFC 2047).
    private static func encodedWord(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else { return text }
        let digits = Array("0123456789ABCDEF".utf8)
        let quoted = text.utf8.reduce(into: [UInt8]()) { out, byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            if isPlain { out.append(byte) } else { out += [0x3D, digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        }
        return "=?utf-8?Q?\(String(decoding: quoted, as: UTF8.self))?="
    }
}

/// A server that takes letters (SMTP, RFC 5321), through libcurl: `smtp://host:587` with STARTTLS where it offers it, `smtps://host`.
public struct MailServer: Sendable {
    public var url: String
    public var user: String?
    public var password: String?

    public init(url: String, user: String? = nil, password: String? = nil) {
        self.url = url
        self.user = user
        self.password = password
    }

    /// Sends a letter within `seconds`. Throws when the server did not take it; then it may not have been sent.
    /// - Parameter date: for the letter's head, as RFC 5322 writes it.
    public func send(_ letter: Letter, date: String, id: String, within seconds: Int = 30) async throws(FetchFailure) {
        let result: Result<Void, FetchFailure> = await withCheckedContinuation { continuation in
            // libcurl's easy interface waits; it must not do so on a thread of the cooperative pool.
            DispatchQueue.global().async { continuation.resume(returning: perform(letter, date: date, id: id, seconds: seconds)) }
        }
        try result.get()
    }

    private func perform(_ letter: Letter, date: String, id: String, seconds: Int) -> Result<Void, FetchFailure> {
        func failure(_ text: String) -> Result<Void, FetchFailure> {
            .failure(FetchFailure(outcome: .network, message: "mail to \(redactedURL(url)): \(SafeText.line(text, limit: 200))"))
        }
        guard !letter.to.isEmpty, let easy = curl_easy_init() else { return failure("there is nobody to send it to, or no memory") }
        defer { curl_easy_cleanup(easy) }
        var recipients: UnsafeMutablePointer<curl_slist>?
        for address in letter.to { recipients = curl_slist_append(recipients, "<\(SafeText.line(address, limit: 320))>") ?? recipients }
        defer { curl_slist_free_all(recipients) }
        let reading = Upload(letter.bytes(date: date, id: id))
        for (option, value) in [
            (CURLOPT_NOSIGNAL, 1), (CURLOPT_UPLOAD, 1), (CURLOPT_TIMEOUT, seconds), (CURLOPT_CONNECTTIMEOUT, 10),
            // STARTTLS where the server offers it; a password never goes out without it.
            (CURLOPT_USE_SSL, Int((password == nil ? CURLUSESSL_TRY : CURLUSESSL_ALL).rawValue)),
        ] { _ = wd_set_long(easy, option, value) }
        _ = wd_set_string(easy, CURLOPT_URL, url)
        _ = wd_set_string(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        _ = wd_set_string(easy, CURLOPT_PROXY, "")
        if let user { _ = wd_set_string(easy, CURLOPT_USERNAME, user) }
        if let password { _ = wd_set_string(easy, CURLOPT_PASSWORD, password) }
        _ = wd_set_string(easy, CURLOPT_MAIL_FROM, "<\(SafeText.line(letter.from, limit: 320))>")
        _ = wd_set_pointer(easy, CURLOPT_MAIL_RCPT, recipients)
        _ = wd_set_data(easy, CURLOPT_READFUNCTION, readCallback)
        _ = wd_set_pointer(easy, CURLOPT_READDATA, Unmanaged.passUnretained(reading).toOpaque())
        let code = curl_easy_perform(easy)
        guard code == CURLE_OK else { return failure(String(cString: curl_easy_strerror(code))) }
        return .success(())
    }
}

/// A letter on its way out.
private final class Upload {
    var rest: ArraySlice<UInt8>
    init(_ bytes: [UInt8]) { rest = bytes[...] }
}

private let readCallback: @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int = { buffer, size, count, context in
    guard let buffer, let context else { return 0 }
    let upload = Unmanaged<Upload>.fromOpaque(context).takeUnretainedValue()
    let piece = upload.rest.prefix(size * count)
    piece.withUnsafeBytes { if let base = $0.baseAddress { UnsafeMutableRawPointer(buffer).copyMemory(from: base, byteCount: $0.count) } }
    upload.rest = upload.rest.dropFirst(piece.count)
    return piece.count
}
