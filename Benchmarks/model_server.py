#!/usr/bin/env python3
"""A provider on loopback that answers at once: prints its base URL, then serves until it is ended.

/plain   a JSON answer with the header fields of a real one
/stream  fifty chunks, one every two milliseconds, each the monotonic clock's nanoseconds at which it was written
/burst   fifty chunks in one write
"""
import asyncio
import time

FIELDS = b"".join(b"anthropic-ratelimit-field-%d: 2026-11-24T08:00:00Z\r\n" % n for n in range(12)) + b"request-id: req_011CSHoEeqs5C35K2UUqR7Fy\r\n"
JSON = b'{"type":"message","content":[{"type":"text","text":"%s"}],"usage":{"input_tokens":12,"output_tokens":6}}' % (b"a" * 500)
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s" % (len(JSON), FIELDS, JSON)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n%s\r\n" % FIELDS


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


BURST = HEAD + b"".join(chunk(b'data: {"type":"content_block_delta","delta":{"text":"word %d"}}\n\n' % n) for n in range(50)) + chunk(b"")


class Connection(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.data = transport, b""

    def data_received(self, data):
        self.data += data
        head, blank, rest = self.data.partition(b"\r\n\r\n")
        if not blank:
            return
        length = next((int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0)
        if len(rest) < length:
            return
        self.data = rest[length:]
        path = head.split(b" ", 2)[1]
        if path == b"/stream":
            asyncio.ensure_future(self.stream())
        else:
            self.transport.write(BURST if path == b"/burst" else PLAIN)

    async def stream(self):
        self.transport.write(HEAD)
        for _ in range(50):
            await asyncio.sleep(0.002)
            self.transport.write(chunk(b"%d" % time.monotonic_ns()))
        self.transport.write(chunk(b""))


async def main():
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print("http://127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
