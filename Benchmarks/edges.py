#!/usr/bin/env python3
"""`martlet drift --json` beside SciPy on made samples: every statistic, case by case.

Samples of one value, constants, ties, outliers, shifts up to eight deviations, sizes that differ a
thousandfold, categories with quotes, commas and other alphabets. Statistics must agree to 1e-9, p-values
to 1e-7 down to 1e-250. Different by design, and left out: two equal constants (0 and p = 1 here), exact
tests where SciPy gives up and falls back, and of Cramér and von Mises' p-value 4e-15, which is the rounding of
SciPy's 1 - cdf.

    pip install scipy
    swift build -c release --static-swift-stdlib --product martlet
    Benchmarks/edges.py [--build .build/release] [--seeds 3]
"""

import argparse
import csv
import json
import math
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
from scipy import stats
from scipy.spatial import distance

warnings.simplefilter("ignore")
warnings.filterwarnings("error", message="ks_2samp: Exact calculation unsuccessful")


def numeric(random):
    def normal(count, mean=0, spread=1):
        return random.normal(mean, spread, count)
    yield "one and one", [1.5], [2.5]
    yield "one and two", [1.5], [2.5, 3.5]
    yield "two and two", [1.0, 2.0], [1.0, 3.0]
    yield "two constants", [1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0]
    yield "constant reference", [3.25] * 50, normal(60, 3)
    yield "constant current", normal(60, 3), [3.25] * 50
    yield "signed zeros", [-0.0, 0.0, 1.0] * 10, [0.0] * 10 + [1.0] * 5
    yield "one outlier", np.append(normal(700), 1e9), normal(900, 0.3)
    yield "heavy tails", random.standard_t(3, 12_000), random.standard_t(3, 11_000) * 1.1
    yield "lognormal", random.lognormal(0, 2, 700), random.lognormal(0.2, 2, 900)
    yield "three and three thousand", normal(3), normal(3000)
    yield "three thousand and three", normal(3000), normal(3, 2)
    yield "disjoint", random.uniform(0, 1, 500), random.uniform(2, 3, 5000)
    yield "nearly constant", [5.0] * 499 + [6.0], [5.0] * 490 + [6.0] * 10
    for values in (2, 20, 21, 51):
        yield (f"{values} values", random.integers(0, values, 2000).astype(float),
               random.integers(0, values + 1, 2000).astype(float))
    for shift in (0.1, 0.5, 1, 2, 4, 8):
        yield f"shift {shift}", normal(2000), normal(1800, shift)
    for _ in range(6):
        few, many = random.integers(2, 9, 2), random.integers(50, 1500, 2)
        yield f"tiny {few}", normal(few[0]), normal(few[1], 0.5)
        yield f"middle {many}", normal(many[0]), normal(many[1], 0.2, 1.2)


def categorical(random):
    odd = ["a", 'b "quoted"', "c,comma", "数据", "naïve", "e f", "x'y", "true", "0", "-", "😀", "a\nb"]
    yield "two", ["a"] * 30 + ["b"] * 20, ["a"] * 10 + ["b"] * 40
    yield "two rows", ["a", "b"], ["b", "b"]
    yield "disjoint", ["a"] * 30, ["b"] * 40
    yield "far apart", ["a"] * 5000 + ["b"] * 100, ["a"] * 100 + ["b"] * 5000
    yield "new", ["a"] * 50 + ["b"] * 50, ["a"] * 40 + ["b"] * 40 + ["z"] * 20
    yield "odd names", random.choice(odd, 600), random.choice(odd, 600)
    yield "fifty", random.choice([f"k{n}" for n in range(50)], 2000), random.choice([f"k{n}" for n in range(50)], 2000)


def pair(test, *arguments, **options):
    try:
        result = test(*arguments, **options)
    except (RuntimeWarning, ValueError, IndexError):
        return {}
    return {"statistic": float(result.statistic), "pvalue": float(result.pvalue)}


