"""Compares Millrace's engine with llama.cpp: the same files, the same threads, turns taken.

    scripts/bench engine [--model PATH | --shape SHAPE] [--types TYPE,TYPE] [--quick]

Both programs run side by side, one at rest while the other is measured: ours, theirs, theirs, ours, and so
on, in at least three rounds. Every figure is a median with its range, every ratio is taken round by round.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from figures import Spread, ratios, table
from models import FILE_TYPES, GGUF, made, quantised
from peer import Peer, cache, say
from sides import OtherLoad, Side

SHAPES = ["qwen3-0.6b", "llama3.2-1b", "tiny-qwen3", "tiny-llama"]
HERE = pathlib.Path(__file__).resolve().parent


def cases(quick):
    """What is measured, with its name."""
    if quick:
        return [("prefill 128", {"prefill": 128}), ("decode", decode(16)), ("decode x 4", decode(8, 4))]
    return [
        ("prefill 512", {"prefill": 512}),
        ("prefill 2048", {"prefill": 2048}),
        ("decode", decode(64)),
        ("decode at depth 1024", decode(32, depth=1024)),
        ("decode x 4", decode(32, 4)),
        ("decode x 8", decode(32, 8)),
        ("decode x 16", decode(32, 16)),
    ]


def decode(tokens, streams=1, depth=0):
    return {"decode": tokens, "streams": streams, "depth": depth}


class Comparison:
    """One model file: the samples of both sides, round by round."""

    def __init__(self, options, path):
        self.options = options
        self.path = path
        self.file = GGUF(path)
        self.samples = {name: {"ours": [], "theirs": []} for name, _ in cases(options.quick)}
        self.facts = {"ours": [], "theirs": []}

    def sides(self):
        threads = str(self.options.threads)
        serve = ["--", *self.options.serve.split()] if self.options.serve else []
        return {
            "ours": Side("millrace", [self.options.binary, "bench", "engine", self.path, "--lines",
                                      "--threads", threads, *serve]),
            "theirs": Side("llama.cpp", [self.options.peer.package(), HERE / "peer_engine.py", self.path,
                                         "--threads", threads]),
        }

    def measure(self):
        for number in range(self.options.rounds):
            sides = self.sides()
            order = ["ours", "theirs"] if number % 2 == 0 else ["theirs", "ours"]
            for side in order:
                self.facts[side].append(sides[side].facts)
            for name, request in cases(self.options.quick):
                progress(f"{self.path.name}, round {number + 1}, {name}")
                for side in order:
                    self.samples[name][side].append(sides[side].ask(request))
            for side in order:
                sides[side].close()
        progress("")

    def rates(self, name, side):
        return [sample["tokens_per_second"] for sample in self.samples[name][side]]

    def bytes_per_second(self, name, side):
        """What decoding reads: all weights once a step, and each stream's keys and values."""
        request = dict(cases(self.options.quick))[name]
        if "decode" not in request:
            return None
        context = request["depth"] + request["decode"] / 2
        step = self.file.weight_bytes_per_token + request["streams"] * context * self.file.kv_bytes_per_token
        return Spread([rate / request["streams"] * step for rate in self.rates(name, side)])

    def rows(self, bandwidth):
        rows = []
        for name in self.samples:
            ours, theirs = self.rates(name, "ours"), self.rates(name, "theirs")
            row = [name, Spread(ours).text(), Spread(theirs).text(), ratios(ours, theirs).text(2)]
            for side in ("ours", "theirs"):
                read = self.bytes_per_second(name, side)
                row.append(f"{100 * read.median / bandwidth:.0f} %" if read and bandwidth else "")
            rows.append([*row, self.busy(name)])
        for key, name in (("ready_seconds", "model ready, s"), ("first_token_seconds", "first token, s")):
            ours, theirs = ([facts[key] for facts in self.facts[side]] for side in ("ours", "theirs"))
            row = [name, Spread(ours).text(2), Spread(theirs).text(2), ratios(ours, theirs).text(2)]
            rows.append([*row, "", "", ""])
        return rows

    def busy(self, name):
        """A mark where other programs ran meanwhile."""
        samples = [sample for side in self.samples[name].values() for sample in side]
        share = max(sample["others_share"] for sample in samples)
        return f"busy {100 * share:.0f} %" if share > OtherLoad.TOLERABLE else ""

    def json(self, bandwidth):
        entries = []
        for name, request in cases(self.options.quick):
            ours, theirs = self.rates(name, "ours"), self.rates(name, "theirs")
            entry = {"case": name, "request": request, "ratio": ratios(ours, theirs).json()}
            for side, rates in (("ours", ours), ("theirs", theirs)):
                entry[side] = {"tokens_per_second": Spread(rates).json(), "samples": self.samples[name][side]}
                read = self.bytes_per_second(name, side)
                if read and bandwidth:
                    entry[side]["bandwidth_share"] = read.median / bandwidth
            entries.append(entry)
        return {"model": self.path.name, "bytes": self.path.stat().st_size,
                "weight_bytes_per_token": self.file.weight_bytes_per_token,
                "kv_bytes_per_token": self.file.kv_bytes_per_token,
                "start": self.facts, "measurements": entries}


