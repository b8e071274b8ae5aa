#!/usr/bin/env python3
"""Storms on the gateway, with sums on both sides. The upstream is this script's own; what it billed it remembers.

storm.py budget WIREDESK [--hosts N] [--stream] [--usd X] [--ratio R]   64 callers against a hard budget: spent <= budget, >= 95 % of it used
storm.py kill   WIREDESK [--rounds N] [--stream]                        kill -9 at random moments: nothing lost, nothing twice, sums agree
storm.py faults WIREDESK                                                usages and transfers that cannot be believed
storm.py stop   WIREDESK                                                SIGTERM while the provider has fallen silent
Prints a line a finding; exit 1 when something is wrong."""
import argparse, asyncio, json, os, random, signal, socket, subprocess, sys, tempfile, time
from decimal import Decimal

parser = argparse.ArgumentParser()
parser.add_argument("mode", choices=["budget", "kill", "faults", "stop"])
parser.add_argument("wiredesk")
parser.add_argument("--hosts", type=int, default=1)
parser.add_argument("--rounds", type=int, default=10)
parser.add_argument("--callers", type=int, default=64)
parser.add_argument("--stream", action="store_true")
parser.add_argument("--usd", default="0.5")
parser.add_argument("--ratio", type=int, default=40, help="max_tokens as a multiple of what is used on average")
options = parser.parse_args()
wiredesk = os.path.abspath(options.wiredesk)
billed = {}  # message id -> (input, output)
problems = []
MILLION = Decimal(1_000_000)


def cost(usage): return (Decimal(usage[0]) * 1 + Decimal(usage[1]) * 5) / MILLION  # claude-haiku-4-5: $1 and $5


def wrong(what):
    problems.append(what)
    print("WRONG  ", what)


