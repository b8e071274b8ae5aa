extension PluginTemplate {
    static let package = """
        // swift-tools-version: 6.0
        import PackageDescription

        let package = Package(name: "plugin", targets: [.executableTarget(name: "plugin")])

        """

    static let swift = #"""
        import Foundation

        /// A wiredesk plugin: one JSON object a line on stdin and stdout. Anything else is printed to stderr.
        @main struct Plugin {
            static func main() throws {
                try say(["type": "hello", "version": 1, "name": "plugin"])
                guard let poll = try hear(), var url = poll["url"] as? String else { return }
                // What the last poll that was stored has left; nothing at the first one.
                let newest = (poll["state"] as? [String: Any])?["newest"] as? String ?? ""
                var latest = newest
                while let page = try fetch(url) {
                    let items = page.items.map { ["id": $0.id, "title": $0.title, "url": $0.url, "publishedAt": $0.published] }
                    try say(["type": "items", "items": items])
                    latest = max(latest, page.items.map(\.published).max() ?? "")
                    // Newest first: what comes after something old is known already.
                    guard let last = page.items.last, last.published > newest, let next = page.next, !next.isEmpty else { break }
                    url = next
                }
                try say(["type": "state", "state": ["newest": latest]])
                try say(["type": "done"])
            }

            struct Page: Decodable {
                struct Entry: Decodable {
                    var id, title, url, published: String
                }

                var items: [Entry]
                var next: String?
            }

            /// Has the host get a document: under its ceilings, with its address policy. Nil when it did not come; the host knows why, and tells it.
            static func fetch(_ url: String) throws -> Page? {
                try say(["type": "fetch", "id": "1", "url": url, "expect": "json"])
                while let answer = try hear() {
                    if answer["type"] as? String == "cancel" { return nil }
                    guard answer["type"] as? String == "fetched" else { continue }
                    guard answer["ok"] as? Bool == true, let body = answer["body"] as? String else { return nil }
                    return try JSONDecoder().decode(Page.self, from: Data(body.utf8))
                }
                return nil
            }

            static func say(_ message: [String: Any]) throws {
                try FileHandle.standardOutput.write(contentsOf: JSONSerialization.data(withJSONObject: message) + Data("\n".utf8))
            }

            static func hear() throws -> [String: Any]? {
                guard let line = readLine() else { return nil }
                return try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            }
        }

        """#
}
