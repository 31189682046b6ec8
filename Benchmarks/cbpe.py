#!/usr/bin/env python3
"""Estimates of quality without labels (CBPE) beside NannyML's, chunk by chunk.

Takes NannyML's own car-loan data (50,000 labelled and 50,000 unlabelled rows) and made data of the same
size whose scores are calibrated, bent and rounded, and prints per figure the largest difference between
`martlet quality --reference` and NannyML. Average precision is printed but not judged: an isotonic curve
makes ties, and with ties NannyML's depends on the order of the rows.

    pip install nannyml statsmodels
    swift build -c release --static-swift-stdlib --product martlet
    Benchmarks/cbpe.py [--build .build/release] [--chunk 5000]
"""

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
import warnings

warnings.filterwarnings("ignore")
logging.disable(50)

import nannyml
import numpy as np
import pandas as pd

JUDGED = ["roc_auc", "f1", "accuracy", "precision", "recall", "specificity"]
ROWS = 50_000


def made(random, bend, shift, digits):
    x = random.normal(shift, 1, ROWS)
    chance = 1 / (1 + np.exp(-1.3 * x))
    score = 1 / (1 + np.exp(-1.3 * bend * x + (0.3 if bend != 1 else 0)))
    score = np.round(score, digits) if digits else score
    return pd.DataFrame({"y": (random.random(ROWS) < chance).astype(float), "y_pred_proba": score,
                         "y_pred": (score >= 0.6).astype(int)})


def compare(binary, folder, name, reference, current, label, chunk):
    """The largest difference per figure, NannyML's seconds, ours for one chunk."""
    began = time.perf_counter()
    theirs = nannyml.CBPE(
        metrics=JUDGED + ["average_precision"], y_pred_proba="y_pred_proba", y_pred="y_pred", y_true=label,
        problem_type="classification_binary", chunk_size=chunk)
    theirs.fit(reference)
    values = theirs.estimate(current).filter(period="analysis").to_df()
    seconds, own = time.perf_counter() - began, []
    reference.to_csv(folder + "/reference.csv", index=False)
    worst = dict.fromkeys(JUDGED + ["average_precision"], 0.0)
    for number, start in enumerate(range(0, len(current), chunk)):
        current.iloc[start:start + chunk].to_csv(folder + "/chunk.csv", index=False)
        began = time.perf_counter()
        said = subprocess.run(
            [binary, "quality", folder + "/chunk.csv", "--reference", folder + "/reference.csv", "--label", label,
             "--score", "y_pred_proba", "--prediction", "y_pred", "--json"], capture_output=True, text=True)
        own.append(time.perf_counter() - began)
        if not said.stdout:
            sys.exit(said.stderr)
        estimated = json.loads(said.stdout)["estimated"]
        for figure in worst:
            worst[figure] = max(worst[figure], abs(estimated[figure] - values[(figure, "value")].iloc[number]))
    print(f"{name}: {len(values)} chunks; " + ", ".join(f"{k} {v:.1e}" for k, v in worst.items())
          + f"; NannyML {seconds:.1f} s for all, martlet {sorted(own)[len(own) // 2]:.2f} s a chunk "
          "with reading both files")
    return max(worst[figure] for figure in JUDGED)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--build", default=root + "/.build/release", help="folder of the binary")
    parser.add_argument("--chunk", type=int, default=5000)
    options = parser.parse_args()
    random = np.random.default_rng(5)
    labelled, unlabelled, _ = nannyml.load_synthetic_car_loan_dataset()
    cases = [("car loan", labelled, unlabelled, "repaid")]
    for name, bend, digits in [("calibrated", 1, None), ("bent", 2.2, None), ("bent, 3 digits", 2.2, 3)]:
        cases.append((name, made(random, bend, 0, digits),
                      made(random, bend, 0.4, digits).drop(columns=["y"]), "y"))
    with tempfile.TemporaryDirectory(prefix="martlet-cbpe-") as folder:
        worst = max(compare(options.build + "/martlet", folder, *case, options.chunk) for case in cases)
    print(f"largest difference {worst:.1e}: {'within' if worst < 1e-6 else 'BEYOND'} 1e-6")
    sys.exit(0 if worst < 1e-6 else 1)


if __name__ == "__main__":
    main()
