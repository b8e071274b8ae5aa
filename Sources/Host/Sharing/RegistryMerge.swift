import Stores

/// What is to become of the registry's file and of the text that the hosts share, decided from what the two last had in common.
struct RegistryMerge: Equatable {
    enum Action: Equatable {
        case nothing
        /// Both say the same: only that is to be remembered.
        case remember
        /// The file's text takes the place of this revision; 0: of none.
        case publish(replacing: Int64)
        /// The shared text takes the place of the file's.
        case take(Reason)
    }

    enum Reason: Equatable {
        /// It is newer than what both had in common, and the file has not been changed since.
        case newer
        /// There is no file here.
        case missing
        /// Both were changed: what the others have in force holds.
        case conflict
        /// File and shared text differ, and nothing is known that they had in common.
        case newcomer

        /// The file's text says something that is found nowhere else.
        var losesText: Bool { self == .conflict || self == .newcomer }
    }

    /// - Parameters:
    ///   - local: the file's text; nil: there is none.
    ///   - base: revision and text that file and store last had in common; nil: unknown.
    ///   - shared: what the store holds; nil: nothing.
    static func decide(local: [UInt8]?, base: SharedText?, shared: SharedText?) -> Action {
        guard let shared else { return local == nil ? .nothing : .publish(replacing: 0) }
        guard let local else { return .take(.missing) }
        if local == shared.text { return base == shared ? .nothing : .remember }
        guard let base else { return .take(.newcomer) }
        // The store went back behind what it said before: a backup was brought in. The hosts' files are newer.
        if shared.revision < base.revision { return .publish(replacing: shared.revision) }
        if local == base.text { return .take(.newer) }
        return shared == base ? .publish(replacing: shared.revision) : .take(.conflict)
    }
}

/// A text under the revision that the store gave it.
struct SharedText: Equatable, Sendable {
    var revision: Int64
    var text: [UInt8]
}
