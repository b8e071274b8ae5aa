public import FoundationEssentials
public import WireCore

/// The right to poll a source, which one process has at a time. It is part of the source's state: whoever wants it writes it there, against
/// the state's revision, before anything is asked, and the filing of the poll gives it back.
public struct SourceLease: Sendable, Equatable {
    /// Who has it: a process of a machine, as ``HostEntry/id``.
    public var holder: String
    /// The fencing number: the state's revision that the grant wrote, so that each grant has a greater one than all before.
    public var number: Int
    /// When it ends, by the holder's clock, where nothing ends it before.
    public var until: Date

    public init(holder: String, number: Int, until: Date) {
        self.holder = holder
        self.number = number
        self.until = until
    }
}

/// A poll may not be filed any more: another host has taken the source over meanwhile, and nothing of this poll was written.
public struct LeaseLost: Error, StoreRefusal, Equatable, CustomStringConvertible {
    public var source: SourceID
    /// The number of the lease that was lost.
    public var number: Int
    /// Who has the source now; nil: nobody at this moment.
    public var holder: String?

    public init(source: SourceID, number: Int, holder: String?) {
        self.source = source
        self.number = number
        self.holder = holder
    }

    public var description: String {
        let now = holder.map { ", and \(SafeText.line($0, limit: 120)) has it now" } ?? ""
        return "the poll of \(source) was not filed: its lease \(number) was taken away meanwhile\(now)"
    }
}
