internal import CCurl
import WireCore

/// The endings that only documents have.
extension TransferEnd {
    /// The failure, or nil when the document is complete. `isInflated`: every layer of compression came to its proper end.
    func failure(
        _ stop: Transfer.Stop?, isInflated: Bool, request: FetchRequest, configuration: FetcherConfiguration
    ) -> Failure? {
        // Of an error page the status says enough, whatever becomes of the rest.
        if answer.isComplete, answer.status >= 400 { return nil }
        switch stop {
        case .evidence, .redirect: return nil
        case .wireCeiling:
            return (.tooLarge, "\(place) sends more than \(request.bytesOnWire) for one document", Self.sizeHint)
        case .decodedCeiling:
            let from = ByteCount(wireBytes).short
            return (.tooLarge, "the document of \(place) is larger than \(request.bytesDecoded) (from \(from) on the wire)", Self.sizeHint)
        case .headerCeiling: return (.tooLarge, "\(place) sends more than \(configuration.headerBytes) of header fields", nil)
        case .deadline: return timeout
        case .encoding(let name):
            return (.parse, "\(place) compresses with “\(SafeText.line(name, limit: 60))”, which was not asked for", nil)
        case .corrupt: return (.network, "the compression of \(place)'s answer is damaged", nil)
        case .conflictingLength(let lengths):
            return (.network, "\(place) gives a length that cannot be trusted: \(SafeText.line(lengths, limit: 80))", nil)
        case nil: break
        }
        if let failure { return failure }
        guard answer.isComplete else { return (.network, "\(place) closed the connection inside the header fields", nil) }
        guard isInflated else { return (.network, "incomplete: \(place) cut its compressed document short after \(ByteCount(wireBytes).short)", nil) }
        return nil
    }

    private static let sizeHint = "If the source is honest, raise ceilings.bytesOnWire and ceilings.bytesDecoded in its entry."
}
