import Fetch
import WireCore

/// What the course of a transfer says of the stages dns, connect, tls, request and response.
struct TransferStages {
    let hop: FetchTrace.Hop
    /// That led to the hop.
    let redirects: Int

    static let names = ["dns", "connect", "tls", "request", "response"]

    private var host: String { WebAddress.host(of: hop.url) ?? "" }

    private func stage(_ name: String, from: Double?, to: Double?, _ detail: String) -> Diagnosis.Stage {
        let ms = to.map { max(0, $0 - (from ?? 0)) } ?? 0
        return Diagnosis.Stage(name: name, ok: true, ms: Int(ms.rounded()), detail: detail)
    }

    private var dns: Diagnosis.Stage {
        let isAddress = host.hasPrefix("[") || host == hop.address || host.utf8.allSatisfy { $0 == 0x2E || (0x30...0x39).contains($0) }
        return stage(
            "dns", from: 0, to: hop.resolvedMs,
            isAddress ? "\(host) is an address, and needs no look-up" : "\(host) is \(hop.address ?? "known")")
    }

    private var connect: Diagnosis.Stage {
        stage("connect", from: hop.resolvedMs, to: hop.connectedMs, "connected to \(hop.address ?? host)")
    }

    private var tls: Diagnosis.Stage { stage("tls", from: hop.connectedMs, to: hop.securedMs, hop.tls ?? "none: plain http") }

    private var request: Diagnosis.Stage {
        let after = redirects == 0 ? "" : " after \(redirects.counted("redirect"))"
        return stage("request", from: hop.securedMs ?? hop.connectedMs, to: hop.requestedMs ?? hop.firstByteMs, "GET \(redactedURL(hop.url))\(after)")
    }

    /// dns, connect, tls and request, as if each had gone well.
    var all: [Diagnosis.Stage] { [dns, connect, tls, request] }

    /// Those that are over, as far as the hop has come.
    var ended: [Diagnosis.Stage] {
        guard hop.resolvedMs != nil, hop.address != nil else { return [] }
        guard hop.connectedMs != nil else { return [dns] }
        guard hop.securedMs != nil || !hop.url.hasPrefix("https:") else { return [dns, connect] }
        return hop.requestedMs == nil && hop.firstByteMs == nil ? [dns, connect, tls] : all
    }

    /// response: the time from the request's end to the document's.
    func response(status: Int?, type: String?, onWire: Int, decoded: Int) -> Diagnosis.Stage {
        let size = "\(ByteCount(onWire).short) on the wire, \(ByteCount(decoded).short) decoded"
        var first = ""
        if let sent = hop.requestedMs, let byte = hop.firstByteMs, byte - sent >= 1000 {
            first = ", the first byte after \(Duration.milliseconds(Int(byte - sent)).short)"
        }
        return response("status \(status.map(String.init) ?? "none"), \(type ?? "no content type"), \(size)\(first)")
    }

    /// response: an answer that leads elsewhere.
    func redirect(to target: String) -> Diagnosis.Stage { response("status \(hop.status.map(String.init) ?? "none"), leads to \(target)") }

    private func response(_ detail: String) -> Diagnosis.Stage {
        stage("response", from: hop.requestedMs ?? hop.firstByteMs, to: hop.endedMs, detail)
    }
}
