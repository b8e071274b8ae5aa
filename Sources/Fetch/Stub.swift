public import WireCore
extension AddressBlock { public init?(parsing text: String) { return nil } }
extension AddressPolicy { public init(parsing text: String) throws(DeskError) { self.init() } }
extension AddressPolicy { public func isOwn(_ host: String) -> Bool { true } }
public func redactedURL(_ url: String) -> String { url }
