#!/usr/bin/env python3
"""A day of 15 s scrapes in minutes, with seal, archive and clean stop, beside Prometheus.

An exporter serves TARGETS pages of SERIES series (counters, gauges with decimals, buckets, constants; no
page is repeated), and each server scrapes it alone: 5,760 pages of each target for a day, 15/PACE s apart,
until the exporter has no more. Prometheus refuses samples of another day beside its own of now, so that its
day is made smaller instead: the ranges of its blocks are divided by PACE (hidden flags of it), so that it
compacts as often as in a day, but for its look once a minute. Martlet's scraper and store run under a clock
that is PACE times faster (`martlet-bench day`), with the agent's upkeep, without the rest of the agent;
the live comparison (`ingest.py`, not in this repository) has all of it. Both are then stopped by SIGTERM, and
everything from start to end counts: processor seconds, greatest memory, bytes left (Martlet's archive on its
own line, which Prometheus has none of).

    swift build -c release --static-swift-stdlib --product martlet-bench
    Benchmarks/day.py [--build .build/release] [--targets 10] [--series 2000] [--hours 24] [--pace 60]
                      [--archived 100] [--rounds 1]
"""

import argparse
import asyncio
import os
import random
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time

from disk import size
from promql import free_port


class Exporter(threading.Thread):
    """Serves /t/NUMBER, so many pages of each target, and errors after that."""

    def __init__(self, targets, series, pages):
        super().__init__(daemon=True)
        self.port, self.pages, self.served = free_port(), pages, [0] * targets
        self.lines = 0
        seeded = random.Random(7)
        self.families = []
        for family in range(series // 20):
            kind = family % 4
            stem = ("requests_total", "queue_depth", "latency_seconds_bucket", "build_info")[kind]
            head = f"# TYPE bench_{stem}_{family} {'counter' if kind in (0, 2) else 'gauge'}\n"
            rows = [(f'bench_{stem}_{family}{{path="/api/v1/resource/{row}",method="GET",pod="pod-{row % 7}"}} ',
                     kind, seeded.randrange(1, 50), seeded.randrange(1, 10**6)) for row in range(20)]
            self.families.append((head, rows))
        self.page_lines = len(self.families) * 20

    def page(self, target):
        turn = target * 977 + self.served[target]
        out = []
        for head, rows in self.families:
            out.append(head)
            for prefix, kind, step, base in rows:
                value = (base + turn * step if kind == 0 else (turn * 7919 + base) % 100_003 / 97 if kind == 1
                         else base + turn // step if kind == 2 else 1)
                out.append(f"{prefix}{value}\n")
        return "".join(out).encode()

    async def client(self, reader, writer):
        try:
            while line := await reader.readline():
                target = int(line.split()[1].rsplit(b"/", 1)[1].split(b"?")[0])
                while (await reader.readline()).strip():
                    pass
                if self.served[target] >= self.pages:
                    writer.write(b"HTTP/1.1 503 no more pages\r\nContent-Length: 0\r\n\r\n")
                else:
                    body = self.page(target)
                    self.served[target] += 1
                    self.lines += self.page_lines
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
                                 b"Content-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (ConnectionError, IndexError, ValueError):
            pass
        finally:
            writer.close()

    def run(self):
        async def main():
            await asyncio.start_server(self.client, "127.0.0.1", self.port)
            await asyncio.Event().wait()
        asyncio.run(main())


# Prometheus looks for what can be compacted once a minute; both wait, scraping what has no more pages.
SETTLE = 65


def measure(name, command, exporter, data, log):
    # As the agent sets it for itself; Prometheus has no use for it.
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=dict(os.environ, MALLOC_ARENA_MAX="2"))
    try:
        reported = time.monotonic()
        while min(exporter.served) < exporter.pages:
            if process.poll() is not None:
                raise SystemExit(f"{name} ended early; see {log.name}")
            time.sleep(0.2)
            if time.monotonic() - reported > 30:
                reported = time.monotonic()
                print(f"{name}: {min(exporter.served)} of {exporter.pages} pages", flush=True)
        time.sleep(SETTLE)
        process.send_signal(signal.SIGTERM)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
        if status:
            raise SystemExit(f"{name} ended with status {status}; see {log.name}")
    finally:
        if process.returncode is None:
            process.kill()
    millions = exporter.lines / 1e6
    archive = size(data + "/archive")
    return {"samples": exporter.lines, "cpu": (used.ru_utime + used.ru_stime) / millions,
            "memory": used.ru_maxrss / 1024, "bytes": (size(data) - archive) / exporter.lines,
            "archive": archive / 1e6}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--build", default=root + "/.build/release", help="folder of the binaries")
    parser.add_argument("--targets", type=int, default=10)
    parser.add_argument("--series", type=int, default=2000, help="of each target")
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--pace", type=int, default=60)
    parser.add_argument("--archived", type=int, default=100, help="series in Martlet's archive")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    pages = int(options.hours * 240)
    rows = {}
    for _ in range(options.rounds):
        for name in ["prometheus", "martlet"]:
            work = tempfile.mkdtemp(prefix="martlet-day-")
            exporter = Exporter(options.targets, options.series, pages)
            exporter.start()
            time.sleep(0.3)
            with open(work + "/prometheus.yml", "w") as file:
                file.write(f"scrape_configs:\n- job_name: bench\n  scrape_interval: {15_000 // options.pace}ms\n"
                           f"  scrape_timeout: {15_000 // options.pace}ms\n  static_configs:\n")
                for target in range(options.targets):
                    file.write(f"  - {{targets: ['127.0.0.1:{exporter.port}'], labels: "
                               f"{{__metrics_path__: /t/{target}, instance: t{target}}}}}\n")
            data = work + "/data"
            span = f"{7_200 // options.pace}s"
            command = {
                "prometheus": ["prometheus", f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={data}",
                               f"--web.listen-address=127.0.0.1:{free_port()}",
                               f"--storage.tsdb.min-block-duration={span}",
                               f"--storage.tsdb.max-block-duration={86_400 // options.pace}s"],
                "martlet": [options.build + "/martlet-bench", "day", data, str(exporter.port),
                            str(options.targets), str(options.pace), str(options.archived)],
            }[name]
            try:
                with open(work + "/log", "wb") as log:
                    rows.setdefault(name, []).append(measure(name, command, exporter, data, log))
            except SystemExit:
                print(open(work + "/log", errors="replace").read()[-2000:])
                raise
            finally:
                shutil.rmtree(work, ignore_errors=True)
    middle = {name: {key: statistics.median(row[key] for row in found) for key in found[0]}
              for name, found in rows.items()}
    base = middle["prometheus"]
    print(f"{options.targets} targets × {options.series} series, {options.hours:g} hours at 15 s, {options.pace} times "
          f"faster, {options.rounds} round(s), {base['samples']:,.0f} samples")
    for name, row in middle.items():
        print(f"{name:11} {row['cpu']:5.2f} CPU s per million samples ({row['cpu'] / base['cpu']:.2f} x), "
              f"memory {row['memory']:5.0f} MB at most ({row['memory'] / base['memory']:.2f} x), "
              f"{row['bytes']:5.2f} bytes a sample ({row['bytes'] / base['bytes']:.2f} x)"
              + (f", archive {row['archive']:.1f} MB" if row["archive"] else ""))


if __name__ == "__main__":
    main()
