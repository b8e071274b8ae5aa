import ArgumentParser
import Fetch
import Foundation
import Host
import Logging
import Stores
import WireCore

/// The options that every verb takes.
struct GlobalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The registry. [env: WIREDESK_REGISTRY; default: Plugins.json]", valueName: "file"))
    var registry: String?

    @Option(help: ArgumentHelp("Where the desk keeps its data. [env: WIREDESK_DATA; default: ./data]", valueName: "dir"))
    var data: String?

    @Option(
        help: ArgumentHelp("The store, sqlite:PATH or mongodb://…. [env: WIREDESK_STORE; default: wiredesk.db in the data folder]", valueName: "url"))
    var store: String?

    @Option(help: ArgumentHelp("Least important log lines to show: debug, info, notice, warning, error. [env: WIREDESK_LOG]", valueName: "level"))
    var log: String?
}

/// What every verb works with: the registry, the store, the network, all as options and environment say.
struct Workspace {
    let environment: [String: String]
    let registryFile: RegistryFile
    let data: DataFolder
    private let storeURL: String?
    let logger: Logger

    init(_ options: GlobalOptions, defaultLogLevel: Logger.Level = .warning) throws {
        let environment = ProcessInfo.processInfo.environment
        self.environment = environment
        func setting(_ option: String?, _ variable: String) -> String? {
            option ?? environment["WIREDESK_\(variable)"].flatMap { $0.isEmpty ? nil : $0 }
        }
        registryFile = RegistryFile(path: setting(options.registry, "REGISTRY") ?? "Plugins.json")
        data = DataFolder(path: setting(options.data, "DATA") ?? "./data")
        storeURL = setting(options.store, "STORE")
        var level = defaultLogLevel
        if let name = setting(options.log, "LOG") {
            guard let chosen = Logger.Level(rawValue: name.lowercased()) else {
                let names = Logger.Level.allCases.map(\.rawValue)
                throw DeskError(
                    .usage, "there is no log level “\(SafeText.line(name, limit: 40))”", hint: "The levels are \(names.joined(separator: ", ")).")
            }
            level = chosen
        }
        logger = LineLogHandler.logger(level: level)
    }

    func registry() throws -> Registry { try registryFile.load() }

    /// True when the hosts of the store share one registry: a store that was named may have many hosts, the one in the data folder has one.
    var sharesRegistry: Bool {
        storeURL != nil && (environment["WIREDESK_OWN_REGISTRY"] ?? "").isEmpty
    }

    /// Where the store lies: as said, else in the data folder.
    func storeAddress() throws -> StoreAddress { try storeURL.map(StoreAddress.init(parsing:)) ?? .file(data.databasePath) }

    /// The store; the data folder is made if need be.
    func openStore() throws -> any WholeStore {
        if storeURL == nil { try data.make() }
        return try storeAddress().open()
    }

    /// The store if there is one; looking at nothing makes nothing. A database of MongoDB is always there, empty at first.
    func openStoreIfThere() throws -> (any WholeStore)? {
        let address = try storeAddress()
        if storeURL == nil, try !data.exists() { return nil }
        if case .file(let path) = address, !FileManager.default.fileExists(atPath: path) { return nil }
        return try address.open()
    }

    /// Where the store lies, for messages.
    var storePlace: String { storeURL.map { SafeText.line(redactedURL($0), limit: 200) } ?? data.path }

    /// The address policy of environment and registry together.
    func policy(_ registry: Registry?) throws -> AddressPolicy {
        var policy = try AddressPolicy(parsing: environment["WIREDESK_ALLOW_PRIVATE"] ?? "")
        policy.allowed += (registry?.network.allowPrivate ?? []).compactMap(AddressBlock.init(parsing:))
        return policy
    }

    func fetcher(_ registry: Registry?) throws -> CurlFetcher {
        var configuration = FetcherConfiguration()
        configuration.policy = try policy(registry)
        if let agent = registry?.network.userAgent { configuration.userAgent = agent }
        if let concurrency = registry?.network.concurrency { configuration.transfers = concurrency }
        return CurlFetcher(configuration: configuration)
    }
}

extension DeskError {
    /// The contract's exit code.
    var exitCode: ExitCode {
        switch code {
        case .usage: ExitCode(64)
        case .config: ExitCode(78)
        case .store, .failure: ExitCode(1)
        }
    }
}

/// Runs a verb's body; an error that a person should read goes to stderr, and the exit code says of what kind it was.
func reportingErrors<T>(_ body: () async throws -> T) async throws -> T {
    do {
        return try await body()
    } catch let error as DeskError {
        Output.error(Output.lines("wiredesk: \(error)"))
        throw error.exitCode
    } catch is CancellationError {
        Output.error("wiredesk: called off\n")
        throw ExitCode(130)
    }
}
