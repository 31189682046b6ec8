#!/usr/bin/env python3
"""PromQL beside Prometheus: the same 10,000 series over six hours at 15 s in both, the same queries.

Starts Debian's prometheus and the release build of martlet, fills both with the same samples
(prometheus over remote write, martlet with `martlet-bench fill`, which appends scrape by scrape with
the agent's own upkeep between), restarts prometheus so that both come from disk, and asks both in
turn. Prints medians of five, their ratio, whether the answers agree, and the peak memory of each.

    swift build -c release --static-swift-stdlib --product martlet --product martlet-bench   # one product a call
    Benchmarks/promql.py [--build .build/release] [--rounds 5] [--work FOLDER]

The standard library is all it needs.
"""

import argparse
import http.client
import json
import math
import os
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

STEP = 15_000
STEPS = 1440
QUERIES = [
    "sum by (mode) (rate(node_cpu_seconds_total[5m]))",
    "histogram_quantile(0.99, sum by (le) (rate(x_bucket[5m])))",
    "topk(5, x)",
    'count by (instance) ({__name__=~"node_.*"})',
]


def lines():
    """(labels, is counter, index of the series below in its histogram); as Fill.swift has them."""
    modes = ["idle", "user", "system", "iowait", "irq", "nice", "softirq", "steal"]
    bounds = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "0.75", "1.5", "2.5", "7.5", "+Inf"]
    made = []

    def add(name, rest, counter=False, below=None):
        made.append((sorted({"__name__": name, "job": "bench", **rest}.items()), counter, below))

    for host in range(50):
        for cpu in range(8):
            for mode in modes:
                add("node_cpu_seconds_total",
                    {"instance": f"host{host}:9100", "cpu": str(cpu), "mode": mode}, True)
    for host in range(50):
        for route in range(4):
            for place, bound in enumerate(bounds):
                add("x_bucket", {"instance": f"host{host}:9100", "route": f"/r{route}", "le": bound},
                    True, len(made) - 1 if place else None)
    for host in range(50):
        for shard in range(20):
            add("x", {"instance": f"host{host}:9100", "shard": str(shard)})
    for metric in range(34):
        for host in range(100):
            add(f"node_metric_{metric}", {"instance": f"host{host}:9100"})
    return made


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def snappy(data):
    """Snappy's block format with literals only: valid, and nothing to compute."""
    out = [varint(len(data))]
    for start in range(0, len(data), 65536):
        piece = data[start:start + 65536]
        out += [b"\xf4", struct.pack("<H", len(piece) - 1), piece]
    return b"".join(out)


def field(number, payload):
    return bytes([number << 3 | 2]) + varint(len(payload)) + payload


def feed_prometheus(port, start):
    """Half an hour at a time for all series, oldest first, as an in-order sender would."""
    series = lines()
    labels = [b"".join(field(1, field(1, n.encode()) + field(2, v.encode())) for n, v in names)
              for names, _, _ in series]
    states = [(index * 2_654_435_761 + 12_345) & 0x7FFFFFFF for index in range(len(series))]
    # Far from zero, near which 2.x and 3.x extrapolate differently.
    totals = [100_000.0] * len(series)
    pack = struct.Struct("<d").pack
    connection = http.client.HTTPConnection("127.0.0.1", port)
    span = 120
    for first in range(0, STEPS, span):
        stamps = [b"\x10" + varint(start + step * STEP) for step in range(first, first + span)]
        columns = []
        pieces = []
        size = 0
        for index, (_, counter, below) in enumerate(series):
            state, total = states[index], totals[index]
            column = []
            for _ in range(span):
                state = (state * 1_103_515_245 + 12_345) & 0x7FFFFFFF
                random = (state >> 8) % 1000
                if counter:
                    total += random // 10
                    column.append(float(total))
                else:
                    column.append(random / 10 + index / 1_048_576)
            states[index], totals[index] = state, total
            if below is not None:
                column = [a + b for a, b in zip(column, columns[below])]
            columns.append(column)
            samples = b"".join([b"\x12\x10\x09" + pack(v) + t for v, t in zip(column, stamps)])
            pieces.append(field(1, labels[index] + samples))
            size += len(pieces[-1])
            if size > 8 << 20 or index == len(series) - 1:
                connection.request(
                    "POST", "/api/v1/write", snappy(b"".join(pieces)),
                    {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
                     "X-Prometheus-Remote-Write-Version": "0.1.0"})
                answer = connection.getresponse()
                text = answer.read()
                if answer.status // 100 != 2:
                    sys.exit(f"prometheus did not take the samples: {answer.status} {text[:200]}")
                pieces, size = [], 0


