public import Fetch
public import FoundationEssentials
import Synchronization
public import WireCore

/// A poll's answers as they came, to be looked at again without a network. Requests' header fields are not in it: they carry keys. Record
/// through a ``RedactingFetcher``, so that a key that a server sends back is not in it either.
public struct Recording: Sendable {
    /// The source's id, or the address that was asked.
    public var subject: String
    public var recordedAt: Date
    public var replies: [FetchReply]

    public init(subject: String, recordedAt: Date, replies: [FetchReply]) {
        self.subject = subject
        self.recordedAt = recordedAt
        self.replies = replies
    }

    /// The file's text: one JSON object, bodies in base 64.
    public var json: String {
        var json = JSONWriter(capacity: 64 << 10)
        json.object {
            $0.member("wiredeskRecording", 1)
            $0.member("subject", redactedURL(subject))
            $0.member("recordedAt", UTCTime.text(recordedAt))
            $0.key("replies")
            $0.array { list in
                for reply in replies { list.object { Self.write(reply, to: &$0) } }
            }
        }
        return json.text + "\n"
    }

    private static func write(_ reply: FetchReply, to json: inout JSONWriter) {
        let trace = reply.trace
        json.key("hops")
        json.array { list in
            for hop in trace.hops { list.object { hop.write(to: &$0) } }
        }
        json.member("bytesOnWire", trace.bytesOnWire)
        json.member("bytesDecoded", trace.bytesDecoded)
        json.member(ifPresent: "movedTo", trace.movedTo.map(redactedURL))
        switch reply {
        case .document(let document):
            json.member("url", redactedURL(document.url))
            json.member("status", document.status)
            json.key("headers")
            json.array { list in
                for header in document.headers where !["set-cookie", "set-cookie2"].contains(header.name.lowercased()) {
                    list.array {
                        $0.string(header.name)
                        $0.string(header.value)
                    }
                }
            }
            json.member("body", Data(document.body).base64EncodedString())
        case .failure(let failure):
            json.member("outcome", failure.outcome.rawValue)
            json.member("message", failure.message)
            json.member(ifPresent: "hint", failure.hint)
        }
    }

    /// Reads a recording's file. Throws `usage` when it is none.
    public init(reading bytes: [UInt8], file: String) throws(DeskError) {
        func wrong(_ what: String) -> DeskError {
            DeskError(.usage, "this is no recording: \(what)", place: file, hint: "`wiredesk diagnose ID --record FILE` makes one.")
        }
        let root: JSONNode
        do {
            root = try JSONReader.read(bytes, maximumDepth: 16)
        } catch {
            throw wrong("no valid JSON at \(TextPosition(of: error.offset, in: bytes))")
        }
        guard root["wiredeskRecording"]?.int == 1, let subject = root["subject"]?.string,
            let date = root["recordedAt"]?.string.flatMap({ UTCTime.parse($0) }), let list = root["replies"]?.array
        else { throw wrong("it lacks its version, subject, time or replies") }
        self.init(subject: subject, recordedAt: date, replies: [])
        for node in list {
            guard let reply = Self.reply(node) else { throw wrong("a reply in it cannot be read") }
            replies.append(reply)
        }
    }

    private static func reply(_ node: JSONNode) -> FetchReply? {
        var trace = FetchTrace()
        trace.hops = (node["hops"]?.array ?? []).compactMap(FetchTrace.Hop.init(reading:))
        trace.bytesOnWire = node["bytesOnWire"]?.int ?? 0
        trace.bytesDecoded = node["bytesDecoded"]?.int ?? 0
        trace.movedTo = node["movedTo"]?.string
        if let outcome = node["outcome"]?.string.flatMap(Outcome.init(rawValue:)) {
            return .failure(FetchFailure(outcome: outcome, message: node["message"]?.string ?? "", hint: node["hint"]?.string, trace: trace))
        }
        guard let url = node["url"]?.string, let status = node["status"]?.int, let text = node["body"]?.string,
            let body = Data(base64Encoded: text)
        else { return nil }
        let headers = (node["headers"]?.array ?? []).compactMap { pair -> HTTPHeader? in
            guard let pair = pair.array, pair.count == 2, let name = pair[0].string, let value = pair[1].string else { return nil }
            return HTTPHeader(name: name, value: value)
        }
        return .document(Document(url: url, status: status, headers: headers, body: [UInt8](body), trace: trace))
    }
}

extension FetchTrace.Hop {
    /// The members of one hop.
    public func write(to json: inout JSONWriter) {
        json.member("url", redactedURL(url))
        json.member("status", orNull: status)
        json.member("address", orNull: address)
        json.member("tls", orNull: tls)
        let times: [(StaticString, Double?)] = [
            ("resolvedMs", resolvedMs), ("connectedMs", connectedMs), ("securedMs", securedMs),
            ("requestedMs", requestedMs), ("firstByteMs", firstByteMs), ("endedMs", endedMs),
        ]
        for (name, value) in times { json.member(name, orNull: value.map { Int($0.rounded()) }) }
    }

    init?(reading node: JSONNode) {
        guard let url = node["url"]?.string else { return nil }
        self.init(url: url, endedMs: node["endedMs"]?.double ?? 0)
        status = node["status"]?.int
        address = node["address"]?.string
        tls = node["tls"]?.string
        resolvedMs = node["resolvedMs"]?.double
        connectedMs = node["connectedMs"]?.double
        securedMs = node["securedMs"]?.double
        requestedMs = node["requestedMs"]?.double
        firstByteMs = node["firstByteMs"]?.double
    }
}

/// Gets documents through another fetcher and keeps every reply.
public final class RecordingFetcher: DocumentFetching {
    private let fetcher: any DocumentFetching
    private let kept = Mutex<[FetchReply]>([])

    public init(_ fetcher: any DocumentFetching) { self.fetcher = fetcher }

    /// The replies so far, in order.
    public var replies: [FetchReply] { kept.withLock { $0 } }

    public func fetch(_ request: FetchRequest, permit: consuming Permit) async -> FetchReply {
        let reply = await fetcher.fetch(request, permit: permit)
        kept.withLock { $0.append(reply) }
        return reply
    }
}

/// Gives a recording's replies in order; touches no network.
public final class ReplayFetcher: DocumentFetching {
    private let left: Mutex<ArraySlice<FetchReply>>

    public init(_ recording: Recording) { left = Mutex(recording.replies[...]) }

    public func fetch(_ request: FetchRequest, permit: consuming Permit) async -> FetchReply {
        left.withLock { $0.popFirst() }
            ?? .failure(FetchFailure(outcome: .config, message: "the recording holds no further answer; the adapter asks for more than was recorded"))
    }
}