# The upstream
async def upstream(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((int(l.split(b":")[1]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length:")), 0)
            body = json.loads(await reader.readexactly(length))
            text = body["messages"][-1]["content"]
            name = "msg_" + text.split(" ")[0]
            usage = (random.randint(5, 40), random.randint(1, max(1, 2 * body["max_tokens"] // options.ratio)))
            await asyncio.sleep(random.random() * 0.01)
            if options.mode == "faults" and await fault(text, name, usage, writer): return
            if options.mode == "stop": return await fall_silent(reader, writer, name, body)
            billed[name] = usage
            if body.get("stream"): await stream(writer, name, usage)
            else: await whole(writer, {"id": name, "type": "message", "role": "assistant", "model": body["model"], "content": [{"type": "text", "text": "x"}],
                                       "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": usage[0], "output_tokens": usage[1]}})
    except (asyncio.IncompleteReadError, ConnectionError): pass
    finally: writer.close()


async def whole(writer, message):
    data = message if isinstance(message, bytes) else json.dumps(message).encode()
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(data) + data)
    await writer.drain()


def event(kind, **more):
    data = f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()
    return b"%x\r\n" % len(data) + data + b"\r\n"


def begin(writer, name, prompt):
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
    writer.write(event("message_start", message={"id": name, "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": None,
                                                  "usage": {"input_tokens": prompt, "output_tokens": 1}}))


async def fall_silent(reader, writer, name, body):
    """Nothing at all, or no more than the beginning of a stream."""
    if body.get("stream"): begin(writer, name, 9)
    await reader.read()


async def stream(writer, name, usage, until="message_stop", final=None, twice=False):
    begin(writer, name, usage[0])
    writer.write(event("content_block_start", index=0, content_block={"type": "text", "text": ""}))
    for _ in range(4):
        writer.write(event("content_block_delta", index=0, delta={"type": "text_delta", "text": "x"}))
        await writer.drain()
        await asyncio.sleep(0.002)
    if until == "delta": return writer.transport.abort()
    writer.write(event("content_block_stop", index=0))
    for _ in range(2 if twice else 1):
        writer.write(event("message_delta", delta={"stop_reason": "end_turn"}, usage=final if final is not None else {"output_tokens": usage[1]}))
    if until == "message_delta": return writer.transport.abort()
    writer.write(event("message_stop") + b"0\r\n\r\n")
    await writer.drain()


# A caller
class Caller:
    def __init__(self, port, key): self.port, self.key, self.streams = port, key, None

    async def call(self, text, max_tokens=400, stream=False):
        """(status, body); status None when the connection broke."""
        body = json.dumps({"model": "claude-haiku-4-5", "max_tokens": max_tokens, "stream": stream, "messages": [{"role": "user", "content": text}]}).encode()
        try:
            if self.streams is None: self.streams = await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = self.streams
            writer.write(b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx-api-key: %s\r\ncontent-length: %d\r\n\r\n" % (self.key.encode(), len(body)) + body)
            head = await reader.readuntil(b"\r\n\r\n")
            status = int(head.split(b" ")[1])
            fields = {l.split(b":")[0].lower(): l.split(b":", 1)[1].strip() for l in head.split(b"\r\n")[1:] if b":" in l}
            if b"content-length" in fields: return status, await reader.readexactly(int(fields[b"content-length"]))
            data = b""
            while True:
                size = int(await reader.readline(), 16)
                if size == 0:
                    while (await reader.readline()).strip(): pass
                    return status, data
                data += await reader.readexactly(size)
                await reader.readexactly(2)
        except (ConnectionError, asyncio.IncompleteReadError, ValueError, OSError):
            if self.streams: self.streams[1].close()
            self.streams = None
            return None, b""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Host:
    def __init__(self, folder, store, port):
        self.folder, self.port = folder, free_port()
        environment = {**os.environ, "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}", "ANTHROPIC_API_KEY": "k", "WIREDESK_STORE": store}
        self.log = open(folder + "/log", "a")
        self.process = subprocess.Popen([wiredesk, "run", "--listen", f"127.0.0.1:{self.port}"], cwd=folder, env=environment, stderr=self.log)
        for _ in range(400):
            try: return socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            except OSError: time.sleep(0.02)
        raise SystemExit("the host does not listen: " + open(folder + "/log").read())

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def run(folder, store, *arguments):
    return subprocess.run([wiredesk, *arguments], cwd=folder, env={**os.environ, "WIREDESK_STORE": store}, capture_output=True, text=True)


def make_key(folder, store, *more): return json.loads(run(folder, store, "keys", "create", "storm", *more, "--json").stdout)["key"]


def ledger(folder, store):
    checked = run(folder, store, "costs", "verify")
    if checked.returncode != 0: wrong("costs verify: " + checked.stdout[:500])
    return [json.loads(line) for line in run(folder, store, "costs", "export").stdout.splitlines()]


def compare(entries, answered, may_be_open=False):
    """The ledger against what was billed and what callers got."""
    by_message = {}
    for entry in entries:
        if entry["status"] == "reserved" and not may_be_open: wrong(f"{entry['id']} is still reserved")
        if entry["messageId"]: by_message.setdefault(entry["messageId"], []).append(entry)
    for name in answered:
        found = by_message.get(name, [])
        if len(found) != 1: wrong(f"the answer {name} is {len(found)} times in the ledger")
        elif found[0]["status"] == "settled" and Decimal(found[0]["costUSD"]) != cost(billed[name]):
            wrong(f"{name} is booked at {found[0]['costUSD']}, billed were {cost(billed[name])}")
    total = sum(Decimal(e["costUSD"]) for e in entries)
    estimated = [e for e in entries if e["status"] == "estimated"]
    was_billed = sum(map(cost, billed.values()))
    exact = sum(Decimal(e["costUSD"]) for e in entries if e["status"] == "settled")
    if total < was_billed: wrong(f"the ledger has {total}, billed were {was_billed}")
    if not estimated and total != was_billed: wrong(f"without estimates the ledger has {total}, billed were {was_billed}")
    return total, was_billed, len(estimated)


async def budget(folder, store, port):
    key = make_key(folder, store, "--daily", options.usd)
    hosts = [Host(folder + f"/{n}", store, port) for n in range(options.hosts)]
    counts, answered, began = {}, set(), time.time()

    async def caller(n):
        caller = Caller(hosts[n % len(hosts)].port, key)
        turn = 0
        while time.time() - began < 120:
            turn += 1
            name = f"{n}-{turn}-{random.random()}"
            status, body = await caller.call(name, stream=options.stream)
            counts[status] = counts.get(status, 0) + 1
            if status == 200: answered.add("msg_" + name)
            if status == 402: return
            if status == 429: await asyncio.sleep(0.05)
    await asyncio.gather(*(caller(n) for n in range(options.callers)))
    took = time.time() - began
    for host in hosts: host.stop()
    total, was_billed, estimated = compare(ledger(folder, store), answered)
    limit = Decimal(options.usd)
    if was_billed > limit or total > limit: wrong(f"spent {total} (billed {was_billed}) of {limit}")
    if was_billed < limit * Decimal("0.95"): wrong(f"only {was_billed} of {limit} could be used")
    print(f"budget {limit}: billed {was_billed}, booked {total}, {estimated} estimated; answers by status {counts}; {len(answered) / took:.0f} calls/s")


async def kill(folder, store, port):
    key = make_key(folder, store)
    answered = set()
    for round in range(options.rounds):
        host = Host(folder + "/0", store, port)
        stopping = False

        async def caller(n):
            caller = Caller(host.port, key)
            while not stopping:
                name = f"{round}-{n}-{random.random()}"
                status, body = await caller.call(name, stream=options.stream)
                if status == 200: answered.add("msg_" + name)
                elif status is None: return
        callers = [asyncio.create_task(caller(n)) for n in range(16)]
        await asyncio.sleep(random.uniform(0.02, 0.4))
        host.kill()
        stopping = True
        await asyncio.gather(*callers)
    await asyncio.sleep(0.1)
    Host(folder + "/0", store, port).stop()
    total, was_billed, estimated = compare(ledger(folder, store), answered)
    print(f"{options.rounds} kills: {len(answered)} answers, {len(billed)} billed: {was_billed}; booked {total}, {estimated} estimated")


FAULTS = {  # text -> (status that the caller gets, status of the entry)
    "missing": (200, "estimated"), "negative": (200, "estimated"), "fraction": (200, "estimated"), "huge": (200, "estimated"), "string": (200, "estimated"),
    "html": (502, "estimated"), "half": (502, "estimated"), "list": (502, "estimated"), "nothing": (502, "estimated"), "reset": (502, "estimated"),
    "stream-cut": (None, "estimated"), "stream-cut-late": (None, "settled"), "stream-nofinal": (200, "estimated"), "stream-twice": (200, "settled"),
    "stream-negative": (200, "estimated"), "stream-null": (200, "settled"), "s500": (500, "released"), "s502html": (502, "estimated"), "s429": (429, "released"),
}


async def fault(text, name, usage, writer):
    kind = text.split("~")[0]
    body = {"id": name, "type": "message", "content": [], "model": "m", "role": "assistant", "stop_reason": "end_turn", "usage": {"input_tokens": usage[0], "output_tokens": usage[1]}}
    edits = {"negative": -1, "fraction": 1.5, "huge": 10**15, "string": "7"}
    if kind in edits: body["usage"]["output_tokens"] = edits[kind]
    if kind in edits or kind == "missing":
        if kind == "missing": del body["usage"]
        await whole(writer, body)
    elif kind == "html": await whole(writer, b"<!DOCTYPE html><html></html>")
    elif kind == "half": await whole(writer, b'{"id": "x", "usage"')
    elif kind == "list": await whole(writer, b"[]")
    elif kind == "nothing": writer.close()
    elif kind == "reset": writer.transport.abort()
    elif kind == "stream-cut": await stream(writer, name, usage, until="delta")
    elif kind == "stream-cut-late": await stream(writer, name, usage, until="message_delta")
    elif kind == "stream-nofinal": await stream(writer, name, usage, final={})
    elif kind == "stream-negative": await stream(writer, name, usage, final={"output_tokens": -4})
    elif kind == "stream-twice": await stream(writer, name, usage, twice=True)
    elif kind == "stream-null": await stream(writer, name, usage, final={"output_tokens": usage[1], "input_tokens": None})
    elif kind in ("s500", "s429", "s502html"):
        data = b"<html>bad gateway</html>" if kind == "s502html" else b'{"type":"error","error":{"type":"api_error","message":"no"}}'
        writer.write(b"HTTP/1.1 %s X\r\ncontent-length: %d\r\n\r\n" % (kind[1:4].encode(), len(data)) + data)
        await writer.drain()
    else: return False
    await asyncio.sleep(0.01)
    writer.close()
    return True


async def faults(folder, store, port):
    key = make_key(folder, store)
    host = Host(folder + "/0", store, port)
    for kind, (status, entry) in FAULTS.items():
        name = f"{kind}~{random.random()}"
        seen, _ = await Caller(host.port, key).call(name, stream=kind.startswith("stream"))
        # Another process reads the end of a call some hundredths of a second after its caller.
        await asyncio.sleep(0.2)
        last = ledger(folder, store)[-1]
        if (seen, last["status"]) != (status, entry): wrong(f"{kind}: {seen} and {last['status']} ({last['note']}), due were {status} and {entry}")
        if entry == "estimated" and last["costUSD"] != last["reservedUSD"]: wrong(f"{kind}: booked {last['costUSD']} of {last['reservedUSD']}")
    # A caller that leaves in mid-stream: the provider is heard out.
    name = f"leaves-{random.random()}"
    caller = Caller(host.port, key)
    task = asyncio.create_task(caller.call(name, stream=True))
    await asyncio.sleep(0.02)
    task.cancel()
    if caller.streams: caller.streams[1].transport.abort()
    await asyncio.sleep(0.5)
    last = ledger(folder, store)[-1]
    if last["status"] != "settled" or Decimal(last["costUSD"]) != cost(billed["msg_" + name]): wrong(f"a caller left: {last}")
    host.stop()
    print(f"{len(FAULTS) + 1} faults")


async def stop(folder, store, port):
    key = make_key(folder, store)
    host = Host(folder + "/0", store, port)
    calls = [asyncio.create_task(Caller(host.port, key).call(f"silent-{n}", stream=n == 1)) for n in range(2)]
    await asyncio.sleep(1)
    began = time.time()
    host.process.send_signal(signal.SIGTERM)
    status = await asyncio.to_thread(host.process.wait, 60)
    took = time.time() - began
    answers = [status for status, _ in await asyncio.gather(*calls)]
    if status != 0 or took > 25: wrong(f"the host ended with {status} after {took:.1f} s")
    if answers != [502, None]: wrong(f"the callers got {answers}")
    entries = ledger(folder, store)
    if [(e["status"], e["costUSD"] == e["reservedUSD"]) for e in entries] != [("estimated", True)] * 2: wrong(f"the ledger has {entries}")
    print(f"ended {took:.1f} s after SIGTERM")


async def main():
    server = await asyncio.start_server(upstream, "127.0.0.1", 0, backlog=512)
    port = server.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        for n in range(max(1, options.hosts)):
            os.mkdir(folder + f"/{n}")
            open(folder + f"/{n}/Plugins.json", "w").write('{"version": 1, "sources": []}')
        open(folder + "/Plugins.json", "w").write('{"version": 1, "sources": []}')
        await {"budget": budget, "kill": kill, "faults": faults, "stop": stop}[options.mode](folder, "sqlite:" + folder + "/desk.db", port)
    print(f"{len(problems)} wrong")
    sys.stdout.flush()
    os._exit(1 if problems else 0)  # The upstream's open connections are nobody's concern.

asyncio.run(main())
