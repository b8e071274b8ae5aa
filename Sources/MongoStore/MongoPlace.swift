import CMongoC
import FoundationEssentials
import WireCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where the store lies: a `mongodb://` or `mongodb+srv://` address, with the time-outs that it leaves open filled in and all of them bounded.
struct MongoPlace: Sendable {
    /// With the secrets: for libmongoc only.
    let address: MongoAddress
    let database: String
    /// Hosts and database, for messages.
    let shown: String

    /// Taken when the address names none.
    static let defaultDatabase = "wiredesk"

    /// Milliseconds: what is taken when the address says nothing, and the most that it may say.
    private static let timeouts: [(option: String, usual: Int32, most: Int32)] = [
        (MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 5_000, 60_000), (MONGOC_URI_CONNECTTIMEOUTMS, 5_000, 60_000),
        (MONGOC_URI_SOCKETTIMEOUTMS, 30_000, 300_000),
    ]

    /// Throws a ``DeskError`` with code `config` that never quotes the address: it may hold a password.
    init(parsing address: String) throws(DeskError) {
        MongoLibrary.start()
        var error = bson_error_t()
        guard address.utf8.count <= 4096, let uri = mongoc_uri_new_with_error(address, &error) else { throw Self.unreadable }
        // What is set below is in this object alone: the text that libmongoc gives back for it is the one that was read.
        self.address = MongoAddress(uri)
        let hosts = Self.hosts(uri)
        // Of "user:pass@word@host" libmongoc takes "word@host" for the host.
        guard !hosts.contains(where: { $0.contains("@") }) else { throw Self.unreadable }
        for timeout in Self.timeouts {
            let said = mongoc_uri_get_option_as_int32(uri, timeout.option, timeout.usual)
            // Zero would be no bound at all.
            mongoc_uri_set_option_as_int32(uri, timeout.option, said <= 0 ? timeout.usual : min(said, timeout.most))
        }
        mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, true)
        mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYREADS, true)
        // Whatever the address says: what another member has may be old, and a transaction reads the primary.
        let primary = mongoc_read_prefs_new(MONGOC_READ_PRIMARY)
        mongoc_uri_set_read_prefs_t(uri, primary)
        mongoc_read_prefs_destroy(primary)
        if mongoc_uri_get_appname(uri) == nil { mongoc_uri_set_appname(uri, "wiredesk") }
        database = mongoc_uri_get_database(uri).map { String(cString: $0) } ?? Self.defaultDatabase
        shown = "mongodb://\(hosts.joined(separator: ","))/\(SafeText.line(database, limit: 64))"
    }

    private static let unreadable = DeskError(
        .config, "the store's address is none that MongoDB knows",
        hint: "Write mongodb://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS; in user and password write @ : / % as %40 %3A %2F %25.")

    private static func hosts(_ uri: OpaquePointer) -> [String] {
        if let service = mongoc_uri_get_srv_hostname(uri) { return [SafeText.line(String(cString: service), limit: 200)] }
        var hosts: [String] = []
        var next = mongoc_uri_get_hosts(uri)
        while let host = next, hosts.count < 16 {
            hosts.append(SafeText.line(wdText(wd_mongo_host(host)), limit: 200))
            next = wd_mongo_next(host)
        }
        return hosts
    }

    private static func wdText(_ text: UnsafePointer<CChar>?) -> String { text.map { String(cString: $0) } ?? "" }
}

/// An address as libmongoc has read it; nobody changes it once it is here.
final class MongoAddress: Sendable {
    nonisolated(unsafe) let uri: OpaquePointer

    fileprivate init(_ uri: OpaquePointer) { self.uri = uri }

    deinit { mongoc_uri_destroy(uri) }
}

/// libmongoc as a whole: begun once in a process, and told to keep its log to itself.
public enum MongoLibrary {
    private static let begun: Void = {
        mongoc_init()
        mongoc_log_set_handler(nil, nil)
    }()

    static func start() { begun }

    /// Takes away the name of the memory in which libmongoc keeps its counters from the moment it is loaded (for `mongoc-stat`). A process that is
    /// killed would leave it behind, and a later one of the same number would complain of it on its standard error. To be called first.
    public static func forgetCounters() { shm_unlink("/mongoc-\(getpid())") }
}
