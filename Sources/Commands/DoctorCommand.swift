import ArgumentParser
import Costs
import Fetch
import Foundation
import Host
import LLM
import Newsroom
import SourcePlugins
import Stores
import WireCore

/// `wiredesk doctor`: can it work here?
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Checks registry, data folder, store, keys, disk, descriptors and certificates before a start.",
        discussion: "Touches no network. Exit code 1 when something would keep the desk from working.")

    @OptionGroup var global: GlobalOptions
    @Flag(help: "Print JSON: a list of objects.") var json = false

    /// One thing that was checked; `ok` nil is a warning.
    private struct Check {
        var name: String
        var ok: Bool?
        var detail: String
    }

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            var checks: [Check] = []
            checks += registryChecks(workspace)
            checks.append(dataCheck(workspace))
            let store = await storeCheck(workspace)
            checks.append(store)
            // A store that cannot be reached is told of once.
            if let check = await sharingCheck(workspace), check.detail != store.detail { checks.append(check) }
            checks += modelChecks(workspace)
            checks += [diskCheck(workspace), descriptorCheck(), certificateCheck(), zoneCheck()]
            checks.append(Check(name: "libraries", ok: true, detail: Libraries.versions))
            if json { printJSON(checks) } else { print(checks) }
            if checks.contains(where: { $0.ok == false }) { throw ExitCode(1) }
        }
    }

    private func registryChecks(_ workspace: Workspace) -> [Check] {
        let registry: Registry
        do {
            registry = try workspace.registry()
        } catch {
            return [Check(name: "registry", ok: false, detail: String(describing: error))]
        }
        let now = Date()
        let disabled = registry.sources.count { !$0.isEnabled(at: now) }
        var checks = [
            Check(
                name: "registry", ok: registry.sources.isEmpty ? nil : true,
                detail: "\(workspace.registryFile.path): \(registry.sources.count.counted("source")), \(disabled) disabled")
        ]
        do {
            _ = try workspace.channels(registry.gateway)
        } catch {
            checks.append(Check(name: "alerts", ok: false, detail: "\(error.message). \(error.hint ?? "")"))
        }
        for source in registry.sources where source.isEnabled(at: now) {
            do {
                try source.check(environment: workspace.environment)
            } catch {
                checks.append(Check(name: "source \(source.id)", ok: false, detail: "\(error.message). \(error.hint ?? "")"))
            }
            if case .coindesk(_, .environment(let name)) = source.kind, (workspace.environment[name] ?? "").isEmpty {
                let fallback = source.fallback.map { "its fallback \($0) serves" } ?? "it has no fallback"
                checks.append(Check(name: "source \(source.id)", ok: nil, detail: "\(name) is not set: the API will refuse, and \(fallback)"))
            }
        }
        return checks
    }

    private func dataCheck(_ workspace: Workspace) -> Check {
        let path = workspace.data.path
        do {
            try workspace.data.checkWritable()
            guard try workspace.data.exists() else {
                return Check(name: "data folder", ok: true, detail: "\(path) is not there yet, and can be made")
            }
            let lock = try workspace.data.lockForHost()
            withExtendedLifetime(lock) {}
            return Check(name: "data folder", ok: true, detail: "\(path) is writable")
        } catch  where error.message.hasPrefix("another wiredesk") {
            return Check(name: "data folder", ok: true, detail: error.message)
        } catch {
            return Check(name: "data folder", ok: false, detail: String(describing: error))
        }
    }

    private func storeCheck(_ workspace: Workspace) async -> Check {
        do {
            guard let store = try workspace.openStoreIfThere() else { return Check(name: "store", ok: true, detail: "not made yet") }
            let faults = try await store.check()
            let counts = try await store.articleCounts().values.reduce(0, +)
            try await store.close()
            return Check(
                name: "store", ok: faults.isEmpty,
                detail: faults.isEmpty ? "\(workspace.storePlace) is sound, \(counts.counted("article"))" : faults.joined(separator: "; "))
        } catch {
            return Check(name: "store", ok: false, detail: String(describing: error))
        }
    }

    /// Whether the file says what the hosts of the store share; nil where nothing is shared.
    private func sharingCheck(_ workspace: Workspace) async -> Check? {
        let name = "shared registry"
        let kept = RegistrySharing.conflicts(beside: workspace.registryFile)
        let left = kept.isEmpty ? "" : "; \(kept.joined(separator: ", ")) gave way to it: `wiredesk sources publish --registry FILE`, or remove it"
        do {
            guard workspace.sharesRegistry, let store = try workspace.openStoreIfThere() else { return nil }
            let standing = try await workspace.sharing(through: store)?.standing()
            try await store.close()
            switch standing {
            case nil, .unpublished: return Check(name: name, ok: true, detail: "none yet; the first host publishes its own")
            case .same(let revision, let by, let at):
                return Check(name: name, ok: kept.isEmpty ? true : nil, detail: "revision \(revision) by \(by), \(UTCTime.text(at))\(left)")
            case .different(let revision, let by, let problem?):
                return Check(name: name, ok: false, detail: "revision \(revision) by \(by) is none that this version takes: \(problem)")
            case .different(let revision, let by, nil):
                return Check(
                    name: name, ok: nil,
                    detail: "revision \(revision) by \(by); the file here differs: a host of this folder brings them in step\(left)")
            }
        } catch {
            return Check(name: name, ok: false, detail: String(describing: error))
        }
    }

    /// Whether a model can be asked for reading and for briefings; the desk works without one, and says so.
    private func modelChecks(_ workspace: Workspace) -> [Check] {
        guard let settings = try? workspace.registry().newsroom else { return [] }
        let prices: PriceTable
        do {
            prices = try workspace.prices()
        } catch {
            return [Check(name: "prices", ok: false, detail: String(describing: error))]
        }
        let exchanger = ExtractiveModel()
        let providers = Dictionary(
            Provider.all(environment: workspace.environment, exchanger: exchanger).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        func check(_ name: String, _ models: [String], isOn: Bool, without: String) -> Check {
            guard isOn else { return Check(name: name, ok: true, detail: "no model, as the registry says: \(without)") }
            var reasons: [String] = []
            for model in models {
                guard let reason = Gateway.obstacle(to: model, prices: prices, providers: providers, at: Date()) else {
                    return Check(name: name, ok: true, detail: model)
                }
                if !reasons.contains(reason) { reasons.append(reason) }
            }
            return Check(name: name, ok: nil, detail: "no model can be asked, \(without): \(reasons.joined(separator: "; "))")
        }
        return [
            check("model for articles", settings.enrichment.models, isOn: settings.enrichment.usesModel, without: "the desk reads them itself"),
            check("model for briefings", settings.briefings.models, isOn: settings.briefings.usesModel, without: "the desk writes them itself"),
        ]
    }

    private func diskCheck(_ workspace: Workspace) -> Check {
        var status = statvfs()
        guard let folder = try? workspace.data.nearest(), statvfs(folder, &status) == 0 else {
            return Check(name: "disk", ok: nil, detail: "free space is not known")
        }
        let free = ByteCount(Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize)))
        let detail = "\(free.short) free"
        if free < .mebibytes(100) { return Check(name: "disk", ok: false, detail: detail + "; the store needs room to write") }
        return Check(name: "disk", ok: free < .mebibytes(1024) ? nil : true, detail: detail)
    }

    private func descriptorCheck() -> Check {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let isEnough = limit.rlim_cur >= 512
        return Check(
            name: "descriptors", ok: isEnough ? true : nil,
            detail: isEnough ? "\(limit.rlim_cur) allowed" : "\(limit.rlim_cur) allowed; 512 are good for 256 polls at a time (ulimit -n 1024)")
    }

    private func certificateCheck() -> Check {
        let path = "/etc/ssl/certs/ca-certificates.crt"
        let isThere = FileManager.default.fileExists(atPath: path)
        return Check(name: "certificates", ok: isThere ? true : nil, detail: isThere ? path : "\(path) is missing: install ca-certificates")
    }

    private func zoneCheck() -> Check {
        let isThere = TimeZone(identifier: "America/New_York") != nil
        return Check(name: "time zones", ok: isThere ? true : nil, detail: isThere ? "known" : "not known: install tzdata")
    }

    private func print(_ checks: [Check]) {
        let palette = Palette()
        for check in checks {
            let mark =
                switch check.ok {
                case true: palette.good("✓")
                case false: palette.bad("✗")
                default: palette.warn("!")
                }
            let lines = check.detail.split(separator: "\n", omittingEmptySubsequences: true).map { SafeText.line(String($0), limit: 1000) }
            Output.line(
                "\(mark) \(check.name.padding(toLength: max(22, check.name.count), withPad: " ", startingAt: 0)) \(lines.joined(separator: "\n    "))"
            )
        }
        let broken = checks.count { $0.ok == false }
        Output.line(broken == 0 ? "The desk can work here." : "\(broken) thing\(broken == 1 ? "" : "s") must be mended first.")
    }

    private func printJSON(_ checks: [Check]) {
        var writer = JSONWriter()
        writer.array { list in
            for check in checks {
                list.object {
                    $0.member("name", check.name)
                    $0.member("state", check.ok == nil ? "warning" : check.ok == true ? "ok" : "broken")
                    $0.member("detail", check.detail)
                }
            }
        }
        Output.line(writer.text)
    }
}

/// The C libraries at work.
enum Libraries {
    static var versions: String { "\(CurlFetcher.libraryVersion)" }
}
