internal import CCurl
import WireCore

/// An easy handle for exchanges: what never changes is set once, and it is used again and again. Touched by the loop's thread alone.
final class ExchangeHandle {
    let easy: UnsafeMutableRawPointer
    /// Where libcurl writes what went wrong, in its own words.
    private let errorText: UnsafeMutablePointer<CChar>

    /// Nil when libcurl has no memory.
    init?(configuration: ExchangerConfiguration) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        EasyOptions.set(on: easy, userAgent: configuration.userAgent, certificateFile: configuration.certificateFile)
        _ = wd_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        _ = wd_set_long(easy, CURLOPT_MAXAGE_CONN, max(1, configuration.keptIdle.milliseconds / 1000))
        _ = wd_set_long(easy, CURLOPT_MAXLIFETIME_CONN, max(1, configuration.keptAge.milliseconds / 1000))
        // A model may think for minutes without a byte; what lies between must not forget the connection.
        _ = wd_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        _ = wd_set_long(easy, CURLOPT_TCP_KEEPIDLE, 60)
        _ = wd_set_long(easy, CURLOPT_TCP_KEEPINTVL, 30)
        Exchange.setCallbacks(on: easy)
    }

    deinit {
        curl_easy_cleanup(easy)
        errorText.deallocate()
    }

    /// libcurl's own words for the last failure, one safe line.
    var words: String { SafeText.line(String(cString: errorText), limit: 200) }

    /// Lets go of everything that belongs to one exchange.
    func forget() {
        _ = wd_set_pointer(easy, CURLOPT_POSTFIELDS, nil)
        _ = wd_set_pointer(easy, CURLOPT_HTTPHEADER, nil)
        errorText[0] = 0
    }
}
