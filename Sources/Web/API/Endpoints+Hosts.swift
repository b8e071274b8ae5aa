import HTTPTypes
import Host
import WireCore

/// The hosts at work.
struct HostEndpoints {
    let parts: DeskParts

    var all: [Endpoint] {
        [
            Endpoint(
                method: .get, path: "/api/v1/hosts", name: "listHosts", summary: "The hosts at work upon the store, and who does what.",
                group: "status", access: .read, success: .json(200, .object([.always("hosts", .list(.named("Host")))]))
            ) { _ in
                let (roster, now) = (try await parts.roster(), parts.now)
                return APIAnswer.object { json in
                    json.key("hosts")
                    roster.write(to: &json, at: now)
                }
            }
        ]
    }
}
