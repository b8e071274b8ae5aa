import FoundationEssentials
import HTTPTypes
import Hummingbird
import LLM

/// The style sheet, the script and the icon, inside the program. Their paths change with their bytes, so that browsers may keep them.
struct Assets: Sendable {
    enum Name: String, CaseIterable {
        case style = "desk.css"
        case script = "desk.js"
        case icon = "icon.svg"

        var bytes: [UInt8] {
            switch self {
            case .style: PackageResources.desk_css
            case .script: PackageResources.desk_js
            case .icon: PackageResources.icon_svg
            }
        }

        var contentType: String {
            switch self {
            case .style: "text/css; charset=utf-8"
            case .script: "text/javascript; charset=utf-8"
            case .icon: "image/svg+xml"
            }
        }
    }

    private let paths: [Name: String]

    init() {
        paths = Dictionary(uniqueKeysWithValues: Name.allCases.map { ($0, "/assets/\(SHA256.hex($0.bytes).prefix(12))/\($0.rawValue)") })
    }

    func path(_ name: Name) -> String { paths[name] ?? "/" }

    var routes: [Route] {
        Name.allCases.map { name in
            Route(.get, path(name), .open) { _ in
                var response = Response.bytes(name.bytes, name.contentType)
                response.headers[.cacheControl] = "public, max-age=31536000, immutable"
                return response
            }
        }
    }
}
