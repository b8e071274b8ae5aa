import Fetch
import FoundationEssentials
import SourcePlugins
import Synchronization
import WireCore

/// Tells the stages of a diagnosis as they happen: while the transfer goes on from what the network reports, behind it from what the
/// ``StageChain`` makes of the reading.
final class StageTeller: Sendable {
    private struct Told {
        /// How each stage ended, as far as it was told.
        var stages: [String: Bool?] = [:]
        var underWay: Diagnosis.Progress?
        var redirects = 0
        var pages = 0
    }

    private let source: SourceConfiguration
    private let isRegistered: Bool
    private let secrets: SecretValues
    private let onProgress: @Sendable (Diagnosis.Progress) -> Void
    private let told = Mutex(Told())

    init(
        _ source: SourceConfiguration, isRegistered: Bool, secrets: SecretValues, _ onProgress: @escaping @Sendable (Diagnosis.Progress) -> Void
    ) {
        self.source = source
        self.isRegistered = isRegistered
        self.secrets = secrets
        self.onProgress = onProgress
    }

    /// Tells of the registry, unless the entry cannot work as it stands: the reading says why.
    func begin(_ environment: [String: String], now: Date) {
        let canBeAsked: Bool
        if case .exec(let configuration) = source.kind {
            canBeAsked = (try? PluginLaunch(configuration, source, environment: environment)) != nil
        } else {
            canBeAsked = (try? source.adapter(environment: environment)) != nil
        }
        guard canBeAsked else { return }
        let entry = StageChain.entry(of: source, isRegistered: isRegistered, now: now)
        ended(Diagnosis.Stage(name: "registry", ok: true, ms: 0, detail: entry))
        if case .exec = source.kind { underWay("process", "the plugin is running") }
    }

    func ended(_ stage: Diagnosis.Stage) {
        let isNews = told.withLock { told in
            if told.stages[stage.name] == .some(stage.ok) { return false }
            told.stages[stage.name] = .some(stage.ok)
            told.underWay = nil
            return true
        }
        guard isNews else { return }
        var stage = stage
        stage.detail = secrets.redacted(stage.detail)
        onProgress(.ended(stage))
    }

    private func underWay(_ name: String, _ detail: String) {
        let isNews = told.withLock { told in
            let progress = Diagnosis.Progress.underWay(name, detail: secrets.redacted((told.pages > 1 ? "page \(told.pages): " : "") + detail))
            if told.underWay == progress { return nil as Diagnosis.Progress? }
            told.underWay = progress
            return progress
        }
        if let isNews { onProgress(isNews) }
    }

    // MARK: - The transfer

    fileprivate func beginPage() {
        told.withLock { told in
            told.pages += 1
            told.redirects = 0
        }
    }

    fileprivate func note(_ progress: FetchProgress) {
        let hop = progress.hop
        let stages = TransferStages(hop: hop, redirects: told.withLock { $0.redirects })
        for stage in stages.ended { ended(stage) }
        let host = WebAddress.host(of: hop.url) ?? "the host"
        switch progress.phase {
        case .resolving: underWay("dns", "looking up \(host)")
        case .connecting: underWay("connect", "connecting to \(hop.address ?? host)")
        case .securing: underWay("tls", "the handshake with \(host) is under way")
        case .requesting: underWay("request", "connected; sending the request")
        case .waiting: underWay("response", "the request is out; waiting for \(host) to answer")
        case .receiving: underWay("response", "status \(hop.status.map(String.init) ?? "none"); the document is coming")
        case .redirected(let target):
            ended(stages.redirect(to: shown(target)))
            told.withLock { told in
                told.redirects += 1
                for name in TransferStages.names { told.stages[name] = nil }
            }
        }
    }

    /// Keys are taken out before anything is cut: half a key is one too.
    private func shown(_ text: String) -> String { SafeText.line(secrets.redacted(text), limit: 200) }

    /// A transfer has ended. What failed is told when the reading says how.
    fileprivate func note(_ reply: FetchReply, at now: Date) {
        guard let hop = reply.trace.hops.last else { return }
        let stages = TransferStages(hop: hop, redirects: reply.trace.redirects)
        guard case .document(let document) = reply, AnswerReading.judge(document, wasConditional: false, now: now) == .read else { return }
        for stage in stages.all { ended(stage) }
        ended(
            stages.response(
                status: document.status, type: document.contentType.map(shown), onWire: reply.trace.bytesOnWire,
                decoded: reply.trace.bytesDecoded))
        underWay("kind", "reading the document")
    }
}

/// Gets documents through another fetcher and lets a teller watch.
struct WatchedFetcher: DocumentFetching {
    private let fetcher: any DocumentFetching
    private let teller: StageTeller
    private let now: Date

    init(_ fetcher: any DocumentFetching, _ teller: StageTeller, now: Date) {
        self.fetcher = fetcher
        self.teller = teller
        self.now = now
    }

    func fetch(_ request: FetchRequest, permit: consuming Permit) async -> FetchReply {
        teller.beginPage()
        var request = request
        request.onProgress = { [teller] in teller.note($0) }
        let reply = await fetcher.fetch(request, permit: permit)
        teller.note(reply, at: now)
        return reply
    }
}
