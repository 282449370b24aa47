"""Clients of a server that speaks the OpenAI API: streams with the time of every piece of text."""

import http.client
import json
import random
import threading
import time

PATIENCE = 900
SYLLABLES = [consonant + vowel for consonant in "bdfghklmnprstvw" for vowel in "aeiou"]


class ClientError(Exception):
    pass


class Words:
    """Prompts of words that nobody has said before; equal names make equal prompts."""

    def __init__(self, seed):
        self.seed = seed
        self.tokens_per_word = 2.0

    def text(self, name, tokens):
        drawn = random.Random(f"{self.seed} {name}")
        count = max(1, round(tokens / self.tokens_per_word))
        return " ".join("".join(drawn.choices(SYLLABLES, k=drawn.choice((2, 3)))) for _ in range(count))

    def calibrate(self, port):
        """Asks a server how many tokens it makes of words."""
        words = self.text("calibration", 200)
        stream = Stream(port, words, 1)
        stream.run()
        if stream.prompt_tokens:
            self.tokens_per_word = stream.prompt_tokens / len(words.split())


class Stream(threading.Thread):
    """One streamed completion on a thread of its own."""

    def __init__(self, port, prompt, tokens):
        super().__init__(daemon=True)
        self.port, self.prompt, self.tokens = port, prompt, tokens
        self.times = []
        self.sent = None
        self.prompt_tokens = self.cached_tokens = self.completion_tokens = 0
        self.error = None
        self.has_begun = threading.Event()
        self._connection = None
        self._is_stopped = False

    def run(self):
        try:
            self._stream()
        except (OSError, ValueError, http.client.HTTPException) as error:
            if not self._is_stopped:
                self.error = f"{type(error).__name__}: {error}"
        finally:
            self.has_begun.set()

    def stop(self):
        """Goes away without waiting for the end."""
        self._is_stopped = True
        if self._connection and self._connection.sock:
            self._connection.sock.shutdown(2)

    def result(self):
        """Itself, when it is over and went well."""
        if self.is_alive():
            self.join()
        if self.error:
            raise ClientError(self.error)
        return self

    @property
    def first(self):
        """Seconds from the request to the first text."""
        return self.times[0] - self.sent

    def gaps(self, start=0.0, end=float("inf")):
        """Seconds between texts, of which the second came between two moments."""
        return [after - before for before, after in zip(self.times, self.times[1:]) if start <= after <= end]

    def _stream(self):
        body = {"model": model_of(self.port), "prompt": self.prompt, "max_tokens": self.tokens,
                "temperature": 0, "stream": True, "stream_options": {"include_usage": True},
                "ignore_eos": True}
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        self._connection.connect()
        self.sent = time.perf_counter()
        self._connection.request("POST", "/v1/completions", json.dumps(body),
                                 {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        if response.status != 200:
            raise ValueError(f"{response.status} {response.read(500).decode(errors='replace')}")
        while line := response.readline():
            now = time.perf_counter()
            if line.startswith(b"data:") and b"[DONE]" not in line:
                self._take(json.loads(line[5:]), now)
        self._connection.close()

    def _take(self, event, now):
        if "error" in event:
            raise ValueError(f"{event['error']}")
        if event.get("usage"):
            usage = event["usage"]
            self.prompt_tokens = usage["prompt_tokens"]
            self.completion_tokens = usage["completion_tokens"]
            self.cached_tokens = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
        if event.get("choices") and event["choices"][0].get("text"):
            self.times.append(now)
            self.has_begun.set()


MODELS = {}


def model_of(port):
    """The first model of a server."""
    if port not in MODELS:
        MODELS[port] = json.loads(get(port, "/v1/models"))["data"][0]["id"]
    return MODELS[port]


def get(port, path, timeout=30):
    """The body of a reply with status 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise ClientError(f"{path}: {response.status}")
        return body
    finally:
        connection.close()


def together(streams):
    """All of them at once, to their ends."""
    for stream in streams:
        stream.start()
    return [stream.result() for stream in streams]
