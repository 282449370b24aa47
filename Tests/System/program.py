"""The built program as processes: started on free ports, waited for, and stopped by their ids."""

import ctypes
import http.client
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("MILLRACE_BINARY", str(ROOT / ".build" / "release" / "millrace"))
DEMO_MODEL = ROOT / "Sources" / "millrace" / "Resources" / "demo-model"
HOST = "127.0.0.1"

_libc = ctypes.CDLL(None)
_numbers = itertools.count(1)


def _die_with_parent():
    """No process outlives a test run, however that ends (PR_SET_PDEATHSIG)."""
    _libc.prctl(1, signal.SIGKILL)


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def until(condition, what, tries=600, pause=0.05):
    """Asks again and again until `condition` gives something true, and returns that."""
    for _ in range(tries):
        value = condition()
        if value:
            return value
        time.sleep(pause)
    raise AssertionError(f"{what}: not within {tries * pause:.0f} s")


class Program:
    """One process of the program, with all that it said; without an environment in this one's.

    `log`: a file that keeps what it says. `inside`: the words of a command that runs it, such as `ip netns`.
    Ctrl-C at a terminal reaches it only if whoever started it passes that on.
    """

    def __init__(self, *words, environment=None, log=None, inside=()):
        self.words = [str(word) for word in words]
        self.output = open(log, "a+b") if log else tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*inside, BINARY, *self.words],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            env=environment,
            preexec_fn=_die_with_parent,
            process_group=0,
        )

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_alive(self):
        return self.process.poll() is None

    def said(self):
        """Read beside the process's own position in the file."""
        size = os.fstat(self.output.fileno()).st_size
        return os.pread(self.output.fileno(), size, 0).decode(errors="replace")

    def until_said(self, text, tries=600):
        def look():
            assert self.is_alive, f"{self} ended with {self.process.returncode}"
            return text in self.said()

        until(look, f"{self} says {text!r}", tries)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """Ends it without a chance to say goodbye."""
        if self.is_alive:
            self.process.kill()
        self.process.wait()

    def wait(self, timeout=60):
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self} does not end") from None

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"{self} has no memory")

    def descriptor_count(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def close(self):
        self.kill()
        self.output.close()

    def __str__(self):
        return f"millrace {' '.join(self.words)} (pid {self.pid})\n{self.said()[-4000:]}"


class HttpPlace:
    """Somewhere that answers HTTP."""

    host = HOST
    port: int

    @property
    def url(self):
        return f"http://{self.host}:{self.port}"

    def ask(self, method, path, body=None, headers=None, timeout=60):
        """One request on a connection of its own: status, headers with small letters, body."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
        finally:
            connection.close()

    def chat(self, **fields):
        """The whole JSON reply to a chat request."""
        body = {"model": "demo", **fields}
        status, _, reply = self.ask("POST", "/v1/chat/completions", json.dumps(body))
        assert status == 200, f"{status}: {reply!r}"
        return json.loads(reply)

    def ask_json(self, path):
        status, _, body = self.ask("GET", path)
        assert status == 200, f"{path}: {status} {body!r}"
        return json.loads(body)

    def is_ready(self):
        try:
            return self.ask("GET", "/readyz", timeout=5)[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def metrics(self, timeout=60):
        """Every sample by its name and labels."""
        _, _, body = self.ask("GET", "/metrics", timeout=timeout)
        lines = (line for line in body.decode().splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


class Server(Program, HttpPlace):
    """`millrace serve` with the demo model, ready."""

    def __init__(self, *words, environment=None):
        self.port = free_port()
        super().__init__("serve", "--port", self.port, "--model", DEMO_MODEL, *words, environment=environment)
        try:
            until(self._has_started, f"{self} is ready")
        except BaseException:
            self.close()
            raise

    def _has_started(self):
        assert self.is_alive, f"it ended at once: {self}"
        return self.is_ready()


class Keys:
    """Pairs of keys and the list that names their owners, in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.roster = self.folder / "fleet.jsonl"
        self.roster.touch()

    def add(self, node, role, file=None):
        """Makes a pair and puts it on the list; the words that hand both to a process."""
        path = self.folder / (file or f"{node}.key")
        line = self.make(path, node, role)
        # Written beside it and moved: nobody reads half a list.
        self.write(self.roster.read_text() + line)
        return self.words(path)

    def make(self, path, node, role):
        words = [BINARY, "keys", "node", str(path), "--node", node, "--role", role]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout

    def write(self, text):
        draft = self.roster.with_suffix(".draft")
        draft.write_text(text)
        draft.replace(self.roster)

    def remove(self, part):
        """Takes the lines off the list that contain this."""
        lines = self.roster.read_text().splitlines(keepends=True)
        self.write("".join(line for line in lines if part not in line))

    def words(self, path):
        return ("--node-key", path, "--fleet-keys", self.roster)


class Fleet(HttpPlace):
    """Coordinator, edge and workers as processes of their own, over ipc or tcp, with keys or without."""

    def __init__(self, transport="ipc", workers=2, edge_words=(), worker_words=(), locked=False):
        self.folder = tempfile.mkdtemp(prefix="millrace-")
        self.keys = Keys(self.folder) if locked else None
        self.transport = transport
        self.worker_words = worker_words
        self.port = free_port()
        self.control = self._endpoint("control")
        self.tokens = self._endpoint("tokens")
        self.programs = []
        self.coordinator_words = self._key("coordinator", "coordinator")
        self.edge_words = (*self._key("edge", "edge"), *edge_words)
        self.coordinator = self.start_coordinator()
        self.start_edge()
        self.workers = [self.start_worker() for _ in range(workers)]
        try:
            until(self.is_complete, "the fleet is complete")
        except BaseException:
            print(*self.programs, sep="\n")
            self.close()
            raise

    def _endpoint(self, name):
        return f"ipc://{self.folder}/{name}" if self.transport == "ipc" else f"tcp://{HOST}:{free_port()}"

    def _key(self, node, role):
        return self.keys.add(node, role) if self.keys else ()

    def _start(self, *words):
        program = Program(*words)
        self.programs.append(program)
        return program

    def start_coordinator(self):
        return self._start("coordinator", "--listen", self.control, *self.coordinator_words)

    def start_edge(self):
        words = ("edge", "--port", self.port, "--coordinator", self.control, "--tokens", self.tokens)
        self.edge = self._start(*words, *self.edge_words)

    def start_worker(self):
        words = ("worker", "--coordinator", self.control, "--model", DEMO_MODEL, "--threads", 1)
        return self._start(*words, *self._new_worker(), *self.worker_words)

    def _new_worker(self):
        """The words that make a worker one of this fleet."""
        node = f"worker-{next(_numbers)}"
        return ("--node", node, *self._key(node, "worker"))

    def restart_worker(self, index):
        """Another life in the place of a worker that ended."""
        self.programs.remove(self.workers[index])
        self.workers[index] = self.start_worker()

    def is_complete(self):
        """The edge is ready and the coordinator knows every living worker."""
        for program in self.programs:
            assert program.is_alive, f"it ended at once: {program}"
        return self.is_ready() and self.joined_count("worker") >= len(self.workers)

    def joined_count(self, role):
        """How often a node of this role has joined the coordinator."""
        return self.coordinator.said().count(f"role={role}")

    def close(self):
        for program in self.programs:
            program.close()
        shutil.rmtree(self.folder, ignore_errors=True)
