public import WireCore

/// The registry's `config` of kind `json`: a paged JSON API described by data alone.
public struct JSONAPIConfiguration: Sendable, Equatable {
    /// Where the items are; the whole document by default.
    public var items = JSONPointer.root
    public var shape = Shape.list
    /// Leading entries that are no items, such as a row of headings.
    public var skip = 0
    public var fields = FieldMap()
    public var order = Order.newestFirst
    public var paging: Paging?
    public var since: Since?
    /// How far back the first poll, or one after a long pause, reaches.
    public var backfill = Duration.seconds(24 * 3600)
    /// Complaints at status 200 that are not of the usual shapes.
    public var errors: [ErrorRule] = []
    /// Where the answer says for how many seconds it wants to be left alone.
    public var wait: JSONPointer?
    /// Header fields that count the requests that are left, and say when there are more, where they have names of their own.
    public var remainingHeader: String?
    public var resetHeader: String?

    public init() {}

    /// How the entries stand in the document.
    public enum Shape: String, Sendable, CaseIterable {
        /// A list, or an object whose members are the entries.
        case list
        /// An object of lists of equal length, one for each field.
        case columns
    }

    /// In which order the API lists its entries.
    public enum Order: String, Sendable, CaseIterable {
        /// The poll stops where it comes to what is known.
        case newestFirst = "newest_first"
        case oldestFirst = "oldest_first"
        case none
    }

    /// A parameter that asks for what is newer than the last poll's newest entry.
    public struct Since: Sendable, Equatable {
        public var parameter: String
        public var form = DateForm.automatic
        /// Asked for again, so that what appears late is not lost.
        public var overlap = Duration.zero
        /// A parameter for the present instant, where the API wants both ends of a span.
        public var until: String?

        public init(parameter: String) { self.parameter = parameter }
    }

    /// How to recognise a complaint.
    public struct ErrorRule: Sendable, Equatable {
        public var at: JSONPointer
        /// Nil: whatever is there, but null, false and empty values.
        public var equals: String?
        public var message: JSONPointer?
        /// Nil: told by the words.
        public var outcome: Outcome?

        public init(at: JSONPointer) { self.at = at }
    }

    /// How to come to the next page.
    public struct Paging: Sendable, Equatable {
        public var by: Way
        /// Entries of a full page; a shorter one is the last. Nil: not known.
        public var size: Int?
        /// The parameter that asks for pages of that size.
        public var sizeParameter: String?
        /// Where the number of all entries is.
        public var total: JSONPointer?
        /// Where the number of all pages is.
        public var pages: JSONPointer?
        /// Where it says whether there is more.
        public var more: JSONPointer?

        public init(by: Way) { self.by = by }
    }

    /// The ways of paging.
    public enum Way: Sendable, Equatable {
        /// The next page's address stands in the document, or, where there is no pointer, in the `Link` header (RFC 8288).
        case link(JSONPointer?)
        /// A token of the document, or of its last entry, goes into a parameter; an object's members into parameters of their names.
        case cursor(parameter: String, pointer: JSONPointer, ofLastItem: Bool, first: String?)
        case page(parameter: String, first: Int)
        case offset(parameter: String, first: Int)
        /// The oldest entry's time, or where `isForward` the newest's, goes into a parameter.
        case time(parameter: String, form: DateForm, isForward: Bool)

        public static let names = ["link", "cursor", "page", "offset", "time"]

        public var name: String {
            switch self {
            case .link: "link"
            case .cursor: "cursor"
            case .page: "page"
            case .offset: "offset"
            case .time: "time"
            }
        }
    }
}
