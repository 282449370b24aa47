"""A hub of models on a free port: the addresses, fields and habits of the public one, over real sockets.

Large files lie elsewhere: a second server at another port plays the content network that it redirects to.
What it is to do wrong is set on the hub; everything that it was asked is in `requests`.
"""

import hashlib
import http.server
import json
import pathlib
import socket
import struct
import threading
import urllib.parse

from program import HOST

COMMIT = "0123456789abcdef0123456789abcdef01234567"
# Files from this size on are "large": named by SHA-256 and served elsewhere.
LARGE = 1_000_000


class File:
    def __init__(self, content):
        self.content = content
        self.sha256 = hashlib.sha256(content).hexdigest()
        self.blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()

    @property
    def is_large(self):
        return len(self.content) >= LARGE

    def entry(self, path):
        entry = {"type": "file", "oid": self.blob, "size": len(self.content), "path": path}
        if self.is_large:
            entry["lfs"] = {"oid": self.sha256, "size": len(self.content), "pointerSize": 134}
        return entry


def folder_files(folder):
    """The files of a model's folder by their paths."""
    root = pathlib.Path(folder)
    return {
        str(path.relative_to(root)): File(path.read_bytes()) for path in root.rglob("*") if path.is_file()
    }


class Hub:
    """Repositories by name, each a dictionary of files by path."""

    def __init__(self, **repositories):
        self.repositories = {name.replace("__", "/"): files for name, files in repositories.items()}
        self.requests = []
        self.page_size = 1000
        self.gated = set()
        self.token = None
        # Entries that are put into every list of files.
        self.further_entries = []
        # Replies that are given instead of the right ones, one after the other: (status, fields or body).
        self.failures = []
        # After so many bytes of a large file's body the connection is cut, as often as there are numbers.
        self.cuts = []
        # Waits before a large file's next byte until this is set.
        self.gate = None
        self.pause_after = None
        # Set once `pause_after` bytes are out.
        self.is_paused = threading.Event()
        self.corrupts = False
        self.ignores_ranges = False
        self.lock = threading.Lock()
        self.servers = [self._serve(HubHandler), self._serve(ContentHandler)]
        self.port, self.content_port = (server.server_address[1] for server in self.servers)

    @property
    def url(self):
        return f"http://{HOST}:{self.port}"

    def _serve(self, handler):
        server = http.server.ThreadingHTTPServer((HOST, 0), handler)
        server.daemon_threads = True
        server.hub = self
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server

    def close(self):
        if self.gate:
            self.gate.set()
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def take_cut(self):
        with self.lock:
            return self.cuts.pop(0) if self.cuts else None

    def take_failure(self):
        with self.lock:
            return self.failures.pop(0) if self.failures else None

    def asked(self, part):
        """The requests whose address contains `part`."""
        return [request for request in self.requests if part in request["path"]]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self):
        return self.server.hub

    def log_message(self, *_):
        pass

    def note(self):
        self.hub.requests.append(
            {"port": self.server.server_address[1], "path": self.path, "fields": dict(self.headers)}
        )

    def reply(self, status, body=b"", **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def reply_json(self, value, **fields):
        self.reply(200, json.dumps(value).encode(), Content_Type="application/json", **fields)

    def refuse(self, status, code):
        self.reply(status, json.dumps({"error": code}).encode(), X_Error_Code=code)

    def send_file(self, file):
        """A whole file or the rest of it, with whatever is to go wrong on the way."""
        tag = f'"{file.sha256}"'
        start = 0
        asked = self.headers.get("Range")
        if asked and not self.hub.ignores_ranges and self.headers.get("If-Range", tag) == tag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(file.content) > 0:
            return self.reply(416, Content_Range=f"bytes */{len(file.content)}")
        content = bytearray(file.content)
        if self.hub.corrupts and file.is_large:
            content[-1] ^= 1
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", tag)
        self.end_headers()
        self.send_bytes(bytes(content[start:]), file.is_large)

    def send_bytes(self, body, is_large):
        cut = self.hub.take_cut() if is_large else None
        if cut is not None:
            self.wfile.write(body[:cut])
            self.cut()
        elif is_large and self.hub.gate:
            first = self.hub.pause_after
            self.wfile.write(body[:first])
            self.wfile.flush()
            self.hub.is_paused.set()
            self.hub.gate.wait(60)
            self.wfile.write(body[first:])
        else:
            self.wfile.write(body)

    def cut(self):
        """Ends the connection as a crash would: a reset, once what was sent is there."""
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_WR)
        self.close_connection = True

    def handle(self):
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            pass


class HubHandler(Handler):
    def do_GET(self):
        self.note()
        failure = self.hub.take_failure()
        if failure:
            status, more = failure
            return self.reply(status, more) if isinstance(more, bytes) else self.reply(status, **more)
        address = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(address.query))
        parts = [urllib.parse.unquote(part) for part in address.path.strip("/").split("/")]
        is_api = parts[:2] == ["api", "models"]
        parts = parts[2:] if is_api else parts
        name, verb, revision, rest = "/".join(parts[:2]), parts[2], parts[3], "/".join(parts[4:])
        files = self.hub.repositories.get(name)
        authorized = self.hub.token is None or self.headers.get("Authorization") == f"Bearer {self.hub.token}"
        if files is None:
            return self.refuse(401, "RepoNotFound")
        if name in self.hub.gated and not authorized:
            return self.refuse(403 if "Authorization" in self.headers else 401, "GatedRepo")
        if revision not in ("main", "refs/pr/1", COMMIT):
            return self.refuse(404, "RevisionNotFound")
        if verb == "revision":
            return self.reply_json({"sha": COMMIT, "siblings": [{"rfilename": path} for path in files]})
        if verb == "tree":
            return self.send_tree(address.path, query, files)
        self.send_or_redirect(files.get(rest), name, rest)

    def send_tree(self, path, query, files):
        entries = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": "onnx"}]
        entries += [file.entry(path) for path, file in files.items()] + self.hub.further_entries
        start = int(query.get("cursor", 0))
        end = start + self.hub.page_size
        fields = {}
        if end < len(entries):
            fields["Link"] = f'<{self.hub.url}{path}?recursive=true&cursor={end}>; rel="next"'
        self.reply_json(entries[start:end], **fields)

    def send_or_redirect(self, file, name, path):
        if file is None:
            return self.refuse(404, "EntryNotFound")
        if not file.is_large:
            return self.send_file(file)
        self.reply(
            302,
            Location=f"http://{HOST}:{self.hub.content_port}/{name}/{file.sha256}?signature=abc",
            X_Repo_Commit=COMMIT,
            X_Linked_ETag=f'"{file.sha256}"',
            X_Linked_Size=str(len(file.content)),
        )


class ContentHandler(Handler):
    def do_GET(self):
        self.note()
        digest = self.path.split("/")[3].split("?")[0]
        for files in self.hub.repositories.values():
            for file in files.values():
                if file.sha256 == digest:
                    return self.send_file(file)
        self.refuse(404, "EntryNotFound")


def gguf(name="tiny", size=LARGE + 1000):
    """Bytes that begin like a GGUF, each name's different."""
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, 0) + name.encode()
    return head + hashlib.sha256(name.encode()).digest() * ((size - len(head)) // 32 + 1)
