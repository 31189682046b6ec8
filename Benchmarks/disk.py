#!/usr/bin/env python3
"""Bytes on disk after a day of node exporter's pages at 15 s, beside Prometheus.

Scrapes a real node exporter 5,760 times in quick succession and dates the pages 15 s apart (so counters
move less from page to page than in a real day, for both alike), gives them to Debian's prometheus by
remote write and to Martlet's store by `martlet-bench replay`, and prints the bytes per sample of both
data folders: Prometheus' blocks, head and write-ahead log; Martlet's blocks and journal, its archive on
its own line.

    swift build -c release --static-swift-stdlib --product martlet-bench
    Benchmarks/disk.py [--build .build/release] [--pages 5760] [--every 0.05]
"""

import argparse
import http.client
import os
import shutil
import subprocess
import sys
import tempfile
import time

from promql import Server, field, free_port, snappy, varint
import struct


def record(path, pages, every):
    port = free_port()
    exporter = Server("node exporter", [
        "prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}",
    ], port, os.devnull, ready="/metrics")
    try:
        with open(path, "wb") as file:
            began = time.time()
            for number in range(pages):
                status, body = exporter.get("/metrics")
                if status != 200:
                    sys.exit(f"node exporter answered {status}")
                file.write(b"%d\n" % len(body) + body)
                time.sleep(max(0, began + (number + 1) * every - time.time()))
                if number % 500 == 499:
                    print(f"\r{number + 1} of {pages} pages", end="", file=sys.stderr)
            print(file=sys.stderr)
    finally:
        exporter.stop()


def read(path):
    with open(path, "rb") as file:
        while line := file.readline():
            yield file.read(int(line))


def labels_of(series):
    """The label messages of a raw series, sorted, with job="node"."""
    name, _, rest = series.partition("{")
    pairs = {"__name__": name, "job": "node"}
    while rest and rest[0] != "}":
        key, _, rest = rest.partition('="')
        value, place = "", 0
        while rest[place] != '"':
            if rest[place] == "\\":
                place += 1
                value += {"n": "\n"}.get(rest[place], rest[place])
            else:
                value += rest[place]
            place += 1
        pairs[key] = value
        rest = rest[place + 1:].lstrip(",")
    return b"".join(field(1, field(1, k.encode()) + field(2, v.encode()))
                    for k, v in sorted(pairs.items()) if v)


def feed(port, path, start, step, group=60):
    """Writes the pages to Prometheus, some at a time; answers the number of samples."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    pack = struct.Struct("<d").pack
    labels, waiting, samples, pages = {}, {}, 0, 0

    def flush():
        pieces = [field(1, labels[series] + b"".join(columns)) for series, columns in waiting.items()]
        connection.request(
            "POST", "/api/v1/write", snappy(b"".join(pieces)),
            {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
             "X-Prometheus-Remote-Write-Version": "0.1.0"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status // 100 != 2:
            sys.exit(f"prometheus did not take the samples: {answer.status} {text[:200]}")
        waiting.clear()

    for page in read(path):
        stamp = b"\x10" + varint(start + pages * step)
        for line in page.decode().splitlines():
            if line and line[0] != "#":
                series, _, value = line.rpartition(" ")
                if series not in labels:
                    labels[series] = labels_of(series)
                waiting.setdefault(series, []).append(b"\x12" + varint(9 + len(stamp)) + b"\x09" + pack(float(value)) + stamp)
                samples += 1
        pages += 1
        if pages % group == 0:
            flush()
    flush()
    return samples


def size(folder):
    return sum(os.path.getsize(os.path.join(top, name)) for top, _, names in os.walk(folder) for name in names)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--build", default=root + "/.build/release", help="folder of the binaries")
    parser.add_argument("--pages", type=int, default=5760)
    parser.add_argument("--every", type=float, default=0.05, help="seconds between two scrapes")
    parser.add_argument("--record", help="a file of pages to use, or to make")
    options = parser.parse_args()
    work = tempfile.mkdtemp(prefix="martlet-disk-")
    try:
        pages = options.record or work + "/pages"
        if not os.path.exists(pages):
            record(pages, options.pages, options.every)
        step = 15_000
        start = int(time.time() * 1000) - options.pages * step
        with open(work + "/prometheus.yml", "w") as file:
            file.write("global: {}\n")
        port = free_port()
        prometheus = Server("prometheus", [
            "prometheus", f"--config.file={work}/prometheus.yml",
            f"--storage.tsdb.path={work}/prometheus", f"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-remote-write-receiver",
        ], port, work + "/prometheus.log")
        samples = feed(port, pages, start, step)
        # It looks once a minute for what can be compacted, and compacts two hours at a time.
        previous = -1
        while (now := len(os.listdir(work + "/prometheus"))) != previous:
            previous = now
            time.sleep(75)
        prometheus.stop()
        subprocess.run([
            options.build + "/martlet-bench", "replay", work + "/martlet", pages, str(start), str(step),
        ], check=True)
        theirs = size(work + "/prometheus")
        blocks, journal = size(work + "/martlet/blocks"), size(work + "/martlet/journal")
        archive = size(work + "/martlet/archive")
        wal = size(work + "/prometheus/wal") + size(work + "/prometheus/chunks_head")
        print(f"{samples:,} samples")
        print(f"prometheus  {theirs / samples:5.2f} bytes a sample (write-ahead log and head {wal / 1e6:.1f} MB, blocks {(theirs - wal) / 1e6:.1f} MB)")
        print(f"martlet     {(blocks + journal) / samples:5.2f} bytes a sample (journal {journal / 1e6:.1f} MB, blocks {blocks / 1e6:.1f} MB)")
        print(f"ratio       {(blocks + journal) / theirs:5.2f}")
        print(f"archive     {archive / 1e6:.1f} MB for years, a size known in advance")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
