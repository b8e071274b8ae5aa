internal import CCurl
import WireCore

/// What was seen when a hop ended, and what it means: libcurl's codes, which are sometimes misleading, put into the desk's words.
struct TransferEnd {
    typealias Failure = (outcome: Outcome, message: String, hint: String?)

    let code: CURLcode
    /// libcurl's own words, one safe line.
    let curlText: String
    let url: String
    /// What a person has to correct when the URL is wrong: "the source's url".
    let urlOwner: String
    let hop: FetchTrace.Hop?
    let answer: AnswerHead
    let bodyBytes: Int
    let wireBytes: Int
    let deniedAddress: String?

    var host: String { (try? TargetURL.check(url).get().host) ?? redactedURL(url) }
    /// The host, and the address behind it where that is another.
    var place: String { hop?.address.map { isHost($0) ? host : "\(host) (\($0))" } ?? host }
    private func isHost(_ address: String) -> Bool { host == address || host == "[\(address)]" }
    private var words: String { curlText.isEmpty ? String(cString: curl_easy_strerror(code)) : curlText }

    /// What libcurl's code means where we stopped nothing ourselves; nil when it is content.
    var failure: Failure? { code == CURLE_OK ? nil : coded }

    private var coded: Failure {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: return unresolved
        case CURLE_COULDNT_CONNECT: return unconnected
        case CURLE_OPERATION_TIMEDOUT: return timeout
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
            // HTTP/0.9 answers come as "unsupported protocol".
            if hop?.connectedMs != nil { return (.network, "\(place) does not answer in HTTP", nil) }
            return (.config, "\(redactedURL(url)) cannot be asked: \(words)", "Correct \(urlOwner).")
        case CURLE_WEIRD_SERVER_REPLY: return (.network, "\(place) does not answer in HTTP: \(words)", nil)
        case CURLE_GOT_NOTHING: return (.network, "\(place) closed the connection without an answer", nil)
        case CURLE_PARTIAL_FILE: return (.network, "incomplete: \(place) closed after \(bodyBytes) bytes\(announced)", nil)
        case CURLE_OUT_OF_MEMORY:
            // libcurl 7.88 reports a header line beyond its own bound as "out of memory".
            return (.tooLarge, "\(place) sends a header field that is too long", nil)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER,
            CURLE_SSL_CERTPROBLEM, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_NOTFOUND:
            return (.tls, "no secure connection to \(place): \(words)", tlsHint)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            let during = answer.status > 0 ? "after \(bodyBytes) bytes of the document" : "before the answer"
            return (.network, "the connection to \(place) broke \(during): \(words)", nil)
        default: return (.network, "\(place): \(words)", nil)
        }
    }

    private var announced: String { answer.contentLength.map { " of \($0)" } ?? "" }

    private var unresolved: Failure {
        if NetworkState.isOffline { return (.offline, "this machine has no network: \(host) cannot be looked up", Self.offlineHint) }
        return (
            .dns, "the name \(host) cannot be looked up: \(words)",
            "Check the spelling of \(urlOwner); if it is right, the name server or the site has a fault."
        )
    }

    private static let offlineHint = "Nothing is wrong with the other side. Check this machine's connection."

    private var unconnected: Failure {
        if let deniedAddress {
            return (
                .denied,
                isHost(deniedAddress)
                    ? "\(host) is a private or special address, which is not asked"
                    : "\(host) leads to \(deniedAddress), a private or special address, which is not asked",
                "If this is meant, allow it: WIREDESK_ALLOW_PRIVATE=\(deniedAddress), or network.allowPrivate in the registry."
            )
        }
        let isUnreachable = words.contains("unreachable") || words.contains("Cannot assign")
        if isUnreachable, NetworkState.isOffline { return (.offline, "this machine has no network: \(place) cannot be reached", Self.offlineHint) }
        return (.network, "no connection to \(place): \(words)", nil)
    }

    private var tlsHint: String {
        let plain = words.lowercased()
        if plain.contains("expired") || plain.contains("not yet valid") {
            return "The certificate is out of date: the site must renew it. Is this machine's clock right?"
        }
        if plain.contains("subject name") || plain.contains("alternative") {
            return "The certificate is for another name: check the host in \(urlOwner)."
        }
        if plain.contains("self-signed") || plain.contains("self signed") || plain.contains("issuer") || plain.contains("local") {
            return "The certificate's issuer is not known here; ca-certificates must be installed and current."
        }
        return "The site's TLS set-up has a fault, or something between here and there interferes."
    }

    /// Time ran out: in which phase.
    var timeout: Failure {
        let phase: String
        if hop?.resolvedMs == nil, hop?.connectedMs == nil, hop?.address == nil {
            phase = "looking up \(host)"
        } else if hop?.connectedMs == nil {
            phase = "connecting to \(place)"
        } else if url.hasPrefix("https"), hop?.securedMs == nil {
            phase = "the TLS handshake with \(place)"
        } else if answer.status == 0 {
            phase = "waiting for \(place) to answer"
        } else if !answer.isComplete {
            phase = "reading the header fields of \(place)"
        } else {
            phase = "reading the document of \(place), \(ByteCount(wireBytes).short) had come\(announced)"
        }
        return (.timeout, "time ran out while \(phase)", nil)
    }
}
