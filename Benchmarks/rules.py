#!/usr/bin/env python3
"""Rules beside Prometheus: 10,000 alerting rules over 10,000 series, in both, in the same run.

Starts Debian's prometheus and the release build of martlet on one core each (taskset), lets both scrape
the same 10,000 series once every 15 s from a page of this script, gives both the same 10,000 alerting
rules in 20 groups of 500 at 15 s, and measures CPU time over some intervals, with and without rules, so
that the difference is the rules' own. Prints CPU per rule and evaluation, the slowest group, missed
iterations, and the ratio.

    swift build -c release --static-swift-stdlib --product martlet
    Benchmarks/rules.py [--build .build/release] [--intervals 6] [--rules 10000]

The standard library is all it needs.
"""

import argparse
import http.server
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request

from promql import free_port

TICK = os.sysconf("SC_CLK_TCK")


def page(count):
    lines = ["# TYPE load gauge"]
    lines += [f'load{{shard="{i}"}} {i % 97}' for i in range(count)]
    return ("\n".join(lines) + "\n").encode()


def serve(count):
    body = page(count)

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def rules(count):
    """A hundredth of the rules fires, the rest compares and finds nothing."""
    groups = 20
    text = ["groups:"]
    for group in range(groups):
        text += [f"- name: g{group}", "  interval: 15s", "  rules:"]
        for i in range(group * count // groups, (group + 1) * count // groups):
            limit = -1 if i % 100 == 0 else 1000
            text.append(f'  - {{alert: A{i}, expr: \'load{{shard="{i}"}} > {limit}\', for: 30s, labels: {{severity: page}}, annotations: {{summary: "{{{{ $labels.shard }}}} is {{{{ $value }}}}"}}}}')
    return "\n".join(text) + "\n"


def cpu(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def wait_ready(url):
    for _ in range(300):
        try:
            if urllib.request.urlopen(url, timeout=2).status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"not ready: {url}")


def ask(url, query):
    text = urllib.request.urlopen(url + "/api/v1/query?" + urllib.parse.urlencode({"query": query}), timeout=60).read()
    return [float(row["value"][1]) for row in json.loads(text)["data"]["result"]]


def measure(name, command, url, groups_url, seconds):
    process = subprocess.Popen(["taskset", "-c", "0"] + command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_ready(url + "/-/ready")
        time.sleep(45)  # two scrapes, and `for` is over
        before = cpu(process.pid)
        time.sleep(seconds)
        used = cpu(process.pid) - before
        groups = json.loads(urllib.request.urlopen(groups_url, timeout=60).read())["data"]["groups"]
        slowest = max((group["evaluationTime"] for group in groups), default=0)
        whole = sum(group["evaluationTime"] for group in groups)
        firing = sum(1 for group in groups for rule in group["rules"] if rule.get("state") == "firing")
        missed = sum(ask(url, '{__name__=~".*rule_group_iterations_missed_total"}') or [0])
        return used, slowest, whole, firing, missed
    finally:
        process.terminate()
        process.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default=".build/release")
    parser.add_argument("--intervals", type=int, default=6)
    parser.add_argument("--rules", type=int, default=10_000)
    options = parser.parse_args()
    work = tempfile.mkdtemp(prefix="martlet-rules-")
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    target = serve(options.rules)
    with open(work + "/rules.yml", "w") as f:
        f.write(rules(options.rules))
    with open(work + "/none.yml", "w") as f:
        f.write("groups: []\n")
    seconds = options.intervals * 15
    results = {}
    try:
        for kind in ["none", "rules"]:
            for name in ["prometheus", "martlet"]:
                port = free_port()
                url = f"http://127.0.0.1:{port}"
                scrape = f"scrape_configs: [{{job_name: b, static_configs: [{{targets: ['127.0.0.1:{target}']}}]}}, {{job_name: own, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n"
                head = "global: {scrape_interval: 15s, evaluation_interval: 15s}\n" + scrape + f"rule_files: ['{work}/{kind}.yml']\n"
                config = f"{work}/{name}-{kind}.yml"
                data = f"{work}/{name}-{kind}"
                if name == "prometheus":
                    command = ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={data}", f"--web.listen-address=127.0.0.1:{port}"]
                else:
                    head += "host: {enabled: false}\n"
                    command = [options.build + "/martlet", "run", "--config", config, "--data", data, "--listen", f"127.0.0.1:{port}", "--share", root]
                with open(config, "w") as f:
                    f.write(head)
                results[name, kind] = measure(name, command, url, url + "/api/v1/rules", seconds)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{options.rules} alerting rules, {options.rules} series, one core, {options.intervals} intervals of 15 s")
    per = {}
    for name in ["prometheus", "martlet"]:
        used, slowest, whole, firing, missed = results[name, "rules"]
        base = results[name, "none"][0]
        per[name] = (used - base) / (options.rules * options.intervals) * 1e6
        print(f"{name:11} CPU {used:6.2f} s (without rules {base:.2f} s), {per[name]:6.1f} µs a rule and evaluation, "
              f"all groups {whole:.2f} s an interval, slowest group {slowest:.3f} s, firing {firing}, missed {missed:.0f}")
    print(f"ratio martlet/prometheus: {per['martlet'] / per['prometheus']:.2f}")


if __name__ == "__main__":
    main()
