"""Draws what more streams and longer contexts cost: tokens per second and the time to the first token.

    scripts/bench curve [--model PATH | --shape SHAPE] [--type TYPE] [--plot FILE.svg] [--quick]

From 1 to 64 streams and from 128 to 16,384 tokens of context, as far as the model goes.
"""

import argparse
import os

from engine import SHAPES
from models import made
from peer import Peer

QUICK = ["--streams", "1,2,4", "--depth", "128,256", "--decode", "8", "--rounds", "1"]


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench curve", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--model", help="a model file or directory")
    parser.add_argument("--shape", default="qwen3-0.6b", choices=SHAPES,
                        help="of a model with random weights")
    parser.add_argument("--type", default="q4_0", help="of its weights (default: q4_0)")
    parser.add_argument("--threads", type=int, default=2, help="(default: 2)")
    parser.add_argument("--rounds", type=int, default=1, help="(default: 1)")
    parser.add_argument("--plot", default="curve.svg", help="where the drawing goes (default: curve.svg)")
    parser.add_argument("--json", help="a file for all samples")
    parser.add_argument("--quick", action="store_true", help="few points and tokens")
    options = parser.parse_args()
    model = options.model or made(Peer(), options.shape, options.type, options.threads)
    words = [options.binary, "bench", "curve", str(model), "--threads", str(options.threads),
             "--plot", options.plot]
    if options.json:
        words += ["--json", options.json]
    words += QUICK if options.quick else ["--decode", "32", "--rounds", str(options.rounds)]
    os.execv(options.binary, words)


if __name__ == "__main__":
    main()