class Server:
    def __init__(self, name, command, port, log, ready="/-/ready"):
        self.name, self.port = name, port
        self.process = subprocess.Popen(command, stdout=open(log, "ab"), stderr=subprocess.STDOUT)
        deadline = time.time() + 120
        while time.time() < deadline:
            try:
                if self.get(ready)[0] == 200:
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        sys.exit(f"{name} did not come up:\n" + open(log).read()[-2000:])

    def get(self, path, parameters=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        if parameters:
            path += "?" + urllib.parse.urlencode(parameters)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()

    def memory(self, name="VmHWM"):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        return 0

    def forget_peak(self):
        with open(f"/proc/{self.process.pid}/clear_refs", "w") as file:
            file.write("5")

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def points(body):
    result = json.loads(body)["data"]["result"]
    found = {}
    for one in result:
        key = tuple(sorted(one["metric"].items()))
        for at, value in one.get("values") or [one["value"]]:
            found[key, at] = float(value)
    return found


def agree(left, right):
    a, b = points(left), points(right)
    if a.keys() != b.keys():
        return f"NO: {len(a.keys() ^ b.keys())} of {len(a)} points on one side only"
    worst = max((abs(a[k] - b[k]) / max(abs(a[k]), 1e-9) for k in a if not math.isnan(a[k])), default=0)
    return "yes" if worst < 1e-5 else f"NO: off by {worst:.2g}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--build", default=root + "/.build/release", help="folder of the binaries")
    parser.add_argument("--share", default=root, help="folder with dashboards/")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", help="a folder to use and to keep; filled once")
    parser.add_argument("--pause", action="store_true", help="leave both running until Enter")
    options = parser.parse_args()
    work = options.work or tempfile.mkdtemp(prefix="martlet-promql-")
    os.makedirs(work, exist_ok=True)
    stamp = work + "/end"
    running = []
    try:
        fresh = not os.path.exists(stamp)
        # A multiple of a minute, so that 6 h at 60 s ends on a scrape.
        end = int(open(stamp).read()) if not fresh else int(time.time()) // 60 * 60_000
        start = end - (STEPS - 1) * STEP
        with open(work + "/prometheus.yml", "w") as file:
            file.write("global: {}\n")
        with open(work + "/martlet.yml", "w") as file:
            # Queries alone are measured: all other work of the agent is off.
            file.write("host: {enabled: false}\nrule_files: []\nanomalies: {enabled: false}\n")

        def prometheus():
            port = free_port()
            server = Server("prometheus", [
                "prometheus", f"--config.file={work}/prometheus.yml",
                f"--storage.tsdb.path={work}/prometheus", f"--web.listen-address=127.0.0.1:{port}",
                "--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=15d",
            ], port, work + "/prometheus.log")
            running.append(server)
            return server

        if fresh:
            began = time.time()
            server = prometheus()
            feed_prometheus(server.port, start)
            server.stop()
            running.remove(server)
            fed = time.time()
            subprocess.run([options.build + "/martlet-bench", "fill", work + "/martlet", str(end)], check=True)
            print(f"filled prometheus in {fed - began:.0f} s, martlet in {time.time() - fed:.0f} s")
            with open(stamp, "w") as file:
                file.write(str(end))
        theirs = prometheus()
        port = free_port()
        ours = Server("martlet", [
            options.build + "/martlet", "run", "--config", work + "/martlet.yml", "--data",
            work + "/martlet", "--listen", f"127.0.0.1:{port}", "--share", options.share,
        ], port, work + "/martlet.log")
        running.append(ours)
        time.sleep(1)
        rest = {one.name: one.memory("VmRSS") for one in running}
        for one in running:
            one.forget_peak()
        print(f"{'query':66} {'kind':8} {'prometheus':>11} {'martlet':>11} {'ratio':>6}  agree")
        slower = 0
        for query in QUERIES:
            for kind in ["instant", "range"]:
                if kind == "instant":
                    # A millisecond off the scrapes: 2.x takes in a sample on a window's left end.
                    path, parameters = "/api/v1/query", {"query": query, "time": (end - 1) / 1000}
                else:
                    path, parameters = "/api/v1/query_range", {
                        "query": query, "start": (end - 1) / 1000 - 6 * 3600, "end": (end - 1) / 1000,
                        "step": 60}
                times = {theirs.name: [], ours.name: []}
                bodies = {}
                for _ in range(options.rounds + 1):
                    for one in [theirs, ours]:
                        began = time.perf_counter()
                        status, body = one.get(path, parameters)
                        times[one.name].append(time.perf_counter() - began)
                        if status != 200:
                            sys.exit(f"{one.name}: {status} {body[:300]}")
                        bodies[one.name] = body
                # The first answer of each warms caches and does not count.
                a, b = (statistics.median(times[one.name][1:]) * 1000 for one in [theirs, ours])
                slower += b > a
                note = agree(bodies[theirs.name], bodies[ours.name])
                print(f"{query:66} {kind:8} {a:8.1f} ms {b:8.1f} ms {b / a:6.2f}  {note}")
        for one in running:
            print(f"{one.name}: {rest[one.name]:.0f} MB resident before the queries, peak {one.memory():.0f} MB")
        if options.pause:
            print({one.name: (one.process.pid, one.port) for one in running}, "end", end)
            input()
        return 1 if slower else 0
    finally:
        for one in running:
            one.process.kill()
        if not options.work:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
