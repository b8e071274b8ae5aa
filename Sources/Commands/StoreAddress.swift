import Fetch
import Foundation
import Host
import MongoStore
import SQLiteStore
import Stores
import WireCore

/// Where a store lies: a file, or a database of MongoDB.
enum StoreAddress {
    case file(String)
    case mongo(String)

    /// Reads `sqlite:PATH` or `mongodb://…`. Throws `config` for anything else, and quotes no secret.
    init(parsing url: String) throws {
        if url.hasPrefix("mongodb://") || url.hasPrefix("mongodb+srv://") {
            self = .mongo(url)
            return
        }
        let path = url.dropFirst("sqlite:".count)
        guard url.hasPrefix("sqlite:"), !path.isEmpty else {
            throw DeskError(
                .config, "the store “\(SafeText.line(redactedURL(url), limit: 80))” is of no kind that this version knows",
                hint: "Use sqlite:PATH or mongodb://HOST/DATABASE.")
        }
        self = .file(String(path))
    }

    func open(isForTransfer: Bool = false) throws -> any WholeStore {
        switch self {
        case .file(let path): try SQLiteStore(path: path, isForTransfer: isForTransfer)
        case .mongo(let address): try MongoStore(address: address, isForTransfer: isForTransfer)
        }
    }

    /// A file's path without links, else hosts and database: the same for the same store, without secrets.
    func name() throws -> String {
        switch self {
        case .file(let path):
            let folder = URL(filePath: path).deletingLastPathComponent().resolvingSymlinksInPath()
            return "sqlite:" + folder.appending(path: URL(filePath: path).lastPathComponent).path
        case .mongo(let address): return try MongoStore.name(of: address)
        }
    }

    /// Keeps hosts away from a file: takes the lock of the data folder that it lies in, if it is one. Throws when a host has it, and when any
    /// process has the file open.
    func takeFromHosts() throws -> HostLock? {
        guard case .file(let path) = self else { return nil }
        let folder = DataFolder(path: URL(filePath: path).deletingLastPathComponent().path)
        let lock = FileManager.default.fileExists(atPath: folder.path + "/host.lock") ? try folder.lockForHost() : nil
        if let user = SQLiteStore.user(of: path) {
            throw DeskError(
                .store, "the store is open in process \(user)", place: path,
                hint: "Stop the host that runs on it, or whatever else that is (`ps -p \(user)`), and try again.")
        }
        return lock
    }
}
