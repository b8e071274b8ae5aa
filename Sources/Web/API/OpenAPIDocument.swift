import HTTPTypes
import WireCore

/// The endpoints as an OpenAPI 3.1 document.
enum OpenAPIDocument {
    static func bytes(_ endpoints: [Endpoint], components: [(name: String, shape: Shape)], asksForToken: Bool) -> [UInt8] {
        var json = JSONWriter(capacity: 64 << 10)
        json.object { root in
            root.member("openapi", "3.1.0")
            root.key("info")
            root.object {
                $0.member("title", "wiredesk")
                $0.member("version", "1")
                $0.member("description", "The desk's admin API: sources, articles, polls, money, the newsroom. Problems are told by RFC 9457.")
                $0.key("license")
                $0.object {
                    $0.member("name", "Apache-2.0")
                    $0.member("identifier", "Apache-2.0")
                }
            }
            root.key("servers")
            root.array { $0.object { $0.member("url", "/") } }
            root.key("paths")
            root.object { paths in write(endpoints, asksForToken, to: &paths) }
            root.key("components")
            root.object { write(components, to: &$0) }
        }
        return json.bytes
    }

    private static func write(_ endpoints: [Endpoint], _ asksForToken: Bool, to paths: inout JSONWriter) {
        var seen: Set<String> = []
        for path in endpoints.map(\.path) where seen.insert(path).inserted {
            paths.key(escaping: path)
            paths.object { place in
                for endpoint in endpoints where endpoint.path == path {
                    place.key(escaping: endpoint.method.rawValue.lowercased())
                    place.object { write(endpoint, asksForToken, to: &$0) }
                }
            }
        }
    }

    private static func write(_ endpoint: Endpoint, _ asksForToken: Bool, to json: inout JSONWriter) {
        json.member("operationId", endpoint.name)
        json.member("summary", endpoint.summary)
        json.key("tags")
        json.array { $0.string(endpoint.group) }
        let isGuarded = endpoint.access != .open && asksForToken
        json.key("security")
        json.array { list in
            guard isGuarded else { return }
            list.object {
                $0.key("bearer"); $0.array { _ in }
            }
            list.object {
                $0.key("apiKey"); $0.array { _ in }
            }
        }
        if !endpoint.parameters.isEmpty {
            json.key("parameters")
            json.array { list in
                for parameter in endpoint.parameters { list.object { write(parameter, to: &$0) } }
            }
        }
        if let body = endpoint.body {
            json.key("requestBody")
            json.object {
                $0.member("required", false)
                writeContent("application/json", body, to: &$0)
            }
        }
        json.key("responses")
        json.object { write(endpoint, responses: &$0, isGuarded) }
    }

    private static func write(_ parameter: Endpoint.Parameter, to json: inout JSONWriter) {
        json.member("name", parameter.name)
        json.member("in", parameter.place.rawValue)
        json.member("description", parameter.note + (parameter.standard.map { " Default \($0)." } ?? ""))
        json.member("required", parameter.place == .path)
        json.key("schema")
        parameter.shape.write(to: &json)
    }

    private static func write(_ endpoint: Endpoint, responses json: inout JSONWriter, _ isGuarded: Bool) {
        switch endpoint.success {
        case .json(let status, let shape):
            json.key(escaping: String(status))
            json.object {
                $0.member("description", "As asked.")
                writeContent("application/json", shape, to: &$0)
            }
        case .text(let type):
            json.key("200")
            json.object {
                $0.member("description", "As asked.")
                writeContent(type, .text, to: &$0)
            }
        }
        if endpoint.method == .get {
            json.key("304")
            json.object { $0.member("description", "The entity tag in If-None-Match is still the right one.") }
        }
        for status in problems(of: endpoint, isGuarded) {
            json.key(escaping: String(status))
            json.object {
                $0.member("description", Problem(status, "").title)
                writeContent(Problem.contentType, .named("Problem"), to: &$0)
            }
        }
    }

    /// What may go wrong with any operation of its kind, and with this one.
    private static func problems(of endpoint: Endpoint, _ isGuarded: Bool) -> [Int] {
        var problems = Set(endpoint.problems + [400])
        if isGuarded { problems.insert(401) }
        if endpoint.access == .change { problems.formUnion([403, 408, 413]) }
        if endpoint.body != nil { problems.insert(415) }
        if endpoint.access != .open { problems.insert(503) }
        return problems.sorted()
    }

    private static func writeContent(_ type: String, _ shape: Shape, to json: inout JSONWriter) {
        json.key("content")
        json.object { content in
            content.key(escaping: type)
            content.object {
                $0.key("schema")
                shape.write(to: &$0)
            }
        }
    }

    private static func write(_ components: [(name: String, shape: Shape)], to json: inout JSONWriter) {
        json.key("schemas")
        json.object { schemas in
            for (name, shape) in components {
                schemas.key(escaping: name)
                shape.write(to: &schemas)
            }
        }
        json.key("securitySchemes")
        json.object { schemes in
            schemes.key("bearer")
            schemes.object {
                $0.member("type", "http")
                $0.member("scheme", "bearer")
            }
            schemes.key("apiKey")
            schemes.object {
                $0.member("type", "apiKey")
                $0.member("in", "header")
                $0.member("name", "X-API-Key")
            }
        }
    }
}
