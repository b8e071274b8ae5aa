import HTTPTypes
import Hummingbird

/// A place that the desk answers at, who may, and how.
struct Route: Sendable {
    /// What a visitor must be.
    enum Access: Sendable {
        /// Anybody.
        case open
        /// Whoever may read.
        case read
        /// Whoever may read, and surely means it: requests that a browser sends must come from our own pages.
        case change
    }

    /// How failures are told.
    enum Tongue: Sendable { case json, html }

    var method: HTTPRequest.Method
    /// "/sources/{id}/disable".
    var path: String
    var access: Access
    var tongue: Tongue
    var run: @Sendable (WebRequest) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, _ access: Access, _ tongue: Tongue = .html,
        _ run: @escaping @Sendable (WebRequest) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.tongue = tongue
        self.run = run
    }
}

/// All routes, found by path and method.
struct RouteTable: Sendable {
    private struct Place {
        var pattern: [Substring]
        var routes: [Route]
    }

    /// Places without variables, by their path.
    private var fixed: [String: Place] = [:]
    private var variable: [Place] = []

    init(_ routes: [Route]) {
        for (path, routes) in Dictionary(grouping: routes, by: \.path) {
            let place = Place(pattern: path.split(separator: "/"), routes: routes)
            if path.contains("{") { variable.append(place) } else { fixed[path] = place }
        }
    }

    enum Answer {
        case route(Route, [String: String])
        /// There is such a place, for these methods.
        case otherMethods([String], Route.Tongue)
        case nothing
    }

    func find(_ method: HTTPRequest.Method, _ path: String) -> Answer {
        if let place = fixed[path] { return answer(place, method, [:]) }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for place in variable where place.pattern.count == segments.count {
            guard let parameters = Self.match(place.pattern, segments) else { continue }
            return answer(place, method, parameters)
        }
        return .nothing
    }

    private func answer(_ place: Place, _ method: HTTPRequest.Method, _ parameters: [String: String]) -> Answer {
        if let route = place.routes.first(where: { $0.method == method }) { return .route(route, parameters) }
        // HEAD is GET without its body.
        if method == .head, let route = place.routes.first(where: { $0.method == .get }) { return .route(route, parameters) }
        let methods = place.routes.map(\.method.rawValue) + (place.routes.contains { $0.method == .get } ? ["HEAD"] : [])
        return .otherMethods(methods.sorted(), place.routes.first?.tongue ?? .json)
    }

    private static func match(_ pattern: [Substring], _ segments: ArraySlice<Substring>) -> [String: String]? {
        var parameters: [String: String] = [:]
        for (part, segment) in zip(pattern, segments) {
            if part.hasPrefix("{") {
                guard let value = PercentEscapes.decoded(segment), !value.isEmpty else { return nil }
                parameters[String(part.dropFirst().dropLast())] = value
            } else if part != segment {
                return nil
            }
        }
        return parameters
    }
}
