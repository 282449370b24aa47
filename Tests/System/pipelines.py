"""Many requests at once over kept connections: one behind the other, answered in their order."""

import collections
import re
import selectors
import socket

from program import HOST

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


class Answer:
    """Status, head and body of one answer."""

    def __init__(self, head, body):
        self.status = int(head[9:12])
        self.head = head
        self.body = body

    def field(self, name):
        found = re.search(rb"\r\n" + name + rb": *([^\r]*)", self.head, re.IGNORECASE)
        return found and found[1].decode("latin-1")


class Pipeline:
    """One connection, and what has been asked on it and not been answered."""

    def __init__(self, port):
        self.port = port
        self.asked = collections.deque()
        self.socket = None
        self.got = bytearray()
        # The server said that it would close the connection.
        self.is_over = False

    def connect(self):
        self.close()
        self.socket = socket.create_connection((HOST, self.port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got.clear()
        self.is_over = False

    def close(self):
        if self.socket:
            self.socket.close()
            self.socket = None

    def ask(self, requests):
        if self.socket is None:
            self.connect()
        self.asked.extend(requests)
        try:
            self.socket.sendall(b"".join(request.data for request in requests))
        except (BrokenPipeError, ConnectionResetError):
            pass  # Seen again when the answers are read.

    def read(self):
        """The requests that have been answered, with their answers; whether the server hung up."""
        try:
            piece = self.socket.recv(1 << 18)
        except ConnectionResetError:
            piece = b""
        self.got += piece
        answers = []
        while self.asked:
            answer = self.take()
            if answer is None:
                break
            if answer.status >= 200:
                answers.append((self.asked.popleft(), answer))
                self.is_over = self.is_over or answer.field(b"connection") == "close"
        return answers, not piece

    def take(self):
        """The next answer, if it has come whole."""
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = bytes(self.got[: end + 2])
        start = end + 4
        if self.asked[0].method == "HEAD" or head[9:10] == b"1":
            body, rest = b"", start
        elif CHUNKED.search(head):
            body, rest = self.chunks(start)
        else:
            length = LENGTH.search(head)
            rest = start + (int(length[1]) if length else 0)
            body = bytes(self.got[start:rest]) if len(self.got) >= rest else None
        if body is None:
            return None
        del self.got[:rest]
        return Answer(head, body)

    def chunks(self, start):
        parts = []
        while (end := self.got.find(b"\r\n", start)) >= 0:
            size = int(self.got[start:end], 16)
            start = end + 4 + size
            if len(self.got) < start:
                break
            parts.append(self.got[end + 2 : end + 2 + size])
            if size == 0:
                return b"".join(parts), start
        return None, start


def run(port, requests, count, connections=24, depth=8):
    """The next `count` requests, each with its answer, or None where the server hung up instead."""
    requests = iter(requests)
    left = count
    selector = selectors.DefaultSelector()
    pipelines = [Pipeline(port) for _ in range(connections)]

    def ask(pipeline, again=()):
        nonlocal left
        batch = list(again)
        while left and len(batch) < depth:
            batch.append(next(requests))
            left -= 1
            if batch[-1].may_close:
                break
        if not batch:
            return
        was = pipeline.socket
        pipeline.ask(batch)
        if was is not pipeline.socket:
            selector.register(pipeline.socket, selectors.EVENT_READ, pipeline)

    try:
        for pipeline in pipelines:
            ask(pipeline)
        while any(pipeline.asked for pipeline in pipelines):
            ready = selector.select(60)
            assert ready, "no answer within a minute"
            for key, _ in ready:
                pipeline = key.data
                answers, is_closed = pipeline.read()
                yield from answers
                if is_closed:
                    selector.unregister(key.fileobj)
                    again, pipeline.asked = list(pipeline.asked), collections.deque()
                    if again and not pipeline.is_over:
                        yield again.pop(0), None
                    pipeline.close()
                    ask(pipeline, again)
                elif not pipeline.asked:
                    ask(pipeline)
    finally:
        for pipeline in pipelines:
            pipeline.close()
        selector.close()
