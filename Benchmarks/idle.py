#!/usr/bin/env python3
"""What watching one machine takes when nothing happens, beside the programs that do the same together.

Starts Debian's prometheus, node exporter and alertmanager (the host every 10 s, its rules) and the release
build of martlet with its defaults (the host every 10 s, all rules, pages, webhooks), lets both settle, and
prints for medians of five windows: processor time and wake-ups a second, and resident memory at the end.
`--bare` measures both without the host: prometheus that scrapes nothing, martlet that collects nothing.

    swift build -c release --static-swift-stdlib --product martlet
    Benchmarks/idle.py [--build .build/release] [--seconds 20] [--bare]

The standard library is all it needs.
"""

import argparse
import json
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from mirror import cpu, wait_port
from promql import free_port

ROOT = Path(__file__).resolve().parent.parent
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def wakes(pid):
    """Times that a thread slept and was woken."""
    total = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        try:
            total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status.read_text(), re.M).group(1))
        except OSError:
            pass
    return total


def memory(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1)) / 1024


def peers(work, bare):
    """Prometheus alone, or all three."""
    port = free_port()
    config = {"global": {"scrape_interval": "10s"}}
    commands = []
    if not bare:
        # The host's rules only; martlet runs those of all rooms.
        config["rule_files"] = [str(ROOT / "alerts/host.yml")]
        exporter, alerts = free_port(), free_port()
        config["scrape_configs"] = [{"job_name": "node", "static_configs": [{"targets": [f"127.0.0.1:{exporter}"]}]}]
        config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alerts}"]}]}]}
        (work / "alertmanager.yml").write_text('{"route": {"receiver": "none"}, "receivers": [{"name": "none"}]}')
        commands.append((["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{exporter}"], exporter))
        commands.append((["prometheus-alertmanager", f"--config.file={work / 'alertmanager.yml'}", f"--storage.path={work / 'am'}",
                          "--cluster.listen-address=", f"--web.listen-address=127.0.0.1:{alerts}"], alerts))
    (work / "prometheus.yml").write_text(json.dumps(config))
    commands.append((["prometheus", f"--config.file={work / 'prometheus.yml'}", f"--storage.tsdb.path={work / 'tsdb'}",
                      f"--web.listen-address=127.0.0.1:{port}"], port))
    return commands


def martlet(work, build, bare):
    port = free_port()
    config = {"listen": f"127.0.0.1:{port}", "data": str(work / "data")}
    if bare:
        config |= {"host": {"enabled": False}, "rule_files": []}
    (work / "martlet.yml").write_text(json.dumps(config))
    return [([str(build / "martlet"), "run", "--share", str(ROOT), "--config", str(work / "martlet.yml")], port)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / ".build/release")
    parser.add_argument("--seconds", type=float, default=20, help="length of a window")
    parser.add_argument("--bare", action="store_true", help="without the host")
    args = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="martlet-idle-"))
    running = {}
    try:
        sides = {"prometheus" if args.bare else "prometheus, node exporter, alertmanager": peers(work, args.bare),
                 "martlet": martlet(work, args.build, args.bare)}
        for name, commands in sides.items():
            running[name] = []
            for command, port in commands:
                running[name].append(subprocess.Popen(command, **QUIET))
                wait_port(port)
        time.sleep(30)
        figures = {name: [] for name in running}
        for _ in range(5):
            before = {name: [(cpu(p.pid), wakes(p.pid)) for p in ps] for name, ps in running.items()}
            start = time.monotonic()
            time.sleep(args.seconds)
            took = time.monotonic() - start
            for name, ps in running.items():
                used = sum(cpu(p.pid) - b[0] for p, b in zip(ps, before[name]))
                woken = sum(wakes(p.pid) - b[1] for p, b in zip(ps, before[name]))
                figures[name].append((used / took * 1e3, woken / took))
        print("| | CPU, ms a second | wake-ups a second | memory, MB |\n|---|---:|---:|---:|")
        for name, ps in running.items():
            used, woken = (statistics.median(f[i] for f in figures[name]) for i in (0, 1))
            print(f"| {name} | {used:.2f} | {woken:.0f} | {sum(memory(p.pid) for p in ps):.0f} |")
    finally:
        for ps in running.values():
            for p in ps:
                p.terminate()
        for ps in running.values():
            for p in ps:
                p.wait()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
