"""A fleet of real processes on this machine: each with a name, a log, a port for figures, and its lives."""

import dataclasses
import os
import pathlib
import random
import signal
import socket
import sys
import time
import typing

from namespaces import CONTROL_PORT, EDGE_PORT, MONITOR_PORT, TOKEN_PORT

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests" / "System"))
from program import DEMO_MODEL, HOST, HttpPlace, Keys, Program, until  # noqa: E402

# Below the ports of outgoing connections, so that none of those takes one between two lives.
PORT_RANGE = range(20000, 31000, 100)
BLOCK = 100
MONITORS, CONTROLS, TOKENS, GATES = 20, 40, 50, 60
LINKS = ("keys", "tcp", "ipc")


@dataclasses.dataclass
class Plan:
    """What a fleet is made of; words are further options of every process of a role."""

    folder: pathlib.Path
    edges: int = 2
    workers: int = 2
    model: str = str(DEMO_MODEL)
    links: str = "keys"
    base_port: int | None = None
    edge_words: tuple = ()
    worker_words: tuple = ("--threads", "1")
    coordinator_words: tuple = ()


class Endpoint(typing.NamedTuple):
    bound: str
    dialed: str


class Node(HttpPlace):
    """A process of the fleet over all its lives."""

    def __init__(self, role, name, words, log, port, inside=(), host=HOST):
        self.role = role
        self.name = name
        self.words = words
        self.log = log
        # Where it answers HTTP: an edge its clients and all roles /metrics.
        self.port = port
        self.host = host
        self.inside = inside
        self.program = None
        self.is_meant_to_live = False
        self.lives = 0
        self.started_at = 0.0
        # Moments at which somebody ended it.
        self.deaths = []

    @property
    def pid(self):
        return self.program.pid if self.program else 0

    @property
    def is_alive(self):
        return self.program is not None and self.program.is_alive

    def start(self):
        if self.program:
            self.program.close()
        self.program = Program(*self.words, log=self.log, inside=self.inside)
        self.is_meant_to_live = True
        self.lives += 1
        self.started_at = time.monotonic()

    def kill(self):
        self.is_meant_to_live = False
        self.deaths.append(time.monotonic())
        if self.program:
            self.program.kill()

    def pause(self):
        self.program.signal(signal.SIGSTOP)

    def resume(self):
        if self.is_alive:
            self.program.signal(signal.SIGCONT)

    def ask_to_end(self):
        self.is_meant_to_live = False
        if self.is_alive:
            self.program.signal(signal.SIGTERM)

    def said(self):
        return pathlib.Path(self.log).read_text(errors="replace")

    def __str__(self):
        return self.name


class Fleet:
    """Coordinator, edges and workers, ready when `start` returns.

    `gate` is asked for the endpoint that stands before another one, so that somebody can stand between two
    processes: `gate(owner, target, endpoint)` with the names of both, None for everybody.
    """

    def __init__(self, plan, gate=None, spaces=None):
        self.plan = plan
        self.spaces = spaces
        self.folder = pathlib.Path(plan.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.base = plan.base_port or free_block()
        # By name: the address of each process and the words that run it there, with networks of their own.
        self.places = {}
        self.keys = Keys(self.folder) if plan.links == "keys" else None
        self.gate = gate or (lambda owner, target, endpoint: endpoint)
        control = self._endpoint("coordinator", CONTROLS)
        words = ("coordinator", "--listen", control.bound, *plan.coordinator_words)
        self.coordinator = self._node("coordinator", "coordinator", words, MONITORS)
        self.edges = [self._edge(number, control) for number in range(1, plan.edges + 1)]
        self.workers = [self._worker(number, control) for number in range(1, plan.workers + 1)]
        self.nodes = [self.coordinator, *self.edges, *self.workers]

    def _edge(self, number, control):
        name = f"edge-{number}"
        tokens = self._endpoint(name, TOKENS + number - 1)
        announced = self.gate(None, name, tokens.dialed)
        words = ("edge", "--tokens", tokens.bound)
        words += ("--coordinator", self.gate(name, "coordinator", control.dialed))
        words += () if announced == tokens.dialed else ("--announce", announced)
        return self._node("edge", name, (*words, *self.plan.edge_words), number - 1)

    def _worker(self, number, control):
        name = f"worker-{number}"
        words = ("worker", "--model", self.plan.model)
        words += ("--coordinator", self.gate(name, "coordinator", control.dialed))
        more = (word.replace("NAME", name) for word in map(str, self.plan.worker_words))
        return self._node("worker", name, (*words, *more), MONITORS + number)

    def _node(self, role, name, words, offset):
        """A process and where it answers HTTP: what of it is the same for all roles."""
        host, inside = self._place(name)
        port = self.base + offset
        if self.spaces:
            port = EDGE_PORT if role == "edge" else MONITOR_PORT
        kind = ("--host", "--port") if role == "edge" else ("--monitor-host", "--monitor-port")
        words = (*words, kind[0], host, kind[1], port, "--node", name, *self._key(name, role))
        return Node(role, name, words, self.folder / f"{name}.log", port, inside, host)

    def _place(self, name):
        if not self.spaces:
            return HOST, ()
        if name not in self.places:
            self.places[name] = self.spaces.add(name)
        return self.places[name]

    def _endpoint(self, name, offset):
        """Where a process listens for others, as it says itself and as they do."""
        if self.spaces:
            port = CONTROL_PORT if name == "coordinator" else TOKEN_PORT
            return Endpoint(f"tcp://eth0:{port}", f"tcp://{self._place(name)[0]}:{port}")
        if self.plan.links == "ipc":
            path = f"ipc://{self.folder}/{name}.socket"
        else:
            path = f"tcp://{HOST}:{self.base + offset}"
        return Endpoint(path, path)

    def _key(self, name, role):
        if not self.keys:
            return ()
        path = self.folder / f"{name}.key"
        listed = f'"node":"{name}"' in self.keys.roster.read_text()
        # What a former fleet in this folder made is used again.
        return self.keys.words(path) if listed and path.exists() else self.keys.add(name, role)

    def start(self):
        for node in self.nodes:
            node.start()
        try:
            until(self.is_complete, "the fleet is complete", tries=2400)
        except BaseException:
            for node in self.nodes:
                print(f"{node}: {node.said()[-2000:]}", file=sys.stderr)
            self.close()
            raise

    def is_complete(self):
        """Everybody has found everybody."""
        for node in self.nodes:
            assert node.is_alive, f"{node} ended at once:\n{node.said()[-2000:]}"
        if not all(edge.is_ready() for edge in self.edges):
            return False
        figures = self.coordinator.metrics()
        counts = (figures["millrace_workers"], figures["millrace_edges"])
        return counts == (len(self.workers), len(self.edges))

    def close(self, grace=0):
        """Ends every process by its id: asked first, if there is a grace in seconds."""
        if grace:
            for node in self.nodes:
                node.ask_to_end()
            end = time.monotonic() + grace
            while any(node.is_alive for node in self.nodes) and time.monotonic() < end:
                time.sleep(0.05)
        for node in self.nodes:
            node.is_meant_to_live = False
            if node.program:
                node.program.close()


def free_block():
    """The first of a hundred ports that nobody listens at."""
    starts = list(PORT_RANGE)
    # Several fleets may be started at the same time.
    random.Random(os.getpid()).shuffle(starts)
    for start in starts:
        if all(_is_free(start + offset) for offset in range(BLOCK)):
            return start
    raise SystemExit(f"no {BLOCK} free ports in a row between {PORT_RANGE.start} and {PORT_RANGE.stop}")


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
