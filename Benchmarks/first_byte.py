#!/usr/bin/env python3
"""How much later the pieces of a streamed answer arrive through the gateway than directly.

first_byte.py WIREDESK [CALLS] [CONNECTIONS]
Each piece of the upstream's stream carries the monotonic clock's nanoseconds at which it was written; the client compares them with the
instant at which it has read the piece. Both run in processes of their own; half of the calls go directly, half through the gateway.
"""
import asyncio, json, multiprocessing, os, re, signal, statistics, subprocess, sys, tempfile, time

PIECES = 20


def event(kind, **more):
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), json.dumps({"type": kind, **more}).encode())


def chunk(data): return b"%x\r\n%s\r\n" % (len(data), data)


async def answer(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", head.lower()).group(1)))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            usage = {"input_tokens": 12, "output_tokens": 1}
            for n in range(PIECES):
                stamp = "stamp:%d;" % time.monotonic_ns()
                if n == 0: writer.write(chunk(event("message_start", message={"id": "msg_1", "model": stamp, "usage": usage})))
                else: writer.write(chunk(event("content_block_delta", index=0, delta={"type": "text_delta", "text": stamp})))
                await writer.drain()
                await asyncio.sleep(0.003)
            writer.write(chunk(event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 20})))
            writer.write(chunk(event("message_stop")) + chunk(b""))
    except (asyncio.IncompleteReadError, ConnectionError): writer.close()


def upstream(port):
    async def serve():
        server = await asyncio.start_server(answer, "127.0.0.1", port, backlog=1024)
        await server.serve_forever()
    asyncio.run(serve())


async def ask(connection, key, delays):
    """One call; adds the first piece's delay to one list, the others' to another, and the time to the first piece to a third."""
    reader, writer = connection
    body = json.dumps({"model": "claude-haiku-4-5", "max_tokens": 64, "stream": True,
                       "messages": [{"role": "user", "content": "hello %d" % time.monotonic_ns()}]}).encode()
    start = time.monotonic_ns()
    writer.write(b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                 % (key.encode(), len(body)) + body)
    seen, text = 0, b""
    while b"\r\n0\r\n" not in text:
        data = await reader.read(65536)
        now = time.monotonic_ns()
        if not data: raise ConnectionError("the stream broke off")
        text += data
        stamps = re.findall(rb"stamp:(\d+);", text)
        if seen == 0 and stamps: delays[2].append((now - start) / 1e6)
        for stamp in stamps[seen:]: delays[0 if seen == 0 else 1].append((now - int(stamp)) / 1e6); seen += 1
    await asyncio.sleep(0.005)


async def measure(port, key, calls, connections):
    delays = ([], [], [])
    async def caller(n):
        connection = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(calls // connections): await ask(connection, key, delays)
        connection[1].close()
    await asyncio.gather(*(caller(n) for n in range(connections)))
    return delays


def show(values):
    values = sorted(values)
    return "p50 %6.3f ms  p99 %6.3f ms" % (statistics.median(values), values[int(len(values) * 0.99)])


def main():
    wiredesk, calls, connections = os.path.abspath(sys.argv[1]), int((sys.argv + [0] * 2)[2] or 200), int((sys.argv + [0] * 3)[3] or 4)
    with tempfile.TemporaryDirectory() as folder:
        open(folder + "/Plugins.json", "w").write('{"version": 1, "sources": []}')
        server = multiprocessing.Process(target=upstream, args=(18091,), daemon=True)
        server.start()
        key = json.loads(subprocess.run([wiredesk, "keys", "create", "bench", "--json"], cwd=folder, capture_output=True, check=True).stdout)["key"]
        host = subprocess.Popen([wiredesk, "run", "--listen", "127.0.0.1:18093"], cwd=folder, stderr=open(folder + "/log", "w"),
                                env={**os.environ, "ANTHROPIC_BASE_URL": "http://127.0.0.1:18091", "ANTHROPIC_API_KEY": "k"})
        try:
            while "listening" not in open(folder + "/log").read(): time.sleep(0.05)
            for name, port in [("direct", 18091), ("gateway", 18093)] * 2:
                first, others, whole = asyncio.run(measure(port, key, calls // 2, connections))
                print(f"{name:8} first piece after it was written {show(first)}   later ones {show(others)}   from the request on {show(whole)}", flush=True)
        finally:
            host.send_signal(signal.SIGTERM)
            host.wait(20)
            server.terminate()
        print(subprocess.run([wiredesk, "costs", "verify"], cwd=folder, capture_output=True, text=True).stdout.strip())


main()
