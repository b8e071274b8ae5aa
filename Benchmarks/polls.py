#!/usr/bin/env python3
"""Polls a second: SOURCES sources of a loopback server at an interval of 1 s, for SECONDS, against `wiredesk run`.
polls.py [WIREDESK] [304|items] [SECONDS] [SOURCES]; the server is this script's own process pool. A source is polled once a second at most,
so more sources than polls a second are needed to see the ceiling. With `perf` on the PATH it also tells where the CPU went."""
import json, multiprocessing, os, re, shutil, signal, socket, subprocess, sys, tempfile, time

wiredesk = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ".build/release/wiredesk")
mode = sys.argv[2] if len(sys.argv) > 2 else "304"
seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 20
sources = int(sys.argv[4]) if len(sys.argv) > 4 else 2000
listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
port = listener.getsockname()[1]
counter = multiprocessing.Value("q", 0)


def feed(path, n):
    body = "<p>" + "word " * 180 + "</p>"
    items = "".join(
        f"<item><guid>{path}-{k}</guid><link>https://news.example{path}/{k}</link><title>Story {k} of {path} about a market and a fund</title>"
        f"<pubDate>Tue, 24 Nov 2026 10:11:12 +0000</pubDate><content:encoded><![CDATA[{body}]]></content:encoded></item>" for k in range(n * 5 + 30, n * 5, -1))
    return f'<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>T</title>{items}</channel></rss>'.encode()


def serve():
    seen = {}
    while True:
        peer, _ = listener.accept()
        head = peer.recv(4096)
        if not head:
            peer.close()
            continue
        path = head.split(b" ", 2)[1].decode()
        with counter: counter.value += 1
        if mode == "304" and b"If-None-Match" in head:
            peer.sendall(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nConnection: close\r\n\r\n')
        else:
            seen[path] = seen.get(path, -1) + 1
            body = feed(path, seen[path] if mode != "304" else 0)
            peer.sendall(b'HTTP/1.1 200 OK\r\nETag: "a"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n' % len(body) + body)
        peer.close()


workers = [multiprocessing.Process(target=serve, daemon=True) for _ in range(2)]
for worker in workers: worker.start()
with tempfile.TemporaryDirectory() as folder:
    json.dump({"version": 1, "network": {"allowPrivate": ["127.0.0.1/32"]}, "sources": [
        {"id": f"s{i}", "kind": "feed", "url": f"http://127.0.0.1:{port}/{i}", "interval": "1s", "ceilings": {"newItemsPerDay": 1000000, "bytesStoredPerDay": "4GiB"}}
        for i in range(sources)]}, open(folder + "/Plugins.json", "w"))
    host = subprocess.Popen([wiredesk, "run", "--listen", "127.0.0.1:0", "--log", "error"], cwd=folder)
    time.sleep(6)
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")

    def cpu(): return sum(map(int, open(f"/proc/{host.pid}/stat").read().rsplit(")", 1)[1].split()[11:13])) / ticks

    began, polls, spent = time.time(), counter.value, cpu()
    time.sleep(seconds)
    took, polls, spent = time.time() - began, counter.value - polls, cpu() - spent
    shares = ""
    if shutil.which("perf"):
        record = ["perf", "record", "-q", "-e", "cpu-clock", "-F", "997", "-p", str(host.pid), "-o", folder + "/perf.data", "sleep", "3"]
        subprocess.run(record, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        table = subprocess.run(["perf", "report", "-i", folder + "/perf.data", "--sort", "dso", "--stdio"], capture_output=True, text=True).stdout
        found = dict((name, share) for share, name in re.findall(r"^\s*([\d.]+)%\s+(\S+)", table, re.M))
        def of(part): return sum(float(share) for name, share in found.items() if part in name)
        parts = {"libcurl": "libcurl", "libxml2": "libxml2", "SQLite": "libsqlite3", "kernel": "kernel", "wiredesk": "wiredesk"}
        shares = "\n  of that " + ", ".join(f"{label} {of(part):.0f} %" for label, part in parts.items())
    peak = int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{host.pid}/status").read()).group(1)) / 1024
    host.send_signal(signal.SIGTERM)
    host.wait(20)
    print(f"{mode}: {polls / took:.0f} polls/s, {spent / max(1, polls) * 1e6:.0f} µs CPU a poll, peak {peak:.0f} MB (the server shares the two cores){shares}")
