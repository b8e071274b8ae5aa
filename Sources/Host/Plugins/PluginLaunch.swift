import Fetch
import Foundation
import Processes
import SourcePlugins
import Synchronization
import WireCore

/// A source's plugin made ready to be started: its program found, its secrets filled in.
struct PluginLaunch: Sendable {
    let configuration: ExecConfiguration
    let source: SourceID
    /// The registry's url; nil where the entry has none.
    let url: String?
    let headers: [HTTPHeader]
    let ceilings: Ceilings
    let program: String
    private let environment: [String: String]
    let settings: String

    /// Throws `config` when the program is not there, or a variable that the entry names is not set.
    init(_ configuration: ExecConfiguration, _ source: SourceConfiguration, environment: [String: String]) throws(ReadFailure) {
        self.configuration = configuration
        self.source = source.id
        url = WebAddress.host(of: source.url) == nil ? nil : source.url
        headers = try source.headerFields(environment)
        ceilings = source.ceilings
        let path = environment["PATH"].flatMap { $0.isEmpty ? nil : $0 } ?? Self.usualPath
        program = try Self.program(configuration, path: path)
        settings = try configuration.settings(environment)
        var own = ["PATH": path, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"]
        for setting in configuration.environment {
            own[setting.name] = try setting.value.resolved(environment, for: "config.environment.\(setting.name)")
        }
        self.environment = own
    }

    private static let usualPath = "/usr/local/bin:/usr/bin:/bin"

    private static func program(_ configuration: ExecConfiguration, path: String) throws(ReadFailure) -> String {
        let name = configuration.command.first ?? ""
        let candidates =
            name.contains("/")
            ? [beside(configuration.folder, name)] : path.split(separator: ":").map { "\($0)/\(name)" }
        if let found = candidates.first(where: { access($0, X_OK) == 0 }) { return found }
        let isThere = candidates.contains { access($0, F_OK) == 0 }
        throw ReadFailure(
            .config, "the program “\(SafeText.line(name, limit: 120))” \(isThere ? "cannot be run by this user" : "is not there")",
            hint: isThere
                ? "Make it executable: chmod +x."
                : "Check config.command: a name is looked for on the PATH, ./name beside the registry.")
    }

    /// An absolute path for what lies beside the registry.
    private static func beside(_ folder: String, _ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        let base = folder.hasPrefix("/") ? folder : FileManager.default.currentDirectoryPath + "/" + folder
        return base + "/" + path
    }

    /// The plugin's name for people.
    var name: String { configuration.command.first.map { String($0.split(separator: "/").last ?? "") } ?? "" }

    /// Its arguments: those that begin with `./` or `../` are paths beside the registry.
    var arguments: [String] {
        configuration.command.dropFirst().map { $0.hasPrefix("./") || $0.hasPrefix("../") ? Self.beside(configuration.folder, $0) : $0 }
    }

    /// A start in `folder`, with further arguments.
    func process(in folder: PluginFolder, more: [String] = []) -> ProcessLaunch {
        var all = environment
        for name in ["HOME", "TMPDIR", "PWD"] { all[name] = folder.path }
        return ProcessLaunch(program: program, arguments: arguments + more, environment: all, folder: folder.path)
    }

    /// The bounds of a run that ends by `deadline`.
    func bounds(until deadline: ContinuousClock.Instant) -> ProcessBounds {
        var bounds = ProcessBounds(deadline: deadline)
        let limits = configuration.limits
        // A tap's first line comes when its first page has; a plugin of the desk's own says hello at once.
        bounds.startUp = configuration.wire == .singer ? nil : limits.startUp
        bounds.cpuTime = limits.cpuTime
        bounds.memory = limits.memory
        bounds.output = limits.output
        bounds.line = limits.line
        bounds.processes = limits.processes
        bounds.grace = min(.seconds(1), ceilings.wallTime / 10)
        return bounds
    }
}

/// A plugin's working folder: empty at its start, for this user alone, gone at its end.
struct PluginFolder: Sendable {
    let path: String

    /// Throws where the machine grants none.
    init(for source: SourceID) throws(ReadFailure) {
        let base = FileManager.default.temporaryDirectory.path
        Self.sweep(base)
        var template = Array("\(base)/\(Self.prefix)\(getpid())-\(source)-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw ReadFailure(.config, "no working folder for the plugin can be made in \(base): \(String(cString: strerror(errno)))")
        }
        path = String(cString: made)
    }

    private static let prefix = "wiredesk-plugin-"
    private static let isSwept = Atomic(false)

    /// Removes the folders of hosts that are gone, once in the life of this process.
    private static func sweep(_ base: String) {
        guard !isSwept.exchange(true, ordering: .relaxed) else { return }
        for name in (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [] where name.hasPrefix(prefix) {
            guard let owner = name.dropFirst(prefix.count).split(separator: "-").first.flatMap({ pid_t($0) }), kill(owner, 0) != 0, errno == ESRCH
            else { continue }
            try? FileManager.default.removeItem(atPath: "\(base)/\(name)")
        }
    }

    /// Writes a file that only this user can read; false when that fails. Follows no link that the plugin may have put there.
    func write(_ bytes: [UInt8], to name: String) -> Bool {
        let descriptor = open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        return (try? FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).write(contentsOf: Data(bytes))) != nil
    }

    /// Removes it with all that the plugin left in it.
    func remove() { try? FileManager.default.removeItem(atPath: path) }
}
