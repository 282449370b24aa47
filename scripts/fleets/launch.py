"""Runs a fleet on this machine until Ctrl-C, and says what can be done with it."""

import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time


def options_of(words):
    parser = argparse.ArgumentParser(prog="scripts/fleet", description=__doc__)
    parser.add_argument("--binary", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--edges", type=_count, default=2, help="how many edges (2)")
    parser.add_argument("--workers", type=_count, default=2, help="how many workers (2)")
    parser.add_argument("--model", help="a model's directory, GGUF file or name (the demo model)")
    links = "how they talk: tcp with keys, open tcp on loopback, or sockets in the directory (keys)"
    parser.add_argument("--links", choices=("keys", "tcp", "ipc"), default="keys", help=links)
    ports = "edges answer here and at the next ports; a hundred are used (8080)"
    parser.add_argument("--base-port", type=int, default=8080, help=ports)
    parser.add_argument(
        "--directory", type=pathlib.Path, help="keeps keys and logs here (one that goes away again)"
    )
    spaces = "a network of its own for each process, where the machine allows that"
    parser.add_argument("--namespaces", action="store_true", help=spaces)
    parser.add_argument("--threads", type=_count, help="of each worker (1)", default=1)
    stays = "leaves a process dead that ends; without it, it is started again after a second"
    parser.add_argument("--no-restart", action="store_true", help=stays)
    parser.add_argument("--grace", type=float, default=10, help="seconds for running answers at the end (10)")
    return parser.parse_args(words)


def _count(text):
    number = int(text)
    if not 1 <= number <= 9:
        raise argparse.ArgumentTypeError("must be 1 to 9")
    return number


class Ended(Exception):
    pass


def main(words=None):
    options = options_of(words)
    # Known before anything that starts the program is imported.
    os.environ["MILLRACE_BINARY"] = os.path.abspath(options.binary)
    from fleet import DEMO_MODEL, Fleet, Plan
    from namespaces import Namespaces

    spaces = None
    if options.namespaces:
        reason = Namespaces.why_not()
        if reason:
            print(f"no networks of their own here ({reason}); the fleet goes without", file=sys.stderr)
        else:
            spaces = Namespaces()
    folder = (options.directory or pathlib.Path(tempfile.mkdtemp(prefix="millrace-fleet-"))).resolve()
    plan = Plan(
        folder,
        edges=options.edges,
        workers=options.workers,
        model=options.model or str(DEMO_MODEL),
        links="keys" if spaces else options.links,
        base_port=options.base_port,
        worker_words=("--threads", str(options.threads)),
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    fleet = None
    try:
        fleet = Fleet(plan, spaces=spaces)
        fleet.start()
        print(introduction(fleet, options), flush=True)
        keep(fleet, options)
    except Ended:
        print("\nending", flush=True)
    finally:
        # A second Ctrl-C ends them at once.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _end)
        try:
            if fleet:
                fleet.close(options.grace)
        except Ended:
            fleet.close()
        if spaces:
            spaces.close()
        if not options.directory:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


def _end(*_):
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise Ended


def keep(fleet, options):
    """Tells of processes that end, and starts them again."""
    told = set()
    while True:
        time.sleep(0.2)
        for node in fleet.nodes:
            if node.is_alive or (node.name, node.lives) in told:
                continue
            told.add((node.name, node.lives))
            code = node.program.process.returncode
            print(f"{node} has ended with {code}; its log: {node.log}", flush=True)
            if not options.no_restart:
                time.sleep(1)
                node.start()
                print(f"{node} is back as process {node.pid}", flush=True)


def introduction(fleet, options):
    lines = ["", "The fleet is ready.", "", f"  {'process':<12} {'id':>8}  {'figures':<38} log"]
    for node in fleet.nodes:
        figures = f"{node.url}/metrics"
        lines.append(f"  {node.name:<12} {node.pid:>8}  {figures:<38} {node.log}")
    edge, worker = fleet.edges[0], fleet.workers[0]
    lines += [
        "",
        "Try, in another terminal:",
        "",
        f"  {os.environ['MILLRACE_BINARY']} chat --url {edge.url}",
        "",
        f"  curl -N {edge.url}/v1/chat/completions -H 'Content-Type: application/json' \\",
        """    -d '{"model":"demo","stream":true,"""
        + """"messages":[{"role":"user","content":"What is a lane?"}]}'""",
        "",
        "  # some load, at all edges, each answer held against the first one to the same request",
        f"  {os.environ['MILLRACE_BINARY']} bench --workload chat --clients 8 --check "
        + " ".join(f"--url {edge.url}" for edge in fleet.edges),
        "",
        "  # a worker that dies while answers run: they go on elsewhere with the next token",
        f"  kill -9 {worker.pid}",
        "",
    ]
    if fleet.spaces:
        cut = " ".join(worker.inside)
        lines += [
            "  # a worker whose link is cut, and joined again",
            f"  {cut} ip link set eth0 down; sleep 10; {cut} ip link set eth0 up",
            "",
        ]
    lines.append("Ctrl-C ends all of them.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