def expected_numbers(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    found = {
        "ks_asymp": pair(stats.ks_2samp, a, b, method="asymp"),
        "cramer_von_mises_asymp": pair(stats.cramervonmises_2samp, a, b, method="asymptotic"),
        "mann_whitney_asymp_tie_corrected_continuity":
            pair(stats.mannwhitneyu, a, b, method="asymptotic", use_continuity=True),
        "t_welch": pair(stats.ttest_ind, a, b, equal_var=False), "t_pooled": pair(stats.ttest_ind, a, b),
        "levene_median": pair(stats.levene, a, b, center="median"),
        "wasserstein": float(stats.wasserstein_distance(a, b)),
        "energy_distance": float(stats.energy_distance(a, b)),
        "summary_ref": {"mean": float(a.mean()), "quantiles_type7":
                        [float(q) for q in np.quantile(a, [0, .01, .05, .25, .5, .75, .95, .99, 1])]}}
    if len(a) * len(b) <= 250_000:
        found["ks_exact"] = pair(stats.ks_2samp, a, b, method="exact")
    if len(a) + len(b) >= 4:
        found["anderson_darling_midrank"] = {
            "statistic": float(stats.anderson_ksamp([a, b], midrank=True).statistic)}
    return found


def expected_categories(a, b):
    a, b = list(a), list(b)
    names = sorted(set(a) | set(b))
    table = np.array([[side.count(name) for name in names] for side in (a, b)])
    p, q = table[0] / len(a), table[1] / len(b)
    chi, g = (stats.chi2_contingency(table, correction=False, lambda_=kind) for kind in (None, "log-likelihood"))
    found = {
        "categories": names, "table": table.tolist(),
        "chi2_two_sample": {"statistic": float(chi[0]), "pvalue": float(chi[1]), "dof": int(chi[2])},
        "g_test_two_sample": {"statistic": float(g[0]), "pvalue": float(g[1])},
        "total_variation": float(abs(p - q).sum() / 2), "l_infinity": float(abs(p - q).max()),
        "js_distance_base2": float(distance.jensenshannon(p, q, base=2))}
    if len(names) == 2:
        odds, tail = stats.fisher_exact(table)
        found["fisher_exact"] = {"odds_ratio": float(odds), "pvalue": float(tail)}
    return found


def differences(ours, theirs, path=""):
    """The paths that differ; adds to the count of what was compared."""
    if isinstance(theirs, dict):
        return [line for key, value in theirs.items()
                for line in differences((ours or {}).get(key), value, f"{path}/{key}")]
    if isinstance(theirs, list):
        if len(ours or []) != len(theirs):
            return [f"{path}: {len(ours or [])} items, {len(theirs)} expected"]
        return [line for n, value in enumerate(theirs) for line in differences(ours[n], value, f"{path}/{n}")]
    differences.compared += 1
    if isinstance(theirs, str):
        return [] if ours == theirs else [f"{path}: {ours!r}, {theirs!r} expected"]
    spelled = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
    mine = spelled.get(ours, math.nan) if isinstance(ours, str) or ours is None else ours
    isTail = path.endswith("pvalue")
    slack = (4e-15 if "cramer" in path else 0) if isTail else 1e-12
    if ours is not None and (
            mine == theirs or math.isnan(mine) and math.isnan(theirs)
            or abs(mine - theirs) <= max((1e-7 if isTail else 1e-9) * abs(theirs), slack)
            or isTail and theirs < 1e-250 and mine < 1e-240):
        return []
    return [f"{path}: {ours}, {theirs} expected"]


def write(path, values):
    with open(path, "w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["x"])
        for value in values:
            lines.writerow([value if isinstance(value, str) else repr(float(value))])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--build", default=root + "/.build/release", help="folder of the binary")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    differences.compared, cases, wrong = 0, 0, 0
    with tempfile.TemporaryDirectory(prefix="martlet-edges-") as folder:
        before, after = folder + "/before.csv", folder + "/after.csv"
        for seed in range(options.seeds):
            random = np.random.default_rng(seed)
            made = [("numeric", *case, expected_numbers) for case in numeric(random)]
            made += [("categorical", *case, expected_categories) for case in categorical(random)]
            for kind, name, a, b, expected in made:
                write(before, a)
                write(after, b)
                said = subprocess.run(
                    [options.build + "/martlet", "drift", "--reference", before, "--current", after, "--json",
                     f"--{kind}", "x"], capture_output=True, text=True)
                if not said.stdout:
                    sys.exit(f"seed {seed}, {name}: {said.stderr}")
                lines = differences(json.loads(said.stdout)["columns"][0], expected(a, b))
                cases, wrong = cases + 1, wrong + len(lines)
                for line in lines:
                    print(f"seed {seed}, {name}: {line}")
    print(f"{cases} cases, {differences.compared} figures compared, {wrong} different")
    sys.exit(0 if wrong == 0 else 1)


if __name__ == "__main__":
    main()
