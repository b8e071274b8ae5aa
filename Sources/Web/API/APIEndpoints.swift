import HTTPTypes
import Stores
import WireCore

/// All operations of the API, in the order of the document.
struct APIEndpoints {
    let parts: DeskParts
    let metrics: DeskMetrics
    let asksForToken: Bool

    var all: [Endpoint] {
        let described =
            [health, ready, metricsPage] + OldEndpoints(parts: parts).all + SourceEndpoints(parts: parts).all + MoneyEndpoints(parts: parts).all
            + NewsroomEndpoints(parts: parts).all + HostEndpoints(parts: parts).all
        let document = document(nil)
        return described + [self.document(OpenAPIDocument.bytes(described + [document], components: Components.all, asksForToken: asksForToken))]
    }

    private var health: Endpoint {
        Endpoint(
            method: .get, path: "/health", name: "health", summary: "The process answers.", group: "status", access: .open,
            success: .json(200, .object([.always("status", .text), .always("service", .text)])), isStrict: false
        ) { _ in
            APIAnswer.object {
                $0.member("status", "ok")
                $0.member("service", "wiredesk")
            }
        }
    }

    private var ready: Endpoint {
        Endpoint(
            method: .get, path: "/ready", name: "ready", summary: "The store answers, so that the desk can do its work.", group: "status",
            access: .open, success: .json(200, .object([.always("status", .text)])), problems: [503], isStrict: false
        ) { _ in
            do {
                _ = try await parts.store.polls(of: nil, limit: 1)
            } catch {
                throw Problem(
                    503, "not ready: the store does not answer", hint: "The host's log says why; `wiredesk doctor` looks at the store.", retryAfter: 5
                )
            }
            return APIAnswer.object { $0.member("status", "ready") }
        }
    }

    private var metricsPage: Endpoint {
        Endpoint(
            method: .get, path: "/metrics", name: "metrics", summary: "Figures in Prometheus' text format.", group: "status", access: .read,
            success: .text("text/plain"), isStrict: false
        ) { _ in
            APIAnswer(contentType: MetricsPage.contentType, bytes: Array(try await metrics.text().utf8))
        }
    }

    private func document(_ bytes: [UInt8]?) -> Endpoint {
        Endpoint(
            method: .get, path: "/openapi.json", name: "openapi", summary: "This document.", group: "status", access: .open,
            success: .json(200, Shape(kind: .anything, note: "An OpenAPI 3.1 document.")), isStrict: false
        ) { _ in APIAnswer(bytes: bytes ?? []) }
    }
}
