internal import CCurl

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What documents and exchanges ask of libcurl alike: HTTP/1.1 only, TLS verified, no proxy, no redirect, no cookies, no netrc, no
/// decompression, no signals.
enum EasyOptions {
    private static let numbers: [(CURLoption, Int)] = [
        (CURLOPT_NOSIGNAL, 1), (CURLOPT_FOLLOWLOCATION, 0), (CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
        (CURLOPT_HTTP09_ALLOWED, 0), (CURLOPT_SSL_VERIFYPEER, 1), (CURLOPT_SSL_VERIFYHOST, 2),
        (CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)), (CURLOPT_NETRC, 0), (CURLOPT_HTTP_CONTENT_DECODING, 0), (CURLOPT_QUICK_EXIT, 1),
        (CURLOPT_NOPROGRESS, 1), (CURLOPT_TCP_NODELAY, 1), (CURLOPT_DISALLOW_USERNAME_IN_URL, 1), (CURLOPT_SUPPRESS_CONNECT_HEADERS, 1),
        (CURLOPT_BUFFERSIZE, 16 << 10),
    ]

    static func set(on easy: UnsafeMutableRawPointer, userAgent: String, certificateFile: String?) {
        for (option, value) in numbers { _ = wd_set_long(easy, option, value) }
        _ = wd_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        _ = wd_set_string(easy, CURLOPT_PROXY, "")
        _ = wd_set_string(easy, CURLOPT_USERAGENT, userAgent)
        if let certificateFile { _ = wd_set_string(easy, CURLOPT_CAINFO, certificateFile) }
    }
}

/// Header lines as libcurl wants them; freed with the object, which must outlive the transfer.
final class HeaderLines {
    private var list: UnsafeMutablePointer<curl_slist>?

    init(_ lines: [String]) {
        for line in lines { list = curl_slist_append(list, line) ?? list }
    }

    deinit { curl_slist_free_all(list) }

    func set(on easy: UnsafeMutableRawPointer) { _ = wd_set_pointer(easy, CURLOPT_HTTPHEADER, list) }
}

extension AddressPolicy {
    /// Opens a socket for the address that libcurl is about to connect to, or says which address is denied.
    func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> (socket: curl_socket_t, denied: String?) {
        let text = withUnsafePointer(to: &address.pointee.addr) { SocketAddress.read($0, length: address.pointee.addrlen) }
        guard let text, permits(text.bytes) else { return (CURL_SOCKET_BAD, text?.text ?? "an address of unknown family") }
        return (socket(address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue), address.pointee.`protocol`), nil)
    }
}

extension FetchTrace.Hop {
    /// What libcurl measured of a request.
    init(_ easy: UnsafeMutableRawPointer, url: String, status: Int) {
        func ms(_ info: CURLINFO) -> Double? {
            var value: curl_off_t = 0
            guard wd_get_offset(easy, info, &value) == CURLE_OK, value > 0 else { return nil }
            return Double(value) / 1000
        }
        self.init(url: redactedURL(url))
        self.status = status > 0 ? status : nil
        resolvedMs = ms(CURLINFO_NAMELOOKUP_TIME_T)
        connectedMs = ms(CURLINFO_CONNECT_TIME_T)
        securedMs = ms(CURLINFO_APPCONNECT_TIME_T)
        var sent = 0
        if wd_get_long(easy, CURLINFO_REQUEST_SIZE, &sent) == CURLE_OK, sent > 0 { requestedMs = ms(CURLINFO_PRETRANSFER_TIME_T) }
        firstByteMs = status > 0 ? ms(CURLINFO_STARTTRANSFER_TIME_T) : nil
        endedMs = ms(CURLINFO_TOTAL_TIME_T) ?? 0
        if securedMs != nil { tls = "certificate verified" }
        var text: UnsafeMutablePointer<CChar>?
        if wd_get_string(easy, CURLINFO_PRIMARY_IP, &text) == CURLE_OK, let text {
            let shown = String(cString: text)
            address = shown.isEmpty ? nil : shown
        }
    }
}
