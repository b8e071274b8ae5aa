#!/usr/bin/env python3
"""Many hosts, one store: counts at the sources' own server how often each is asked, while hosts are killed, stopped, woken and started.

hosts.py WIREDESK [--store sqlite|mongo|mongodb://…] [--sources 2000] [--hosts 3] [--every 60] [--seconds 300] [--do SECOND:ACTION …]

An action is `kill:N` (kill -9 of host N), `stop:N`, `wake:N` (SIGSTOP, SIGCONT), `term:N`, `start` (one more host), `kill-store`,
`start-store` (only with `mongo`, a SecantusDB of this script's own from .build/mongo). Prints what each source saw, then how long takeovers
took, and exits 1 when a source was asked twice within an interval, or not for longer than one and the time of a takeover.
"""
import argparse, asyncio, collections, json, os, shutil, signal, socket, subprocess, sys, tempfile, threading, time

parser = argparse.ArgumentParser()
parser.add_argument("wiredesk")
parser.add_argument("--store", default="sqlite")
parser.add_argument("--sources", type=int, default=2000)
parser.add_argument("--hosts", type=int, default=3)
parser.add_argument("--every", type=int, default=60)
parser.add_argument("--seconds", type=int, default=300)
parser.add_argument("--slow", type=float, default=0.0, help="seconds that an answer takes")
parser.add_argument("--do", nargs="*", default=[])
parser.add_argument("--takeover", type=float, default=30.0, help="seconds that a source may be late by")
parser.add_argument("--keep", help="a folder for what the hosts log")
options = parser.parse_args()
wiredesk = os.path.abspath(options.wiredesk)
root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
folder = options.keep or tempfile.mkdtemp(prefix="wiredesk-hosts-")
os.makedirs(folder, exist_ok=True)
asked = collections.defaultdict(list)


def feed(path, number):
    items = "".join(f"<item><guid>{path}-{number - k}</guid><title>Story {number - k} of {path}</title></item>" for k in range(2))
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'.encode()


async def answer(reader, writer):
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        path = head.split(b" ", 2)[1].decode().strip("/")
        asked[path].append(time.time())
        if options.slow: await asyncio.sleep(options.slow)
        body = feed(path, len(asked[path]))
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, IndexError):
        pass
    finally:
        writer.close()


def serve(ready):
    async def main():
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
        ready.append(server.sockets[0].getsockname()[1])
        await server.serve_forever()
    asyncio.run(main())


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener: return listener.getsockname()[1]


class Store:
    """SecantusDB, of which a kill keeps the data."""
    port, process = free_port(), None

    def start(self):
        self.process = subprocess.Popen(
            [root + "/.build/mongo/bin/secantusd-py", "--port", str(self.port), "--storage-path", folder + "/mongo", "--enable-test-commands",
             "--sync-on-commit"], stdout=open(folder + "/mongo.log", "ab"), stderr=subprocess.STDOUT)
        while True:
            try: return socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError: time.sleep(0.1)

    def kill(self):
        self.process.kill()
        self.process.wait()


store = None
if options.store == "mongo":
    os.makedirs(folder + "/mongo", exist_ok=True)
    store = Store()
    store.start()
    url = f"mongodb://127.0.0.1:{store.port}/desk"
else:
    url = f"sqlite:{folder}/shared.db" if options.store == "sqlite" else options.store

port = []
threading.Thread(target=serve, args=(port,), daemon=True).start()
while not port: time.sleep(0.01)
registry = folder + "/Plugins.json"
json.dump({"version": 1, "network": {"allowPrivate": ["127.0.0.1/32"]}, "sources": [
    {"id": f"s{i}", "kind": "feed", "url": f"http://127.0.0.1:{port[0]}/s{i}", "interval": f"{options.every}s"} for i in range(options.sources)]},
    open(registry, "w"))
hosts = []


def start():
    number = len(hosts)
    command = [wiredesk, "run", "--registry", registry, "--data", f"{folder}/data-{number}", "--store", url, "--listen", "127.0.0.1:0",
               "--roles", "poll,web", "--log", "notice"]
    hosts.append(subprocess.Popen(command, cwd=folder, stderr=open(f"{folder}/host-{number}.log", "wb")))


