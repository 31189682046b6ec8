#!/usr/bin/env python3
"""A simulated week of pods that come and go, in a folder of its own: `martlet-bench week`.

    swift build -c release --static-swift-stdlib --product martlet-bench
    Benchmarks/week.py [--build .build/release]
"""

import argparse
import os
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
parser.add_argument("--build", default=root + "/.build/release", help="folder of the binaries")
options = parser.parse_args()
with tempfile.TemporaryDirectory(prefix="martlet-week-") as folder:
    sys.exit(subprocess.run([options.build + "/martlet-bench", "week", folder + "/data"]).returncode)
