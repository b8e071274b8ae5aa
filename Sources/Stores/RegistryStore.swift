public import FoundationEssentials

/// The text of the registry that all hosts of a store share. Errors are ``DeskError`` with code `store`.
public protocol RegistryStore: Sendable {
    /// The text as it stands; nil: nobody has published one.
    func sharedRegistry() async throws -> SharedRegistry?

    /// Its revision alone; 0: nobody has published one. Cheap: it is asked for several times a second.
    func sharedRegistryRevision() async throws -> Int64

    /// Puts a text in the place of revision `replacing` (0: of none), durably, and returns it under the next revision. Nil, and nothing
    /// changes, when another revision stands there.
    func publishRegistry(_ text: [UInt8], replacing revision: Int64, by: String, at instant: Date) async throws -> SharedRegistry?

    /// Tells that another revision may have been published, as soon as the engine learns it; tells too often rather than too seldom. Nil: the
    /// engine has no way to tell, or none that works now, and ``sharedRegistryRevision()`` has to be asked. Ends when the caller stops listening.
    func registryNews() -> AsyncStream<RegistryNews>?
}

/// What a store tells of the registry by itself.
public enum RegistryNews: Sendable, Equatable {
    /// Another revision may be there.
    case changed
    /// From now on changes are told.
    case listening
    /// Changes are not told at present.
    case deaf
}

/// The registry's text as a store keeps it.
public struct SharedRegistry: Sendable, Equatable {
    /// From 1, one more with each publication.
    public var revision: Int64
    public var text: [UInt8]
    /// Which host and user published it.
    public var by: String
    /// To the millisecond.
    public var at: Date

    public init(revision: Int64, text: [UInt8], by: String, at: Date) {
        self.revision = revision
        self.text = text
        self.by = by
        self.at = at
    }
}
