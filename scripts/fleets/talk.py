"""Requests as clients of both APIs send them, and their replies read piece by piece."""

import asyncio
import json
import socket

from program import HOST

# Longer than any request of a run takes; what is silent for so long is stuck.
PATIENCE = 90


class Told(Exception):
    """The server said that it cannot: an HTTP status, or an error inside a stream."""

    def __init__(self, status, code, message, retry_after=None):
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.retry_after = retry_after


class Broken(Exception):
    """The connection ended before the answer did."""


class Silent(Exception):
    """Nothing came for longer than anything may take."""


async def ask(port, case, answer, pauses=()):
    """Sends a request and reads its reply into `answer`.

    `pauses`: a slow reader's, as (pieces that it reads first, seconds that it then reads nothing).
    """
    limit = 4096 if pauses else 1 << 20
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(HOST, port, limit=limit), PATIENCE)
    except asyncio.TimeoutError:
        raise Silent("a connection is not accepted") from None
    except OSError as error:
        raise Broken(str(error)) from None
    if pauses:
        # Small enough that the server's side notices.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    try:
        writer.write(_head(case) + case.body)
        await writer.drain()
        await _read(reader, case, answer, list(pauses))
    except (OSError, asyncio.IncompleteReadError, ValueError) as error:
        raise Broken(f"{type(error).__name__} {error}") from None
    finally:
        writer.transport.abort()


def _head(case):
    lines = [
        f"POST {case.path} HTTP/1.1",
        "Host: fleet",
        "Content-Type: application/json",
        f"Content-Length: {len(case.body)}",
        *case.headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


async def _within(awaitable):
    try:
        return await asyncio.wait_for(awaitable, PATIENCE)
    except asyncio.TimeoutError:
        raise Silent(f"nothing came for {PATIENCE} s") from None


async def _read(reader, case, answer, pauses):
    first = await _within(reader.readline())
    if not first.startswith(b"HTTP/1.1 "):
        raise Broken("the connection ended before the reply")
    status, fields = int(first.split()[1]), {}
    while line := (await _within(reader.readline())).strip():
        name, _, value = line.decode("latin-1").partition(":")
        fields[name.lower()] = value.strip()
    if fields.get("transfer-encoding") != "chunked":
        body = await _within(reader.readexactly(int(fields["content-length"])))
        if status != 200:
            raise told(status, body, fields.get("retry-after"))
        return case.read_whole(json.loads(body), answer)
    if status != 200:
        raise Broken(f"a stream with status {status}")
    await _read_stream(reader, case, answer, pauses)


async def _read_stream(reader, case, answer, pauses):
    rest, is_over = b"", False
    while size := int((await _within(reader.readline())) or b"x", 16):
        chunk = await _within(reader.readexactly(size + 2))
        *events, rest = (rest + chunk[:-2]).split(b"\n\n")
        for event in events:
            is_over = _take(event, case, answer) or is_over
        while pauses and len(answer.moments) >= pauses[0][0]:
            await asyncio.sleep(pauses.pop(0)[1])
    if not is_over:
        raise Broken("the stream ended without its last event")


def _take(event, case, answer):
    """Reads one event; true for the last one of a stream."""
    data = [line[5:].strip() for line in event.split(b"\n") if line.startswith(b"data:")]
    if not data:
        return False
    if data[0] == b"[DONE]":
        return True
    value = json.loads(data[0])
    if value.get("error") or value.get("type") == "error":
        raise told(200, data[0], None)
    return bool(case.read_event(value, answer))


def told(status, body, retry_after):
    try:
        error = json.loads(body)
        # An event of a response has its fields at the top.
        error = error.get("error") or error
        code = error.get("code") or error.get("type")
        message = error.get("message")
    except (ValueError, KeyError, TypeError, AttributeError):
        code, message = "unreadable", repr(body[:200])
    return Told(status, code, message, retry_after)
