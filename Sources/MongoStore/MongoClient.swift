import CMongoC
import FoundationEssentials
import WireCore

/// The connections of one store.
final class MongoPool: Sendable {
    let place: MongoPlace
    // libmongoc's pool may be used from all threads.
    nonisolated(unsafe) private let pool: OpaquePointer

    init(_ place: MongoPlace, most: Int) throws(DeskError) {
        guard let pool = mongoc_client_pool_new(place.address.uri) else {
            throw DeskError(
                .config, "a client for the store's address cannot be made", place: place.shown,
                hint: "Are the files that tlsCAFile= and tlsCertificateKeyFile= name there, and readable?")
        }
        self.place = place
        self.pool = pool
        mongoc_client_pool_set_error_api(pool, MONGOC_ERROR_API_VERSION_2)
        mongoc_client_pool_max_size(pool, UInt32(clamping: most))
    }

    deinit { mongoc_client_pool_destroy(pool) }

    /// Lends a client to the present thread.
    func withClient<T>(_ body: (MongoClient) throws -> T) throws -> T {
        guard let client = mongoc_client_pool_pop(pool) else { throw DeskError(.store, "the store is closed already", place: place.shown) }
        defer { mongoc_client_pool_push(pool, client) }
        return try body(MongoClient(client: client, database: place.database))
    }
}

/// One client of the pool, on one thread. Its calls block.
struct MongoClient {
    fileprivate let client: OpaquePointer
    fileprivate let database: String

    /// How long a transaction, tried again and again, may take.
    static let patience = Duration.seconds(30)

    /// Runs reads outside a transaction: each sees what the majority has, later ones what earlier ones saw.
    func read<T>(_ body: (MongoAccess) throws -> T) throws -> T {
        try withSession { try body(MongoAccess(self, session: $0, isInTransaction: false)) }
    }

    /// Runs `body` in a transaction, again while others are in the way; it must touch nothing but what it is given. `onEnd` is told how
    /// each try ended: whether it was committed.
    func transaction<T>(onEnd: (_ isCommitted: Bool) -> Void = { _ in }, _ body: (MongoAccess) throws -> T) throws -> T {
        let deadline = ContinuousClock.now + Self.patience
        var tries = 0
        while true {
            do {
                let value = try withSession { try once(in: $0, until: deadline, body) }
                onEnd(true)
                return value
            } catch let failure as MongoFailure where failure.isTransient && .now < deadline && (tries < 5 || !failure.isDuplicateKey) {
                onEnd(false)
                tries += 1
                Self.waitAfter(tries)
            } catch {
                onEnd(false)
                throw error
            }
        }
    }

    private func once<T>(in session: OpaquePointer, until deadline: ContinuousClock.Instant, _ body: (MongoAccess) throws -> T) throws -> T {
        var error = bson_error_t()
        guard wd_mongo_begin(session, 20_000, &error) else { throw MongoFailure(error) }
        do {
            let value = try body(MongoAccess(self, session: session, isInTransaction: true))
            try commit(session, until: deadline)
            return value
        } catch {
            if mongoc_client_session_in_transaction(session) { mongoc_client_session_abort_transaction(session, nil) }
            throw error
        }
    }

    /// What came of a commit may be unknown; it is asked for again then, which the server recognises.
    private func commit(_ session: OpaquePointer, until deadline: ContinuousClock.Instant) throws {
        var tries = 0
        while true {
            var error = bson_error_t()
            var (bytes, size): (UnsafeMutablePointer<UInt8>?, UInt32) = (nil, 0)
            let isDone = wd_mongo_commit(session, &bytes, &size, &error)
            let reply = Self.take(bytes, size)
            if isDone { return }
            let failure = MongoFailure(error, reply: reply)
            guard failure.isCommitUnknown, .now < deadline else { throw failure }
            tries += 1
            Self.waitAfter(tries)
        }
    }

    /// Follows the changes of a collection until `isOver` says so or the stream fails; `isOver` is asked once a second at least. `began` is
    /// called when the server tells changes, `heard` for each of them. Throws what ended it.
    func watch(_ collection: MongoCollection, until isOver: () -> Bool, began: () -> Void, heard: () -> Void) throws {
        let stream = wd_mongo_watch(client, database, collection.rawValue, 1_000)
        defer { mongoc_change_stream_destroy(stream) }
        var hasBegun = false
        while !isOver() {
            var error = bson_error_t()
            let answer = wd_mongo_next_change(stream, &error)
            guard answer >= 0 else { throw MongoFailure(error) }
            if !hasBegun { began() }
            hasBegun = true
            if answer > 0 { heard() }
        }
    }

    private func withSession<T>(_ body: (OpaquePointer) throws -> T) throws -> T {
        var error = bson_error_t()
        guard let session = mongoc_client_start_session(client, nil, &error) else { throw MongoFailure(error) }
        defer { mongoc_client_session_destroy(session) }
        return try body(session)
    }

    /// Uneven, so that those who met do not meet again: up to 2 ms, then 4, … 256.
    private static func waitAfter(_ tries: Int) {
        usleep(UInt32.random(in: 200...(1_000 << UInt32(min(tries, 8)))))
    }

    /// Sends a command to the store's database, or to `admin`.
    func run(_ command: BSONDocument, session: OpaquePointer?, isRead: Bool, readConcern: String?, admin: Bool = false) throws -> BSONDocument {
        var error = bson_error_t()
        var (bytes, size): (UnsafeMutablePointer<UInt8>?, UInt32) = (nil, 0)
        let command = command.bytes
        let isDone = wd_mongo_command(
            client, admin ? "admin" : database, command, command.count, session, readConcern, isRead, &bytes, &size, &error)
        let reply = Self.take(bytes, size)
        guard isDone else { throw MongoFailure(error, reply: reply) }
        guard let reply else { throw BSONDocument.damaged("something that its answer cannot be read from") }
        return reply
    }

    private static func take(_ bytes: UnsafeMutablePointer<UInt8>?, _ size: UInt32) -> BSONDocument? {
        guard let bytes else { return nil }
        defer { bson_free(bytes) }
        return BSONDocument(bytes: UnsafeRawBufferPointer(start: bytes, count: Int(size)))
    }
}
