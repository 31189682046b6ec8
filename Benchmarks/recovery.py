#!/usr/bin/env python3
"""Speed of remote write, and `kill -9` with 100,000 active series after hours of 15 s scrapes.

Starts Debian's prometheus, its victoria-metrics and the release build of martlet one after the other,
writes the same samples to each by remote write (hours of 15 s scrapes of SERIES series, dated so that
they end now), and takes samples per second of wall time and of the server's processor time. Then it
kills the server with signal 9, starts it again on the same folder and takes the seconds until it is
ready, the seconds until a query counts all series and all samples, and the greatest memory before the
kill and after the start. Prints medians and their ratios to Prometheus.

    swift build -c release --static-swift-stdlib --product martlet
    Benchmarks/recovery.py [--build .build/release] [--series 100000] [--hours 3] [--rounds 1]
"""

import argparse
import http.client
import json
import os
import shutil
import signal
import statistics
import struct
import tempfile
import time

from promql import Server, field, free_port, processor_seconds, snappy, varint

STEP = 15_000
SHAPES = 50
SLICE = 40


def columns(start, steps):
    """Fifty columns of samples: counters of whole numbers, gauges with two decimals."""
    pack = struct.Struct("<d").pack
    made = []
    for shape in range(SHAPES):
        state, total, column = shape * 7919 + 1, 0, []
        for step in range(steps):
            state = (state * 1_103_515_245 + 12_345) & 0x7FFFFFFF
            random = (state >> 8) % 1000
            total += random // 10
            value = float(total) if shape % 2 else random / 100
            stamp = b"\x10" + varint(start + step * STEP)
            column.append(b"\x12" + varint(9 + len(stamp)) + b"\x09" + pack(value) + stamp)
        made.append(column)
    return made


def labels(number):
    pairs = {"__name__": f"bench_metric_{number % 200}", "instance": f"host{number // 1000}:9100",
             "job": "bench", "n": str(number)}
    return b"".join(field(1, field(1, k.encode()) + field(2, v.encode())) for k, v in sorted(pairs.items()))


def bodies(names, made, steps):
    for first in range(0, steps, SLICE):
        joined = [b"".join(column[first:first + SLICE]) for column in made]
        for start in range(0, len(names), 1000):
            pieces = [field(1, names[n] + joined[n % SHAPES]) for n in range(start, min(start + 1000, len(names)))]
            yield snappy(b"".join(pieces))


def feed(server, path, names, made, steps):
    """Seconds that the server took to answer, without those it took to make the bodies."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
               "X-Prometheus-Remote-Write-Version": "0.1.0"}
    spent = 0
    for body in bodies(names, made, steps):
        began = time.monotonic()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        spent += time.monotonic() - began
        if answer.status // 100 != 2:
            raise SystemExit(f"{server.name} did not take the samples: {answer.status} {text[:300]}")
    return spent


def ask(server, query, at):
    try:
        status, body = server.get("/api/v1/query", {"query": query, "time": at, "timeout": "100s"})
        result = json.loads(body)["data"]["result"] if status == 200 else []
        return float(result[0]["value"][1]) if result else 0
    except (OSError, http.client.HTTPException, ValueError, KeyError):
        return 0


def measure(name, command, ready, port, work, names, steps):
    start = int(time.time() * 1000) // STEP * STEP - steps * STEP
    made = columns(start, steps)
    log = f"{work}/{name}.log"
    server = Server(name, command, port, log, ready)
    used = processor_seconds(server.process.pid)
    spent = feed(server, "/api/v1/write", names, made, steps)
    used = processor_seconds(server.process.pid) - used
    samples = len(names) * steps
    row = {"name": name, "rate": samples / spent, "cpu": samples / used}
    last = (start + (steps - 1) * STEP) / 1000
    # Whole: each series at the last moment, and every sample of a hundredth of them.
    part = 'sum(count_over_time({job="bench",n=~"0|.*00"}[%ds]))' % (steps * STEP // 1000)
    whole = 'count({job="bench"})'
    expected = (len(names), steps * sum(1 for n in range(len(names)) if n % 100 == 0))
    if name != "victoria-metrics":
        found = (ask(server, whole, last), ask(server, part, last))
        if found != expected:
            raise SystemExit(f"{name} answers {found} before the kill, {expected} were written")
        time.sleep(2)
        row["before"] = server.memory()
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        began = time.monotonic()
        server = Server(name, command, port, log, ready)
        row["ready"] = time.monotonic() - began
        while (ask(server, whole, last), ask(server, part, last)) != expected:
            if time.monotonic() - began > 300:
                raise SystemExit(f"{name}: the answers are not whole after five minutes")
            time.sleep(0.1)
        row["whole"] = time.monotonic() - began
        row["after"] = server.memory()
    server.stop()
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--build", default=root + "/.build/release", help="folder of the binary")
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--hours", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    names = [labels(number) for number in range(options.series)]
    steps = int(options.hours * 240)
    rows = {}
    for _ in range(options.rounds):
        for name in ["prometheus", "victoria-metrics", "martlet"]:
            work = tempfile.mkdtemp(prefix="martlet-recovery-")
            port = free_port()
            with open(work + "/prometheus.yml", "w") as file:
                file.write("global: {}\n")
            with open(work + "/martlet.yml", "w") as file:
                # The past is written in minutes, so that its start must not have become too old.
                file.write(f'host: {{enabled: false}}\nrule_files: []\nstorage: {{head_window: {int(options.hours) + 2}h}}\n')
            address = f"127.0.0.1:{port}"
            command, ready = {
                "prometheus": (["prometheus", f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={work}/data",
                                f"--web.listen-address={address}", "--web.enable-remote-write-receiver"], "/-/ready"),
                "victoria-metrics": (["victoria-metrics", f"-storageDataPath={work}/data", f"-httpListenAddr={address}"], "/health"),
                "martlet": ([options.build + "/martlet", "run", "--share", root, "--config", work + "/martlet.yml", "--data", work + "/data",
                             "--listen", address], "/-/ready"),
            }[name]
            try:
                rows.setdefault(name, []).append(measure(name, command, ready, port, work, names, steps))
            finally:
                shutil.rmtree(work, ignore_errors=True)
    middle = {name: {key: statistics.median(row[key] for row in found) for key in found[0] if key != "name"}
              for name, found in rows.items()}
    base = middle["prometheus"]
    print(f"{options.series * steps:,} samples of {options.series:,} series, {options.rounds} round(s)")
    for name, row in middle.items():
        line = (f"{name:17} remote write {row['rate'] / 1e6:5.2f} M samples/s ({row['rate'] / base['rate']:.2f} x), "
                f"{row['cpu'] / 1e6:5.2f} M per CPU second ({row['cpu'] / base['cpu']:.2f} x)")
        if "ready" in row:
            line += (f"; kill -9: ready in {row['ready']:.1f} s, whole in {row['whole']:.1f} s, "
                     f"memory {row['before']:.0f} MB before, {row['after']:.0f} MB after ({row['after'] / row['before']:.2f} x)")
        print(line)


if __name__ == "__main__":
    main()
