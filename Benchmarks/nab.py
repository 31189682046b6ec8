#!/usr/bin/env python3
"""The Numenta Anomaly Benchmark's development half, scored by `martlet detect` with its defaults.

Runs `martlet detect` on every file, writes the scores beside each other and calls the scorer; prints
the scores of the three profiles and the threshold that each took. With --thresholds an earlier run's
thresholds are used, which is the honest way to score files that were not tuned on.

    swift build -c release --static-swift-stdlib --product martlet
    Benchmarks/nab.py [--martlet .build/release/martlet] [--data ../shared/data/nab]
                      [--scorer ../shared/bench/nab_score.py] [--thresholds earlier.json] [--out now.json]

The standard library is all it needs.
"""

import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.path.join(HERE, "..", "shared")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--martlet", default=os.path.join(HERE, ".build/release/martlet"))
    parser.add_argument("--data", default=os.path.join(SHARED, "data/nab"))
    parser.add_argument("--scorer", default=os.path.join(SHARED, "bench/nab_score.py"))
    parser.add_argument("--thresholds", help="the --out of an earlier run")
    parser.add_argument("--out", help="write the scorer's JSON here")
    parser.add_argument("--keep", help="keep the scored files in this folder")
    words = parser.parse_args()
    windows = os.path.join(words.data, "labels/windows.json")
    for path in (words.martlet, windows, words.scorer):
        if not os.path.exists(path):
            sys.exit(f"{path} is missing; see --help for where to point")
    with open(windows) as file:
        names = sorted(json.load(file))
    with tempfile.TemporaryDirectory() as scratch:
        folder = words.keep or scratch

        def detect(name):
            target = os.path.join(folder, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            source = os.path.join(words.data, "data", name)
            subprocess.run([words.martlet, "detect", source, "--output", target], check=True)

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(detect, names))
        command = [sys.executable, words.scorer, "--results", folder, "--windows", windows]
        if words.thresholds:
            command += ["--thresholds", words.thresholds]
        if words.out:
            command += ["--out", words.out]
        scored = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    print("| profile | score | threshold | windows found | rows of false alarm |")
    print("|---|---:|---:|---:|---:|")
    for profile, found in scored["profiles"].items():
        hit = f"{found['windows_hit']} of {scored['windows']}"
        print(
            f"| {profile} | {found['score']:.1f} | {found['threshold']:.6f} | {hit} | {found['fp_rows']} |"
        )


if __name__ == "__main__":
    main()
