internal import CCurl
import WireCore

/// The endings that only exchanges have.
extension TransferEnd {
    /// The failure, or nil when the answer is complete.
    func failure(_ stop: Exchange.Stop?, request: ExchangeRequest, headerBytes: ByteCount) -> Failure? {
        switch stop {
        case .answerCeiling:
            return (.tooLarge, "the answer of \(place) is larger than \(request.answerBytes)", "Is this the address of a model's provider?")
        case .headerCeiling: return (.tooLarge, "\(place) sends more than \(headerBytes) of header fields", nil)
        case .deadline: return timeout
        case .silence:
            return (.timeout, "\(place) fell silent for \(request.idleTimeout.short) after \(bodyBytes) bytes of its answer", nil)
        case .calledOff: return (.network, "the exchange with \(place) was called off", nil)
        case .conflictingLength(let lengths):
            return (.network, "\(place) gives a length that cannot be trusted: \(SafeText.line(lengths, limit: 80))", nil)
        case .secondSending:
            return (
                .network, "the kept connection to \(place) broke after the request was sent and before an answer came",
                "Whether it was received is unknown, so it is not sent again by itself."
            )
        case nil: break
        }
        if let failure { return failure }
        guard answer.isComplete else { return (.network, "\(place) closed the connection inside the header fields", nil) }
        return nil
    }
}
