import ArgumentParser
import Foundation
import Host
import SQLiteStore
import WireCore

/// `wiredesk backup`: the store into a file, while hosts work on it.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copies the store into a file while the desk runs.",
        discussion: """
            The copy is the store at one instant. It is checked and brought to the disk before it gets its name, so that FILE is always a whole
            backup, the new one or the old one. Nobody waits meanwhile. For a store on MongoDB it says what to use instead.
            """)

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The backup's file.", completion: .file()) var file: String
    @Option(help: "How many older backups to keep, as FILE.1, FILE.2, …") var keep = 0
    @Flag(help: "Print JSON: one object.") var json = false

    func run() async throws {
        try await reportingErrors {
            guard (0...1000).contains(keep) else { throw DeskError(.usage, "--keep \(keep) is none of 0 to 1000") }
            let workspace = try Workspace(global)
            let path = try workspace.storeAddress().path(insteadOf: .dumping(file))
            guard FileManager.default.fileExists(atPath: path) else { throw DeskError(.usage, "there is no store to back up", place: path) }
            guard URL(filePath: file).standardized != URL(filePath: path).standardized else {
                throw DeskError(.usage, "the backup would take the place of the store", place: path, hint: "Name another file.")
            }
            let isShown = !json && Output.isTerminal(2)
            let store = try SQLiteStore(path: path)
            let backup = try await store.backUp(to: file, keeping: keep) { done in
                if isShown { Output.progress("\r\u{1B}[K\(Int(done * 100)) %") }
            }
            if isShown { Output.progress("\r\u{1B}[K") }
            try await store.close()
            guard json else {
                return Output.line("\(SafeText.line(file)): \(ByteCount(backup.bytes).short), \(backup.articles.counted("article")), checked.")
            }
            var json = JSONWriter()
            json.object {
                $0.member("file", file)
                $0.member("bytes", backup.bytes)
                $0.member("articles", backup.articles)
            }
            Output.line(json.text)
        }
    }
}

/// `wiredesk restore`: a backup in the place of the store.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Puts a backup in the place of the store; the store that was there is kept beside it.",
        discussion: "Stop the desk first. The backup is checked before anything changes, and stays as it is.")

    @OptionGroup var global: GlobalOptions
    @Argument(help: "The backup's file.", completion: .file()) var file: String
    @Flag(help: "Print JSON: one object.") var json = false

    func run() async throws {
        try await reportingErrors {
            let workspace = try Workspace(global)
            let address = try workspace.storeAddress()
            let path = try address.path(insteadOf: .restoring(file))
            let lock = try workspace.data.lockForHost()
            let other = path == workspace.data.databasePath ? nil : try address.takeFromHosts()
            if let user = SQLiteStore.user(of: path) {
                throw DeskError(.store, "the store is open in process \(user)", place: path, hint: "Stop whatever works on it, and try again.")
            }
            let restored = try await SQLiteStore.restore(file, to: path, at: Date())
            withExtendedLifetime((lock, other)) {}
            guard json else {
                Output.line("\(SafeText.line(path)) is \(SafeText.line(file)) now: \(restored.articles.counted("article")), checked.")
                if let kept = restored.kept { Output.line("What was there before: \(SafeText.line(kept))") }
                return
            }
            var json = JSONWriter()
            json.object {
                $0.member("store", path)
                $0.member("articles", restored.articles)
                $0.member("kept", orNull: restored.kept)
            }
            Output.line(json.text)
        }
    }
}

extension StoreAddress {
    /// What MongoDB has instead.
    enum Instead {
        case dumping(String)
        case restoring(String)
    }

    /// The file of a store that is one. Throws `usage` with the command to use for one that is a database of MongoDB.
    func path(insteadOf instead: Instead) throws -> String {
        if case .file(let path) = self { return path }
        let uri = "--uri='\(try name())'"
        let command =
            switch instead {
            case .dumping(let file): "mongodump \(uri) --gzip --archive='\(file)'"
            case .restoring(let file): "mongorestore \(uri) --drop --gzip --archive='\(file)'"
            }
        throw DeskError(
            .usage, "a store on MongoDB is saved by MongoDB's own tools", place: try name(),
            hint: "Stop the hosts, so that it is the store at one instant, and run, with user and password in the address:\n    \(command)")
    }
}
