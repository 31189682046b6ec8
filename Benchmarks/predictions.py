#!/usr/bin/env python3
"""20,000 predictions a second over HTTP, `kill -9`, and whether all that was acknowledged is there.

Starts the release build of martlet in a folder of its own and posts bodies of 500 lines (20 features, a
score and a class each) over keep-alive connections at a fixed rate: first as plain JSON lines, then as
gzip. The bodies are made beforehand, so that the sender takes next to nothing of the cores. Prints the
rate that was acknowledged, the server's and the sender's processor time, the time to the
acknowledgement (from the moment the body was due) and what else took the cores meanwhile. Then it kills
the server with signal 9, starts it again on the same folder and counts rows through the API of profiles
and in the day's files: fewer than were acknowledged, or none at all, is a failure.

    swift build -c release --static-swift-stdlib --product martlet
    Benchmarks/predictions.py [--build .build/release] [--rate 20000] [--seconds 60] [--connections 4]
"""

import argparse
import glob
import gzip
import http.client
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from promql import free_port, processor_seconds

LINES = 500
BODIES = 40


def body(number):
    """14 numbers with up to 16 digits, 4 whole numbers, 2 categories, a score and a class a line."""
    made = random.Random(number)
    lines = []
    for row in range(LINES):
        features = {f"f{index}": made.uniform(-5, 5) for index in range(14)}
        features.update({f"f{index}": made.randrange(100) for index in range(14, 18)})
        features["region"] = made.choice(["north", "south", "east", "west"])
        features["plan"] = made.choice(["free", "team", "firm"])
        score = round(made.random(), 6)
        lines.append(json.dumps({
            "model": "credit", "version": "v3", "id": f"{number}-{row}", "features": features,
            "score": score, "output": "1" if score >= 0.5 else "0",
            "latency": round(made.uniform(0.01, 0.3), 4)}, separators=(",", ":")))
    return ("\n".join(lines) + "\n").encode()


def busy_seconds():
    """Processor time of the whole machine that was not idle."""
    with open("/proc/stat") as file:
        words = [int(word) for word in file.readline().split()[1:9]]
    return (sum(words) - words[3] - words[4]) / os.sysconf("SC_CLK_TCK")


class Agent:
    def __init__(self, binary, folder):
        self.binary, self.folder, self.port = binary, folder, free_port()

    def start(self):
        began = time.monotonic()
        self.process = subprocess.Popen(
            [self.binary, "run", "--listen", f"127.0.0.1:{self.port}", "--data", self.folder + "/data"],
            stdout=open(self.folder + "/log", "ab"), stderr=subprocess.STDOUT)
        while True:
            try:
                if urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=1).status == 200:
                    return time.monotonic() - began
            except OSError:
                if self.process.poll() is not None or time.monotonic() - began > 60:
                    sys.exit(open(self.folder + "/log").read()[-2000:] + "\nthe agent did not start")
                time.sleep(0.05)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def memory(self):
        with open(f"/proc/{self.process.pid}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))


def send(port, bodies, headers, rate, seconds, connections):
    """Posts at a fixed rate; gives acknowledged lines, times to the acknowledgement, faults, wall time."""
    every = LINES / rate
    total = int(seconds / every)
    begun = time.monotonic() + 0.2
    lock, turn, waits, faults = threading.Lock(), [0], [], []

    def run():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                mine = turn[0]
                turn[0] += 1
            due = begun + mine * every
            if mine >= total or time.monotonic() > begun + seconds + 5:
                return connection.close()
            time.sleep(max(0, due - time.monotonic()))
            connection.request("POST", "/api/martlet/v1/predictions", bodies[mine % len(bodies)], headers)
            answer = connection.getresponse()
            said = answer.read()
            if answer.status == 200:
                waits.append(time.monotonic() - due)
            else:
                faults.append(f"{answer.status} {said[:200]!r}")

    threads = [threading.Thread(target=run) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(waits) * LINES, sorted(waits), faults, max(time.monotonic() - begun, 1e-9)


def rows_by_api(port):
    """Rows of the last day and what the answer says of its own completeness."""
    url = f"http://127.0.0.1:{port}/api/martlet/v1/models/credit/profiles?by=all&column=score"
    with urllib.request.urlopen(url, timeout=60) as answer:
        data = json.load(answer)["data"]
    return sum(span["rows"] for span in data["spans"]), data["partial"]


def rows_on_disk(folder):
    count = 0
    for path in glob.glob(folder + "/data/predictions/*.db"):
        base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        count += base.execute("SELECT coalesce(sum(rows), 0) FROM blocks").fetchone()[0]
        base.close()
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--build", default=root + "/.build/release", help="folder of the binary")
    parser.add_argument("--rate", type=float, default=20_000, help="predictions a second")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    plain = [body(number) for number in range(BODIES)]
    packed = [gzip.compress(one, 6) for one in plain]
    print(f"{LINES} lines a body, {len(plain[0]) / 1000:.0f} kB plain, {len(packed[0]) / 1000:.0f} kB gzip; "
          f"{options.rate:.0f}/s asked for over {options.connections} connections, "
          f"{os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="martlet-predictions-") as folder:
        agent = Agent(options.build + "/martlet", folder)
        agent.start()
        acknowledged, isGood = 0, True
        for name, bodies, headers in [
            ("plain", plain, {}), ("gzip", packed, {"Content-Encoding": "gzip"})
        ]:
            server, own, machine = processor_seconds(agent.process.pid), time.process_time(), busy_seconds()
            lines, waits, faults, wall = send(
                agent.port, bodies, headers, options.rate, options.seconds, options.connections)
            server = processor_seconds(agent.process.pid) - server
            own, machine = time.process_time() - own, busy_seconds() - machine
            acknowledged += lines
            if not waits:
                sys.exit(f"{name}: nothing was acknowledged: {faults[:3]}")
            p50, p99 = (1000 * waits[min(int(share * len(waits)), len(waits) - 1)] for share in (0.5, 0.99))
            print(f"{name}: {lines / wall:.0f}/s acknowledged ({lines / wall / options.rate:.2f} of what was "
                  f"asked), martlet {server / wall:.2f} cores, sender {own / wall:.2f}, others "
                  f"{max(machine - server - own, 0) / wall:.2f}; acknowledgement p50 {p50:.0f} ms, "
                  f"p99 {p99:.0f} ms; {len(faults)} refused {faults[:1] or ''}")
        print(f"greatest memory {agent.memory():.0f} MB")
        agent.kill()
        ready = agent.start()
        found, (seen, partial) = rows_on_disk(folder), rows_by_api(agent.port)
        agent.kill()
        isGood = found >= acknowledged > 0 and (seen >= acknowledged or partial and seen > 0)
        kept = sum(os.path.getsize(path) for path in glob.glob(folder + "/data/predictions/*"))
        print(f"killed with signal 9 and ready again after {ready:.1f} s: {acknowledged} acknowledged, "
              f"{found} on the disk ({kept / max(found, 1):.0f} bytes each), {seen} through the API"
              f"{' (which stopped there)' if partial else ''}: {'all there' if isGood else 'LOST ROWS'}")
        sys.exit(0 if isGood else 1)


if __name__ == "__main__":
    main()
