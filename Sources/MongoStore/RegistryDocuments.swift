public import FoundationEssentials
public import Stores
import WireCore

extension MongoStore: RegistryStore {
    public func sharedRegistry() async throws -> SharedRegistry? { try await snapshot { db in try db.sharedRegistry() } }
    public func sharedRegistryRevision() async throws -> Int64 { try await read { db in try db.registryRevision() } }

    public func publishRegistry(_ text: [UInt8], replacing revision: Int64, by: String, at instant: Date) async throws -> SharedRegistry? {
        try await writeNews { db in
            guard try db.registryRevision() == revision else { return nil }
            let shared = SharedRegistry(revision: revision + 1, text: text, by: by, at: instant.kept)
            try db.put(shared)
            return shared
        }
    }
}

/// `registry`: one document that says which revision it is, and the text in as many others as it needs.
extension MongoAccess {
    private static let head = BSON.text("head")
    /// A document holds 16 MiB, and a registry may be larger.
    private static let partBytes = 8 << 20

    func registryRevision() throws -> Int64 { try first(.registry, ["_id": Self.head], only: ["revision"])?.int64("revision") ?? 0 }

    /// For a transaction or a snapshot: it reads several documents.
    func sharedRegistry() throws -> SharedRegistry? {
        guard let head = try first(.registry, ["_id": Self.head]) else { return nil }
        let parts = try find(.registry, ["part": ["$gte": 0]], sort: ["part": 1])
        guard try parts.count == head.int("parts") else { throw BSONDocument.damaged("a registry of which parts are missing") }
        return SharedRegistry(
            revision: try head.int64("revision"), text: try parts.flatMap { try $0.bytes("text") }, by: try head.text("by"), at: try head.date("at"))
    }

    /// Inside a transaction of the caller's.
    func put(_ shared: SharedRegistry) throws {
        let starts = Array(stride(from: 0, to: shared.text.count, by: Self.partBytes))
        try remove(.registry, ["part": ["$gte": 0]])
        for (number, start) in starts.enumerated() {
            let bytes = Array(shared.text[start..<min(start + Self.partBytes, shared.text.count)])
            try insert(.registry, [["_id": .text("part \(number)"), "part": BSON(number), "text": .bytes(bytes)]])
        }
        let head: BSONDocument = [
            "_id": Self.head, "revision": .int(shared.revision), "by": .text(shared.by), "at": BSON(shared.at), "parts": BSON(starts.count),
        ]
        try update(.registry, [.put(head)])
    }
}
