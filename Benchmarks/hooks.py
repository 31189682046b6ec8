#!/usr/bin/env python3
"""Webhooks under load: how fast they are answered while pages refresh, and whether any is lost.

Starts the release build of martlet on a fresh folder, sends signed GitHub and bearer-proven generic
deliveries at a fixed rate over kept connections, while some browsers' worth of page requests go on;
then kills the agent with SIGKILL right after the last answer, starts it again and counts what it knows.

    swift build -c release --static-swift-stdlib --product martlet
    Benchmarks/hooks.py [--rate 500] [--seconds 60] [--browsers 4] [--build .build/release]

Latency is taken from the moment at which a delivery was due, so that a stalled agent cannot hide the
ones that had to wait. Exits with 1 when an accepted delivery is lost or p99 is over --limit-ms (50).
The standard library is all it needs.
"""

import argparse
import asyncio
import hashlib
import hmac
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from promql import free_port

SECRET = b"It's a Secret to Everybody"
START = 1_763_700_000  # November 2025; what happened has its own time, not its arrival's
PAGES = [
    "/", "/api/martlet/v1/kpis", "/api/martlet/v1/delivery/releases", "/api/martlet/v1/decisions",
    "/api/martlet/v1/delivery/flow", "/api/martlet/v1/home",
    "/api/v1/query?query=sum(rate(martlet_ingest_accepted_total%5B1m%5D))",
]


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def delivery(index, seed):
    """The request of one delivery, as bytes; every one is a build of its own."""
    at = START + index
    status = "failure" if index % 11 == 0 else "success"
    if index % 2:
        body = json.dumps({
            "kind": "build", "id": f"{seed}-{index}", "time": at * 1000, "service": "shop",
            "fields": {"build": f"{seed}-{index}", "job": "ci", "status": status,
                       "started": (at - 60) * 1000, "finished": at * 1000},
        }).encode()
        head = "POST /hooks/generic/ci HTTP/1.1\r\nAuthorization: Bearer s3cret\r\n"
    else:
        sha = hashlib.sha1(f"{seed}-{index}".encode()).hexdigest()
        body = json.dumps({
            "action": "completed",
            "workflow_run": {
                "id": 10_000_000 + index, "name": "ci", "head_branch": "main", "head_sha": sha,
                "status": "completed", "conclusion": status, "run_attempt": 1, "event": "push",
                "created_at": stamp(at - 70), "run_started_at": stamp(at - 60),
                "updated_at": stamp(at), "html_url": "https://github.com/acme/shop/actions",
                # About what GitHub sends: most of a delivery is not read.
                "repository": {"full_name": "acme/shop", "filler": "x" * 6000}},
            "repository": {"id": 1, "full_name": "acme/shop"}, "sender": {"login": "octo", "type": "User"},
        }).encode()
        code = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        head = ("POST /hooks/github/shop HTTP/1.1\r\nX-GitHub-Event: workflow_run\r\n"
                f"X-GitHub-Delivery: {seed}-{index}\r\nX-Hub-Signature-256: sha256={code}\r\n")
    return (f"{head}Host: martlet\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode() + body


async def answer(reader):
    """Reads one answer and gives its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    if length:
        await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


async def send(port, requests, rate, connections):
    """Sends at the rate; gives the latencies in ms and how many were accepted."""
    latencies, accepted, queue = [], [], asyncio.Queue()

    async def work():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (item := await queue.get()) is not None:
            due, index = item
            writer.write(requests[index])
            status = await answer(reader)
            latencies.append((time.perf_counter() - due) * 1000)
            if status == 202 or status == 200:
                accepted.append(index)
        writer.close()

    workers = [asyncio.create_task(work()) for _ in range(connections)]
    begin = time.perf_counter() + 0.5
    for index in range(len(requests)):
        due = begin + index / rate
        wait = due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        queue.put_nowait((due, index))
    for _ in workers:
        queue.put_nowait(None)
    await asyncio.gather(*workers)
    return latencies, accepted, time.perf_counter() - begin


async def browse(port, stop, counts):
    """One browser that looks at all pages, every two seconds anew."""
    while not stop.is_set():
        for path in PAGES:
            begin = time.perf_counter()
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(f"GET {path} HTTP/1.1\r\nHost: martlet\r\nConnection: close\r\n\r\n".encode())
                await reader.read()
                writer.close()
                counts.append((time.perf_counter() - begin) * 1000)
            except OSError:
                pass
        try:
            await asyncio.wait_for(stop.wait(), 2)
        except asyncio.TimeoutError:
            pass


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as response:
        return response.read()


def start(binary, folder, port, share):
    log = open(os.path.join(folder, "agent.log"), "a")
    agent = subprocess.Popen(
        [binary, "run", "--listen", f"127.0.0.1:{port}", "--data", os.path.join(folder, "data"),
         "--config", os.path.join(folder, "martlet.yml"), "--share", share],
        stdout=log, stderr=log, cwd=folder)
    for _ in range(300):
        try:
            get(port, "/-/ready")
            return agent
        except OSError:
            time.sleep(0.1)
    agent.kill()
    sys.exit(f"the agent does not start: {log.name}")


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def builds(port, expected):
    """How many builds the agent knows; figures of many events are folded at leisure, so it waits."""
    window = f"from={START - 86_400}&to={START + 864_000}"
    deadline = time.time() + 240
    known = -1
    while time.time() < deadline and known < expected:
        data = json.loads(get(port, f"/api/martlet/v1/kpis/build_success_rate/rows?{window}"))["data"]
        known = len(data["rows"]) + len(data["excluded"]) + len(data["open"])
        time.sleep(2)
    return known


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--rate", type=int, default=500)
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--browsers", type=int, default=4)
    options.add_argument("--connections", type=int, default=32)
    options.add_argument("--limit-ms", type=float, default=50)
    options.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options.add_argument("--build", default=os.path.join(root, ".build/release"))
    options = options.parse_args()
    binary = os.path.join(os.path.abspath(options.build), "martlet")
    folder = tempfile.mkdtemp(prefix="martlet-hooks-")
    with open(os.path.join(folder, "martlet.yml"), "w") as file:
        file.write(f"""
host: {{enabled: false}}
hooks:
  - {{kind: generic, name: ci, secret: s3cret, proof: bearer}}
  - {{kind: github, name: shop, secret: "{SECRET.decode()}"}}
""")
    print(f"seed {options.seed}, {options.rate}/s for {options.seconds} s, "
          f"{options.browsers} browsers, {os.cpu_count()} cores")
    requests = [delivery(index, options.seed) for index in range(options.rate * options.seconds)]
    agent = None
    try:
        port = free_port()
        agent = start(binary, folder, port, root)
        pages = []

        async def load():
            stop = asyncio.Event()
            browsers = [asyncio.create_task(browse(port, stop, pages)) for _ in range(options.browsers)]
            result = await send(port, requests, options.rate, options.connections)
            agent.send_signal(signal.SIGKILL)
            stop.set()
            for one in browsers:
                one.cancel()
            return result

        latencies, accepted, took = asyncio.run(load())
        agent.wait()
        print(f"answers: {len(latencies)} in {took:.1f} s, accepted {len(accepted)}")
        p50, p90, p99 = (quantile(latencies, share) for share in (0.5, 0.9, 0.99))
        print(f"answer in ms: p50 {p50:.1f}, p90 {p90:.1f}, p99 {p99:.1f}, max {max(latencies):.1f}")
        print(f"pages: {len(pages)} requests, p50 {quantile(pages, 0.5):.1f} ms, p99 {quantile(pages, 0.99):.1f} ms")
        port = free_port()
        agent = start(binary, folder, port, root)
        known = builds(port, len(accepted))
        lost = len(accepted) - known
        print(f"after kill -9: {known} of {len(accepted)} accepted builds are known, {max(0, lost)} lost")
        good = lost <= 0 and len(accepted) == len(requests) and p99 <= options.limit_ms
        print("PASS" if good else "FAIL")
        return 0 if good else 1
    finally:
        if agent and agent.poll() is None:
            agent.terminate()
            agent.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
