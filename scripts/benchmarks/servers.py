"""The servers of a comparison: started, waited for, looked at, stopped."""

import http.client
import os
import signal
import socket
import subprocess
import tempfile
import time

from clients import MODELS, ClientError, Stream, get

START_LIMIT = 300


class ServerError(Exception):
    pass


class Server:
    """A server process with a port of its own; ready when it is made."""

    def __init__(self, name, words, ready_path, environment=None):
        self.name = name
        self.port = free_port()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (open as long as the process runs)
        began = time.perf_counter()
        words = [str(word).replace("{port}", str(self.port)) for word in words]
        self.process = subprocess.Popen(words, stdout=self._log, stderr=subprocess.STDOUT, env=environment)
        MODELS.pop(self.port, None)
        try:
            self._wait(ready_path, began)
            self.ready_seconds = time.perf_counter() - began
            first = Stream(self.port, "hello", 1)
            first.run()
            first.result()
        except (ClientError, ServerError):
            self.stop()
            raise
        self.first_token_seconds = time.perf_counter() - began
        self.start_bytes = self.memory()

    def memory(self):
        """Bytes that are in memory now, mapped files included."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) << 10
        return 0

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._log.close()

    def _wait(self, path, began):
        while True:
            try:
                get(self.port, path, timeout=5)
                return
            except (ClientError, OSError, http.client.HTTPException):
                if self.process.poll() is not None or time.perf_counter() - began > START_LIMIT:
                    self._log.seek(0)
                    tail = self._log.read()[-2000:].decode(errors="replace")
                    raise ServerError(f"{self.name} did not become ready:\n{tail}") from None
                time.sleep(0.02)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Millrace:
    """Our server."""

    name = "millrace"

    def __init__(self, binary, model, threads, options):
        self.words = [binary, "serve", "--model", model, "--port", "{port}", "--threads", str(threads),
                      "--log-level", "error", *options]
        self.help = subprocess.run([binary, "serve", "--help"], check=True, stdout=subprocess.PIPE,
                                   text=True).stdout

    def start(self, slots, tokens, options=()):
        """Slots are the peer's; here all sequences share the memory of as many tokens."""
        return Server(self.name, [*self.words, *options], "/readyz")


class LlamaServer:
    """The peer's server, whose memory is divided into slots of equal size."""

    name = "llama.cpp"

    def __init__(self, program, model, threads):
        self.words = [program, "-m", model, "--port", "{port}", "--host", "127.0.0.1", "-t", str(threads),
                      "--cont-batching", "--no-warmup"]
        self.environment = {**os.environ, "LD_LIBRARY_PATH": os.path.dirname(program)}

    def start(self, slots, tokens, options=()):
        return Server(self.name, [*self.words, "--parallel", slots, "-c", slots * tokens, *options],
                      "/health", self.environment)