def table():
    return json.loads(subprocess.run([wiredesk, "hosts", "--json", "--store", url, "--data", folder + "/data-0"], stdout=subprocess.PIPE).stdout or "[]")


def act(action):
    name, _, number = action.partition(":")
    if name == "start": start()
    elif name == "kill-store": store.kill()
    elif name == "start-store": store.start()
    else: hosts[int(number)].send_signal(
        {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "wake": signal.SIGCONT, "term": signal.SIGTERM}[name])


began = time.time()
for _ in range(options.hosts): start()
plan = sorted((float(item.split(":", 1)[0]), item.split(":", 1)[1]) for item in options.do)
troubles = []
shown = began
while time.time() - began < options.seconds:
    while plan and time.time() - began >= plan[0][0]:
        _, action = plan.pop(0)
        act(action)
        troubles.append((time.time(), action))
        print(f"{time.time() - began:6.1f} s  {action}")
    if time.time() - shown > 20:
        shown = time.time()
        print(f"{time.time() - began:6.1f} s  {sum(map(len, asked.values()))} requests; " + (", ".join(
            f"{host['pid']} {host['state']} {host['sources']} sources {host['pollsPerMinute']}/min lost {host['leasesLost']}" for host in table())
            if not (store and store.process.poll() is not None) else "the store is away"))
    time.sleep(0.2)
ended = time.time()
print(json.dumps(table(), indent=1) if not (store and store.process.poll() is not None) else "the store is away")
for host in hosts:
    try: host.send_signal(signal.SIGCONT)
    except OSError: pass
    host.terminate()
for host in hosts: host.wait(30)

# What the sources saw. A poll that a killed or stopped host had begun, and never filed, is asked for again: those are told apart.
early, late, never, gaps = [], [], [], []
for i in range(options.sources):
    times = asked.get(f"s{i}", [])
    if not times:
        never.append(i)
        continue
    for before, after in zip(times, times[1:] + [ended]):
        gap = after - before
        if after != ended: gaps.append(gap)
        if after != ended and gap < options.every * 0.9: early.append((i, before - began, gap))
        if gap > options.every * 1.1 + 2: late.append((i, before - began, gap))
excused = [e for e in early if any(e[1] - 1 <= at - began <= e[1] + e[2] + 1 for at, action in troubles if action.split(":")[0] in ("kill", "stop", "kill-store", "term"))]
lateness = [gap - options.every for _, _, gap in late]
gaps.sort()
counts = sorted(len(asked.get(f"s{i}", [])) for i in range(options.sources))
print(f"{sum(counts)} requests to {options.sources} sources in {ended - began:.0f} s: per source {counts[0]} to {counts[-1]}")
if gaps: print(f"seconds between two requests: least {gaps[0]:.1f}, middle {gaps[len(gaps) // 2]:.1f}, most {gaps[-1]:.1f}")
for source, at, gap in early[:10]: print(f"  s{source} at {at:.1f} s and {gap:.1f} s later")
print(f"asked twice within an interval: {len(early)}, of them {len(excused)} that a trouble had broken off")
print(f"late: {len(late)}, by {max(lateness, default=0):.1f} s at most; never asked: {len(never)}")
lost = sum(open(f"{folder}/host-{n}.log", errors="replace").read().count("its lease") for n in range(len(hosts)))
print(f"late filings that were refused: {lost}")
articles = subprocess.run([wiredesk, "articles", "--json", "--limit", "1000", "--store", url, "--data", folder + "/data-0"], stdout=subprocess.PIPE).stdout
titles = [article["title"] for article in json.loads(articles or "[]")]
print(f"of the last {len(titles)} articles {len(titles) - len(set(titles))} are there twice")
if store: store.kill()
if not options.keep: shutil.rmtree(folder)
sys.exit(1 if len(early) > len(excused) or never or max(lateness, default=0) > options.takeover or len(titles) != len(set(titles)) else 0)
