public import Fetch
public import FoundationEssentials
import SourcePlugins
public import WireCore

extension SourceConfiguration {
    /// The names of the environment's variables that the entry takes secrets from.
    public var secretVariables: [String] {
        var settings = headers.map(\.value)
        switch kind {
        case .feed: break
        case .coindesk(_, let key): settings += [key].compactMap { $0 }
        case .price(_, let key): settings += [key].compactMap { $0 }
        case .json(_, let query): settings += query.map(\.value)
        case .exec(let configuration): settings += configuration.secretNames.map { .environment($0) }
        }
        return settings.compactMap { if case .environment(let name) = $0 { name } else { nil } }
    }

    /// The values that the entry takes from the environment, as they are sent.
    public func secrets(environment: [String: String]) -> SecretValues { SecretValues(secretVariables.compactMap { environment[$0] }) }
}

/// Gets documents through another fetcher and takes a source's secrets out of every reply, before anybody reads, cuts or keeps it.
public struct RedactingFetcher: DocumentFetching {
    private let fetcher: any DocumentFetching
    private let secrets: SecretValues

    public init(_ fetcher: any DocumentFetching, secrets: SecretValues) {
        self.fetcher = fetcher
        self.secrets = secrets
    }

    public func fetch(_ request: FetchRequest, permit: consuming Permit) async -> FetchReply {
        let reply = await fetcher.fetch(request, permit: permit)
        return secrets.isEmpty ? reply : secrets.redacted(reply)
    }
}

extension SecretValues {
    func redacted(_ reply: FetchReply) -> FetchReply {
        switch reply {
        case .document(var document):
            document.url = redacted(document.url)
            document.headers = document.headers.map { HTTPHeader(name: redacted($0.name), value: redacted($0.value)) }
            document.body = redacted(document.body)
            document.trace = redacted(document.trace)
            return .document(document)
        case .failure(var failure):
            failure.message = redacted(failure.message)
            failure.hint = failure.hint.map(redacted)
            failure.evidence = redacted(failure.evidence)
            failure.trace = redacted(failure.trace)
            return .failure(failure)
        }
    }

    func redacted(_ evidence: Evidence) -> Evidence {
        Evidence(
            status: evidence.status, contentType: evidence.contentType.map(redacted), firstBytes: evidence.firstBytes.map(redacted))
    }

    private func redacted(_ trace: FetchTrace) -> FetchTrace {
        var trace = trace
        trace.hops = trace.hops.map(redacted)
        trace.movedTo = trace.movedTo.map(redacted)
        return trace
    }

    private func redacted(_ hop: FetchTrace.Hop) -> FetchTrace.Hop {
        var hop = hop
        hop.url = redacted(hop.url)
        return hop
    }

    /// What people read of a poll; secrets that a document held in disguise come to light only when it is decoded.
    func redacted(_ reading: PollReading) -> PollReading {
        var reading = reading
        reading.message = redacted(reading.message)
        reading.hint = reading.hint.map(redacted)
        reading.evidence = redacted(reading.evidence)
        reading.notes = reading.notes.map(redacted)
        reading.description = redacted(reading.description)
        reading.movedTo = reading.movedTo.map(redacted)
        reading.hops = reading.hops.map(redacted)
        return reading
    }
}

extension PollRunner {
    /// Polls a source once with what its entry says, and lets none of its secrets out. An entry that cannot work is a reading too.
    public func run(_ source: SourceConfiguration, environment: [String: String], memory: Memory, now: Date) async -> PollReading {
        let secrets = source.secrets(environment: environment)
        do {
            let runner = PollRunner(fetcher: RedactingFetcher(fetcher, secrets: secrets), retries: retries, backoff: backoff)
            let reading: PollReading
            if case .exec(let configuration) = source.kind {
                let launch = try PluginLaunch(configuration, source, environment: environment)
                reading = await runner.run(launch, secrets: secrets, memory: memory, now: now)
            } else {
                reading = await runner.run(try source.adapter(environment: environment), ceilings: source.ceilings, memory: memory, now: now)
            }
            return secrets.isEmpty ? reading : secrets.redacted(reading)
        } catch {
            var reading = PollReading()
            (reading.outcome, reading.message, reading.hint, reading.end) = (error.outcome, error.message, error.hint, .refused)
            return reading
        }
    }
}