def progress(text):
    if sys.stderr.isatty():
        print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)


def machine_limits(options):
    """The limits of this machine, and the bytes a second that all threads read."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        words = [options.binary, "bench", "machine", "--threads", str(options.threads), "--json", file.name]
        print(subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout)
        limits = json.load(file)
    rates = limits["limits"]["memory read"]["rates"]
    return limits, max(rate["giga_per_second"] for rate in rates) * 1e9


def model_files(options):
    """The files that are compared."""
    peer = options.peer
    if not options.model:
        return [made(peer, options.shape, kind, options.threads) for kind in options.types]
    given = pathlib.Path(options.model).resolve()
    paths = []
    for kind in options.types or [None]:
        if kind not in FILE_TYPES:
            paths.append(given)
            continue
        folder = cache() / "models"
        folder.mkdir(exist_ok=True)
        path = folder / f"{given.stem}-{given.stat().st_size}-{kind}.gguf"
        if not path.exists():
            quantised(peer, given, path, kind, options.threads)
        paths.append(path)
    return paths


def read_options():
    parser = argparse.ArgumentParser(prog="scripts/bench engine", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--model", help="a GGUF file; with --types one of plain weights, to be quantised")
    parser.add_argument("--shape", default="qwen3-0.6b", choices=SHAPES,
                        help="of a model with random weights")
    parser.add_argument("--types", help="default: q4_0,q8_0,q4_k_m,f16, or the given file as it is")
    parser.add_argument("--threads", type=int, default=2, help="for both sides (default: 2)")
    parser.add_argument("--rounds", type=int, help="default: 3; with --quick 1")
    parser.add_argument("--quick", action="store_true", help="few tokens, to see that everything works")
    parser.add_argument("--serve", default="", help="options of `millrace serve` for our side")
    parser.add_argument("--json", help="a file for all samples")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    if options.types or not options.model:
        options.types = (options.types or "q4_0,q8_0,q4_k_m,f16").split(",")
    options.peer = Peer()
    return options


def main():
    options = read_options()
    paths = model_files(options)
    options.peer.package()
    limits, bandwidth = machine_limits(options)
    results = []
    for path in paths:
        comparison = Comparison(options, path)
        comparison.measure()
        results.append(comparison.json(bandwidth))
        print(f"{path.name}, {options.threads} threads, {options.rounds} rounds; tokens per second; "
              "shares of the memory bandwidth")
        head = [["", "millrace", "llama.cpp", "ratio", "ours", "theirs", ""]]
        print(table(head + comparison.rows(bandwidth)) + "\n", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"subject": "engine comparison", "threads": options.threads, "rounds": options.rounds,
             "machine": limits, "models": results}, indent=1) + "\n", encoding="utf-8")
        say(f"wrote {options.json}")


if __name__ == "__main__":
    main()
