import WireCore

extension Translation {
    /// An `image` block as an `image_url` part: base64 becomes a `data:` URL (RFC 2397).
    static func imagePart(fromBlock block: Spot) throws(TranslationFailure) -> JSONNode {
        let source = try block.required("source")
        let url: String
        switch try source.required("type").string() {
        case "base64":
            url = "data:\(try source.required("media_type").string());base64,\(try source.required("data").string())"
        case "url": url = try source.required("url").string()
        default: throw source.unsupported("this kind of image source has no counterpart; send the image as base64 or by URL")
        }
        return .members(["type": .text("image_url"), "image_url": .members(["url": .text(url)])])
    }

    /// An `image_url` part as an `image` block; `detail` only tunes and has no counterpart.
    static func imageBlock(fromPart part: Spot) throws(TranslationFailure) -> JSONNode {
        let place = try part.required("image_url").required("url")
        let url = try place.string()
        guard url.prefix(5).lowercased() == "data:" else {
            return .members(["type": .text("image"), "source": .members(["type": .text("url"), "url": .text(url)])])
        }
        let rest = url.dropFirst(5)
        guard let comma = rest.firstIndex(of: ","), rest[..<comma].lowercased().hasSuffix(";base64") else {
            throw place.unsupported("a data: URL must be base64, as in data:image/png;base64,…")
        }
        let mediaType = rest[..<comma].prefix { $0 != ";" }.lowercased()
        guard !mediaType.isEmpty else { throw place.unsupported("a data: URL must name its media type, as in data:image/png;base64,…") }
        let source = JSONNode.members([
            "type": .text("base64"), "media_type": .text(mediaType == "image/jpg" ? "image/jpeg" : mediaType),
            "data": .text(rest[rest.index(after: comma)...]),
        ])
        return .members(["type": .text("image"), "source": source])
    }
}
