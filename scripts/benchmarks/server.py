"""Compares Millrace's server with llama.cpp's: the same file, the same threads, turns taken.

    scripts/bench server [--model PATH | --shape SHAPE] [--type TYPE] [--quick]

What clients see: tokens per second and first tokens under load, streams while a long prompt arrives, who
profits from a shared prefix, what a cached prefix saves, and what another program on the machine costs.
LLAMA_SERVER names a peer to measure instead of the one that is built; --alone measures ours without one.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from clients import Stream, Words, together
from engine import SHAPES, machine_limits, progress
from figures import Spread, ratios, table
from models import made
from peer import Peer, say
from servers import LlamaServer, Millrace
from sides import OtherLoad

# Where a prefix is kept on the disk, once the server can do that.
PREFIX_OPTION = "--prefix-dir"


class Sizes:
    """How much is asked for."""

    def __init__(self, quick):
        self.prompt = 32 if quick else 142
        self.answer = 8 if quick else 64
        self.clients = [1, 4] if quick else [1, 5, 16]
        self.stall_prompt = 256 if quick else 1990
        self.stall_lead = 6 if quick else 20
        self.shared = 128 if quick else 237
        self.long_shared = 256 if quick else 2000
        self.settling = 512 if quick else 10_000
        self.prefix = 512 if quick else 4000
        self.slot_tokens = 1024 if quick else 3072


class Scenarios:
    """What is done to a server; each returns figures by name, and none leaves it with work to do."""

    def __init__(self, options, words, round_number, kv_bytes):
        self.binary = options.binary
        self.kv_bytes = kv_bytes
        self.sizes = Sizes(options.quick)
        self.words = words
        self.round = round_number

    def prompt(self, name, tokens):
        return self.words.text(f"{self.round} {name}", tokens)

    def settle(self, server):
        """Uses memory for keys and values that was not used before: a server that runs for a while has."""
        each = self.sizes.slot_tokens // 3
        together([Stream(server.port, self.prompt(f"settle {i}", each), 1)
                  for i in range(-(-self.sizes.settling // each))])
        return {}

    def load(self, server):
        """Clients that ask one thing after the other."""
        figures = {}
        for count in self.sizes.clients:
            found = self.run_clients(server, count, self.sizes.prompt)
            name = f"{count} client{'s' if count > 1 else ''}"
            figures[f"{name}: tokens/s"] = found["tokens_per_second"]
            figures[f"{name}: first token p50, s"] = found["ttft_us"]["p50"] / 1e6
            figures[f"{name}: gap p50, ms"] = found["inter_token_us"]["p50"] / 1e3
            figures[f"{name}: gap p99, ms"] = found["inter_token_us"]["p99"] / 1e3
        few, many = self.sizes.clients[:2]
        figures[f"{many} clients against {few}: tokens/s, ratio"] = (
            figures[f"{many} clients: tokens/s"] / figures[f"{few} client: tokens/s"])
        rates = [self.run_clients(server, count, 8)["tokens_per_second"] for count in (few, many)]
        figures[f"{many} streams of short prompts against {few}: tokens/s, ratio"] = rates[1] / rates[0]
        return figures

    def run_clients(self, server, count, prompt_tokens):
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            words = [self.binary, "bench", "--url", f"http://127.0.0.1:{server.port}",
                     "--clients", count, "--requests", 2, "--prompt-tokens", prompt_tokens,
                     "--max-tokens", self.sizes.answer, "--json", file.name]
            subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)
            return json.load(file)["measurements"][0]

    def stall(self, server):
        """Four streams run, and a long prompt arrives."""
        streams = [Stream(server.port, self.prompt(f"stall {i}", 32), 4000) for i in range(4)]
        for stream in streams:
            stream.start()
        while any(len(s.times) < self.sizes.stall_lead and s.is_alive() for s in streams):
            time.sleep(0.02)
        before = [gap for stream in streams for gap in stream.gaps()[self.sizes.stall_lead // 2:]]
        long = Stream(server.port, self.prompt("stall", self.sizes.stall_prompt), 1)
        long.run()
        long.result()
        arrived = long.times[0]
        # Whoever was stopped shows it with the first token behind the stop.
        wanted = [len(stream.times) + 2 for stream in streams]
        while any(len(s.times) < n and s.is_alive() for s, n in zip(streams, wanted)):
            time.sleep(0.02)
        during = [gap for stream in streams for gap in stream.gaps(long.sent)
                  if stream.times[0] <= arrived]
        for stream in streams:
            stream.stop()
        for stream in streams:
            stream.join()
        normal = statistics.median(before)
        return {
            "4 streams: normal gap, ms": normal * 1e3,
            "... worst gap while a long prompt arrives, ms": max(during) * 1e3,
            "... worst by normal": max(during) / normal,
            "... first token of the long prompt, s": long.first,
        }

    def sharing(self, server):
        """Eight clients at once with a beginning that one asked before."""
        shared = self.prompt("shared", self.sizes.shared)
        self.ask(server, f"{shared} warm", 1)
        streams = together([Stream(server.port, f"{shared} {self.prompt(f'own {i}', 30)}", 8)
                            for i in range(8)])
        reusing = [stream.cached_tokens > self.sizes.shared / 2 for stream in streams]
        return {
            "8 clients, one warm prefix: reusing it": sum(reusing),
            "... first token p50, s": statistics.median(stream.first for stream in streams),
        }

    def memory(self, server):
        """Eight clients at once with the same long beginning."""
        shared = self.prompt("long shared", self.sizes.long_shared)
        before = server.memory()
        first = self.ask(server, f"{shared} warm", 1)
        streams = together([Stream(server.port, f"{shared} {self.prompt(f'rest {i}', 30)}", 8)
                            for i in range(8)])
        tokens = sum(s.prompt_tokens - s.cached_tokens + s.completion_tokens for s in [first, *streams])
        needed = before + tokens * self.kv_bytes
        return {"memory at rest after the start, MB": server.start_bytes / 1e6,
                "... with 8 clients of a long shared prefix, MB": server.memory() / 1e6,
                "... by memory before and keys and values in use": server.memory() / needed}

    def neighbour(self, server):
        """One stream, alone and with another process busy all the time."""
        alone = self.rate(server, "alone")
        busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            beside = self.rate(server, "beside")
        finally:
            busy.kill()
            busy.wait()
        return {"1 stream beside a busy process: tokens/s": beside, "... kept of its speed": beside / alone}

    def rate(self, server, name):
        stream = self.ask(server, self.prompt(name, 16), 4 * self.sizes.answer)
        return (len(stream.times) - 1) / (stream.times[-1] - stream.times[0])

    def prefix(self, side, server, directory):
        """A long beginning: cold, in memory and, where the server can, on the disk after a restart.

        Returns the figures and the server, which may be another one.
        """
        shared = self.prompt("prefix", self.sizes.prefix)
        cold = self.ask(server, f"{shared} cold", 1).first
        warm = self.ask(server, f"{shared} warm", 1)
        figures = {
            "long prefix: first token cold, s": cold,
            "... cached in memory, s": warm.first,
            "... cold by cached": cold / warm.first,
            "... cached tokens": warm.cached_tokens,
        }
        if directory:
            server.stop()
            server = side.start(1, self.sizes.prefix + 512, (PREFIX_OPTION, directory))
            disk = self.ask(server, f"{shared} disk", 1)
            figures["... on the disk after a restart, s"] = disk.first
            figures["... cold by disk"] = cold / disk.first
        return figures, server

    @staticmethod
    def ask(server, prompt, tokens):
        stream = Stream(server.port, prompt, tokens)
        stream.run()
        return stream.result()


class Comparison:
    def __init__(self, options, sides):
        self.options = options
        self.sides = sides
        self.words = Words(time.time_ns())
        self.kv_bytes = bytes_per_token(options)
        self.figures = {side.name: {} for side in sides}
        self.shares = {}

    def measure(self):
        for number in range(self.options.rounds):
            sides = self.sides if number % 2 == 0 else list(reversed(self.sides))
            scenarios = Scenarios(self.options, self.words, number, self.kv_bytes)
            self.many_clients(scenarios, sides, number)
            for side in sides:
                progress(f"round {number + 1}, {side.name}, long prefix")
                self.long_prefix(scenarios, side)
        progress("")

    def many_clients(self, scenarios, sides, number):
        servers = {}
        try:
            for side in sides:
                progress(f"round {number + 1}, {side.name}, start")
                servers[side.name] = server = side.start(8, scenarios.sizes.slot_tokens)
                self.add(side, {"ready, s": server.ready_seconds,
                                "first token after the start, s": server.first_token_seconds})
            self.words.calibrate(servers["millrace"].port)
            for scenario in (scenarios.memory, scenarios.settle, scenarios.load, scenarios.stall,
                             scenarios.sharing, scenarios.neighbour):
                for side in sides:
                    progress(f"round {number + 1}, {side.name}, {scenario.__name__}")
                    load = OtherLoad([server.process.pid for server in servers.values()])
                    self.add(side, scenario(servers[side.name]), load)
        finally:
            for server in servers.values():
                server.stop()

    def long_prefix(self, scenarios, side):
        with tempfile.TemporaryDirectory() as folder:
            keeps = isinstance(side, Millrace) and PREFIX_OPTION in side.help
            directory = folder if keeps else None
            server = side.start(1, scenarios.sizes.prefix + 512, (PREFIX_OPTION, folder) if keeps else ())
            try:
                figures, server = scenarios.prefix(side, server, directory)
                self.add(side, figures)
            finally:
                server.stop()

    def add(self, side, figures, load=None):
        share = load.share() if load else 0
        for name, value in figures.items():
            self.figures[side.name].setdefault(name, []).append(value)
            self.shares[name] = max(share, self.shares.get(name, 0))

    def rows(self):
        ours, theirs = self.figures["millrace"], self.figures.get("llama.cpp", {})
        rows = [["", *self.figures, "ratio", ""]]
        for name, values in ours.items():
            row = [name, Spread(values).text(2)]
            if theirs:
                has_peer = name in theirs
                row.append(Spread(theirs[name]).text(2) if has_peer else "–")
                row.append(ratios(values, theirs[name]).text(2) if has_peer and all(theirs[name]) else "")
            else:
                row.append("")
            share = self.shares[name]
            # The neighbour is busy on purpose.
            is_busy = share > OtherLoad.TOLERABLE and "busy process" not in name
            rows.append([*row, f"busy {100 * share:.0f} %" if is_busy else ""])
        return rows

    def json(self):
        return {side: {name: Spread(values).json() for name, values in figures.items()}
                for side, figures in self.figures.items()}


def bytes_per_token(options):
    """Of keys and values, as both sides store them unless they are told otherwise."""
    words = [options.binary, "models", "inspect", options.model, "--json"]
    found = subprocess.run([str(word) for word in words], check=True, stdout=subprocess.PIPE)
    return json.loads(found.stdout)["key_values"]["f16"]["bytes_per_1k_tokens"] / 1000


def read_options():
    parser = argparse.ArgumentParser(prog="scripts/bench server", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--model", help="a GGUF file")
    parser.add_argument("--shape", default="qwen3-0.6b", choices=SHAPES,
                        help="of a model with random weights")
    parser.add_argument("--type", default="q4_0", help="of its weights (default: q4_0)")
    parser.add_argument("--threads", type=int, default=2, help="for both sides (default: 2)")
    parser.add_argument("--rounds", type=int, help="default: 3; with --quick 1")
    parser.add_argument("--quick", action="store_true", help="little of everything, to see that it works")
    parser.add_argument("--alone", action="store_true", help="measure our server without the peer's")
    parser.add_argument("--serve", default="--kv-memory 1G", help="options of `millrace serve`")
    parser.add_argument("--json", help="a file for all samples")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    return options


def main():
    options = read_options()
    peer = Peer()
    path = pathlib.Path(options.model) if options.model else made(
        peer, options.shape, options.type, options.threads)
    options.model = path
    sides = [Millrace(options.binary, path, options.threads, options.serve.split())]
    if not options.alone:
        sides.append(LlamaServer(peer.server(), path, options.threads))
    limits, _ = machine_limits(options)
    comparison = Comparison(options, sides)
    comparison.measure()
    print(f"{path.name}, {options.threads} threads, {options.rounds} rounds: median (least–most)")
    print(table(comparison.rows()))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"subject": "server comparison", "model": path.name, "threads": options.threads,
             "rounds": options.rounds, "machine": limits, "figures": comparison.json()},
            indent=1) + "\n", encoding="utf-8")
        say(f"wrote {options.json}")


if __name__ == "__main__":
    main()
