import HTTPTypes
import Hummingbird
import NIOCore
import WireCore

/// `GET /live`: server-sent events (WHATWG HTML, 9.2), one stream a page.
struct LiveRoute {
    let news: LiveNews
    /// So often something is sent though nothing happened: a browser that has gone is noticed.
    private static let heartbeat = Duration.seconds(15)

    var route: Route {
        Route(.get, "/live", .read, .json) { request in
            if request.method == .head { return Response(status: .ok, headers: [.contentType: "text/event-stream"]) }
            guard let (number, events) = news.open() else {
                throw Problem(503, "too many pages are open that are kept up to date", hint: "This one can be loaded again by hand.", retryAfter: 60)
            }
            let body = ResponseBody { [news] writer in
                defer { news.close(number) }
                try await request.stream.consumeWithInboundCloseHandler { _ in
                    try await Self.send(events, to: &writer)
                } onInboundClosed: {
                    // A page that has gone makes room at once.
                    news.close(number)
                }
            }
            var response = Response(
                status: .ok, headers: [.contentType: "text/event-stream; charset=utf-8", .cacheControl: "no-store"], body: body)
            response.passOnAtOnce()
            return response
        }
    }

    private static func send(_ events: AsyncStream<LiveNews.Event>, to writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(ByteBuffer(string: "retry: 5000\n\n"))
        for await event in merged(events) {
            guard let event else {
                try await writer.write(ByteBuffer(string: ": still here\n\n"))
                continue
            }
            var json = JSONWriter()
            json.object {
                $0.member("kind", event.kind)
                $0.member("subject", event.subject)
            }
            try await writer.write(ByteBuffer(string: "event: news\ndata: \(json.text)\n\n"))
        }
        try await writer.finish(nil)
    }

    /// The events, and nil at each heartbeat.
    private static func merged(_ events: AsyncStream<LiveNews.Event>) -> AsyncStream<LiveNews.Event?> {
        let (stream, out) = AsyncStream<LiveNews.Event?>.makeStream(bufferingPolicy: .bufferingNewest(32))
        // Belongs to the stream: it ends when the events do, or when nobody reads any more.
        let task = Task {
            await withTaskGroup { group in
                group.addTask {
                    for await event in events { out.yield(event) }
                }
                group.addTask {
                    while (try? await Task.sleep(for: heartbeat)) != nil { out.yield(nil) }
                }
                await group.next()
                group.cancelAll()
            }
            out.finish()
        }
        out.onTermination = { _ in task.cancel() }
        return stream
    }
}

extension Response {
    /// Asks a proxy to pass the pieces of the body on as they come.
    mutating func passOnAtOnce() {
        if let buffering = HTTPField.Name("x-accel-buffering") { headers[buffering] = "no" }
    }
}
