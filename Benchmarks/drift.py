#!/usr/bin/env python3
"""Drift and quality beside what Python offers, in the same run.

Runs `martlet-bench drift` (best of its rounds) five times in turn with SciPy's five statistics over 50
columns of 100,000 against 100,000, numpy's MMD and, when it is installed, NannyML's CBPE, and prints
medians and their ratio, and Martlet's peak memory. A machine under load slows both; compare ratios.

    swift build -c release --static-swift-stdlib --product martlet-bench
    Benchmarks/drift.py [--build .build/release] [--rounds 5] [--columns 50]

Peers that are not installed are left out and named.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys

PEER = """
import json, sys, time
import numpy as np
columns, n = int(sys.argv[1]), 100_000
g = np.random.default_rng(11)
seconds = {}
try:
    from scipy import stats
    spent = 0.0
    for j in range(columns):
        a = g.poisson(20, n).astype(float) if j % 6 == 3 else g.normal(0, 1, n)
        b = g.poisson(20, n).astype(float) if j % 6 == 3 else g.normal(.1 if j % 6 == 0 else 0, 1, n)
        began = time.perf_counter()
        stats.ks_2samp(a, b, method="asymp")
        stats.wasserstein_distance(a, b)
        stats.cramervonmises_2samp(a, b, method="asymptotic")
        edges = np.unique(np.quantile(a, np.linspace(0, 1, 11)))[1:-1]
        p = np.bincount(np.searchsorted(edges, a, side="right"), minlength=len(edges) + 1) / n
        q = np.bincount(np.searchsorted(edges, b, side="right"), minlength=len(edges) + 1) / n
        p, q = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
        m = (p + q) / 2
        float(((p - q) * np.log(p / q)).sum()), float((p * np.log(p / m) + q * np.log(q / m)).sum())
        spent += time.perf_counter() - began
    seconds["univariate"] = spent
except ImportError:
    pass
x = g.normal(size=(4000, 384)).astype(np.float32)
began = time.perf_counter()
square = (x * x).sum(1)
kernel = np.exp(-np.maximum(square[:, None] + square - 2 * x @ x.T, 0) / (2 * 768))
marks = np.zeros((4000, 201), np.float32)
for b in range(201):
    marks[g.permutation(4000)[:2000], b] = 1
(marks * (kernel @ marks)).sum(0)
seconds["mmd"] = time.perf_counter() - began
try:
    import logging, warnings
    warnings.filterwarnings("ignore"); logging.disable(logging.CRITICAL)
    import nannyml, pandas
    def frame(labelled):
        p = g.random(50_000)
        data = {"p": p, "c": (p >= .5).astype(int)}
        if labelled: data["y"] = (g.random(50_000) < p * p).astype(int)
        return pandas.DataFrame(data)
    reference, current = frame(True), frame(False)
    began = time.perf_counter()
    nannyml.CBPE(y_pred_proba="p", y_pred="c", y_true="y", problem_type="classification_binary",
        metrics=["roc_auc", "f1", "accuracy", "precision", "recall"], chunk_size=5000
    ).fit(reference).estimate(current)
    seconds["cbpe"] = time.perf_counter() - began
except ImportError:
    pass
print(json.dumps({"seconds": seconds}))
"""

ROWS = {
    "univariate": "KS, PSI, JS, Wasserstein, CvM together",
    "mmd": "MMD, 4 bandwidths, 200 permutations",
    "cbpe": "quality without labels (CBPE)",
    "classifier": "L2-logistic classifier test",
    "pca": "PCA reconstruction test",
}
PEERS = {"univariate": "SciPy", "mmd": "numpy, 1 bandwidth", "cbpe": "NannyML"}


def ours(build):
    """Seconds by row."""
    output = subprocess.run([f"{build}/martlet-bench", "drift", "--quick"], check=True,
                            capture_output=True, text=True).stdout
    found = {}
    for key, name in ROWS.items():
        match = re.search(re.escape(f"| {name} | ") + r"([\d.]+) s", output)
        if match:
            found[key] = float(match.group(1))
    return found


def peer(columns):
    answer = subprocess.run([sys.executable, "-c", PEER, str(columns)], check=True,
                            capture_output=True, text=True, env={**os.environ, "NML_DISABLE_USAGE_LOGGING": "1"})
    return json.loads(answer.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=".build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--columns", type=int, default=50, help="columns of SciPy's part; its time is scaled to 50")
    options = parser.parse_args()
    mine, theirs = [], []
    for _ in range(options.rounds):
        mine.append(ours(options.build))
        theirs.append(peer(options.columns)["seconds"])
        if "univariate" in theirs[-1]:
            theirs[-1]["univariate"] *= 50 / options.columns
    print("| what | martlet | peer | ratio |\n|---|---:|---:|---:|")
    for key, name in ROWS.items():
        a = [one[key] for one in mine if key in one]
        b = [one[key] for one in theirs if key in one]
        if not a:
            continue
        left = statistics.median(a)
        if b:
            right = statistics.median(b)
            print(f"| {name} | {left:.3f} s | {right:.2f} s ({PEERS[key]}) | {left / right:.3f} |")
        else:
            print(f"| {name} | {left:.3f} s | {PEERS[key] + ' not installed' if key in PEERS else 'no peer'} | – |")
    print(f"\nMedians of {options.rounds}. Peak memory of the 50 columns with their data: "
          f"{memory(options.build) / 1024:.0f} MB.")


def memory(build):
    """The peak resident kilobytes of `martlet-bench drift-memory`, which holds and compares 50 columns."""
    process = subprocess.Popen([f"{build}/martlet-bench", "drift-memory"], stdout=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    return usage.ru_maxrss


if __name__ == "__main__":
    main()
