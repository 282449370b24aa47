"""A streamed chat answer read from a bare socket, so that every byte and its time can be seen."""

import asyncio
import json
import time

from program import HOST

STORY = [{"role": "user", "content": "tell me a story"}]


class BrokenStream(AssertionError):
    """The answer is not what a client may expect: a status, an error event or an early end."""


def chat_body(**fields):
    return {"model": "demo", "messages": STORY, "stream": True, **fields}


class Stream:
    """One request and what came of it so far."""

    def __init__(self, port, body, path="/v1/chat/completions", headers=()):
        self.port = port
        self.body = body
        self.path = path
        self.headers = headers
        self.text = ""
        self.finish_reason = None
        self.comments = []
        # Of the reply's head, names in small letters.
        self.fields = {}
        # (when, text) of each piece
        self.pieces = []
        self._reader = self._writer = None

    async def run(self, upto=None):
        """Reads to the end, or closes the connection once the answer has `upto` characters."""
        try:
            await self._open()
            async for line in self._lines():
                if line.startswith(b":"):
                    self.comments.append((time.monotonic(), line.decode()))
                elif line == b"data: [DONE]":
                    return self
                elif line.startswith(b"data: "):
                    self._take(json.loads(line[6:]))
                    if upto is not None and len(self.text) >= upto:
                        return self
            raise BrokenStream(f"the answer ends early after {self.text[-80:]!r}")
        finally:
            self.close()

    def close(self):
        if self._writer:
            self._writer.transport.abort()

    async def _open(self):
        self._reader, self._writer = await asyncio.open_connection(HOST, self.port)
        body = json.dumps(self.body).encode()
        head = [f"POST {self.path} HTTP/1.1", "Host: millrace", f"Content-Length: {len(body)}", *self.headers]
        self._writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        status = await self._reader.readline()
        fields = self.fields
        while line := (await self._reader.readline()).strip():
            name, _, value = line.partition(b":")
            fields[name.lower()] = value.strip()
        if b" 200 " not in status:
            text = await self._reader.read(int(fields.get(b"content-length", b"0")))
            raise BrokenStream(f"{status!r}: {text!r}")
        assert fields.get(b"transfer-encoding") == b"chunked", fields

    async def _lines(self):
        rest = b""
        while size := int((await self._reader.readline()) or b"0", 16):
            chunk = await self._reader.readexactly(size + 2)
            *lines, rest = (rest + chunk[:-2]).split(b"\n")
            for line in lines:
                yield line.rstrip(b"\r")

    def _take(self, event):
        if event.get("error"):
            raise BrokenStream(f"after {self.text[-80:]!r}: {event['error']}")
        for choice in event["choices"]:
            piece = choice["delta"].get("content")
            if piece:
                self.text += piece
                self.pieces.append((time.monotonic(), piece))
            self.finish_reason = choice["finish_reason"] or self.finish_reason


def texts(port, bodies, at_once, headers=()):
    """The answers' texts, with so many requests running at the same time."""

    async def run():
        gate = asyncio.Semaphore(at_once)

        async def one(body):
            async with gate:
                stream = await Stream(port, body, headers=headers).run()
                return stream.text, stream.finish_reason

        return await asyncio.gather(*(one(body) for body in bodies))

    return asyncio.run(run())


def mixed_bodies(count, max_tokens=120, **fields):
    """Greedy and sampled requests in turn, each with a seed.

    Sampled hot, for the demo model else says what it always says.
    """
    asked = ["tell me a story", "what is a lane?", "hello", "how do I start it?", "who are you?"]
    bodies = []
    for index in range(count):
        messages = [{"role": "user", "content": asked[index % len(asked)]}]
        temperature = 0 if index % 2 == 0 else 1.5
        bodies.append(
            chat_body(
                messages=messages,
                temperature=temperature,
                top_p=1,
                top_k=0,
                seed=1000 + index,
                max_tokens=max_tokens,
                ignore_eos=True,
                **fields,
            )
        )
    return bodies
