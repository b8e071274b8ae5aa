public import WireCore
public enum FeedReader {
    public static func read(_ bytes: [UInt8], baseURL: String? = nil, charset: String? = nil, limits: FeedLimits = FeedLimits()) throws(FeedError) -> FeedDocument { throw FeedError(outcome: .parse, message: "") }
}
public struct FeedLimits: Sendable { public var depth = 200; public var items = 1000; public var decodedBytes = 8 << 20; public init() {} }
public struct FeedDocument: Sendable { public var version = ""; public var title: String?; public var url: String?; public var language: String?; public var items: [Item] = []; public var rejectedEntries = 0; public var isTruncated = false; public var advisedInterval: Duration?; public var notes: [String] = [] }
public struct FeedError: Error, Sendable { public var outcome: Outcome; public var message: String; public var hint: String? }
public enum DocumentKind { case html, json, feedXML, jsonFeed, otherXML(root: String), empty, text, binary
  public static func sniff(_ bytes: [UInt8]) -> DocumentKind { .empty }
  public var plainName: String { "" } }
public struct FeedLink: Sendable { public var url: String; public var title: String?; public var type: String? }
public enum FeedLinks { public static func discover(in html: [UInt8], baseURL: String) -> [FeedLink] { [] } }
public enum HTMLText { public static func plain(_ html: String) -> String { html }; public static func sanitised(_ html: String) -> String { html }; public static func title(ofPage bytes: [UInt8]) -> String? { nil } }
