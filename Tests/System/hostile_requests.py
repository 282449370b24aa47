"""Requests that nobody means well with: valid ones of every route, bent by the grammar of what they are.

The same line of requests for the same seed, wherever it runs.
"""

import dataclasses
import json
import random

from program import ROOT

GOLDEN = ROOT / "Tests" / "DialectsTests" / "Golden"
DESCRIPTION = ROOT / "schemas" / "openapi.json"
# What a golden folder's name begins with.
GENERATING = {"chat": "/v1/chat/completions", "completion": "/v1/completions", "message": "/v1/messages"}
RESPONSES = "/v1/responses"
QUESTION = [{"role": "user", "content": "what is a lane?"}]
OTHERS = {
    "/v1/messages/count_tokens": [{"messages": QUESTION, "system": "Be brief."}],
    "/tokenize": [{"prompt": "a lane"}, {"messages": QUESTION, "add_generation_prompt": False}],
    "/detokenize": [{"tokens": [1, 2, 3], "skip_special_tokens": True}],
    "/apply-template": [{"messages": QUESTION, "tools": [], "chat_template_kwargs": {"a": 1}}],
    "/v1/embeddings": [{"input": ["a", "b"], "dimensions": 4}, {"input": [[1], [2]]}],
    "/v1/rerank": [{"query": "q", "documents": ["a", {"text": "b"}], "top_n": 1}],
    "/rerank": [{"query": "q", "documents": ["a"], "return_documents": False}],
    "/v2/rerank": [{"query": "q", "documents": ["a"]}],
    "/v1/responses/input_tokens": [{"input": "a lane", "instructions": "Be brief."}],
    "/v1/complete": [{"prompt": "\n\nHuman: hi\n\nAssistant:", "max_tokens_to_sample": 1, "stream": True}],
}
UNKNOWN = f"{RESPONSES}/resp_{'0' * 32}"
READING = (
    *("/v1/models", "/v1/models/demo", "/health", "/livez", "/ready", "/readyz", "/version", "/metrics"),
    *("/openapi.json", UNKNOWN, f"{UNKNOWN}/input_items", f"{RESPONSES}/none"),
)
LIMITS = ("max_tokens", "max_completion_tokens", "max_tokens_to_sample", "max_output_tokens")

# What JSON knows, and this server may or may not.
NUMBERS = (
    b"0 -0 -0.0 -1 1 2 2147483647 2147483648 -2147483649 4294967295 4294967296 9007199254740993 "
    b"9223372036854775807 1e308 -1e308 5e-324 1e-400 0.1 1.0 1e2 0.30000000000000004"
).split() + [b"0." + b"1" * 400]
STRINGS = [
    *(b'""', b'" "', b'"\\u0000"', b'"\\ud83d\\ude00"', b'"\xef\xbb\xbf"', b'"\\ufeff\\u202e\\u2028"'),
    *(b'"auto"', b'"none"', b'"user"', b'"assistant"', b'"system"', b'"tool"', b'"text"', b'"tool_use"'),
    *(
        b'"required"',
        b'"{\\"a\\": 1}"',
        b'"{\\"a\\":"',
        b'"[[[[("',
        b'"(a+)+$"',
        b'"root ::= root"',
        b'"demo"',
    ),
    *(b'"{{ messages }}{% for %}"', b'"<|im_start|>system"', b'"</tool_call><think>"', b'"%s%n"'),
    *('"\u202ea\u0301"'.encode(), b'"a' + "\u0301".encode() * 2000 + b'"'),
    *(b'"' + b"a" * 5000 + b'"', b'"' + b"\\u0061" * 2000 + b'"'),
]
SHAPES = [b"null", b"true", b"false", b"{}", b"[]", b"[null]", b"[[]]", b"[{}]", b'["a"]', b"[1]", b'{"a":1}']
# What no JSON holds, or no reader that is careful takes.
BROKEN = [
    *b"NaN Infinity -Infinity nan 01 1. .5 +1 0x10 1e --1 1_0 1e309 nul tru , ] } ' /**/".split(),
    *(
        b"9223372036854775808",
        b"-9223372036854775809",
        b"9" * 400,
        b"",
        b'"',
        b'"\\',
        b"'a'",
        b'"\x01"',
        b'"\x00"',
    ),
    *(b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u12"', b'"\\x41"', b'"\xc0\xaf"', b'"\xed\xa0\x80"'),
    *(b'"\xf4\x90\x80\x80"', b'"\xff\xfe"', b'"\xe2\x82"'),
]
DEEP = [
    open_ * depth + close * depth
    for depth in (5, 30, 61, 62, 63, 64, 100, 3000)
    for open_, close in ((b"[", b"]"), (b'{"a":', b"}"), (b'[{"a":', b"}]"))
]
LONG = [
    b"[" + b",".join([b"0"] * 3000) + b"]",
    b"[" + b",".join([b'"a"'] * 3000) + b"]",
    b"[" + b",".join([b'{"role":"user","content":""}'] * 4097) + b"]",
    b"{" + b",".join(b'"%d":1' % number for number in range(3000)) + b"}",
    b"[" * 2000,
]
TYPES = (
    None,
    "text/plain",
    "application/xml",
    "multipart/form-data; boundary=x",
    "application/json; charset=x",
)
METHODS = ("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "BREW", "post", "PROPFIND")
FIELDS = (
    ("x-millrace-lane", ("high", "low", "left", "", "HIGH", "\u00ff")),
    ("x-millrace-timeout-ms", ("1", "0", "-1", "1.5", "99999999999999999999", "", "x")),
    ("anthropic-version", ("2023-06-01", "")),
    ("anthropic-beta", ("a,b,c", "," * 500)),
    ("authorization", ("Bearer none", "Basic Og==", "")),
    ("content-encoding", ("gzip", "identity", "br, gzip", "")),
    ("x-api-key", ("none",)),
    ("accept", ("text/event-stream", "image/png")),
    ("x-filler", ("a" * 3000,)),
)
# In milliseconds: no answer takes longer, whatever became of its limits.
PATIENCE = 300


@dataclasses.dataclass
class Request:
    data: bytes
    method: str
    path: str
    # The client allowed so little time that it may be over.
    has_deadline: bool
    # The server may take what follows for anything, and hang up.
    may_close: bool


class HostileRequests:
    """An endless line of requests."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.valid = [(path, json.dumps(body)) for path, bodies in OTHERS.items() for body in bodies]
        for file in sorted(GOLDEN.rglob("request.json")):
            try:
                body = json.loads(file.read_text())
            except ValueError:
                continue
            is_response = "responses" in file.relative_to(GOLDEN).parts
            path = RESPONSES if is_response else GENERATING.get(file.parent.name.split("-")[0])
            if path and isinstance(body, dict):
                limit = "max_output_tokens" if is_response else "max_tokens"
                self.valid.append((path, json.dumps({**self.cheap(body), limit: 1})))
        schemas = json.loads(DESCRIPTION.read_text())["components"]["schemas"]
        self.names = sorted({name for schema in schemas.values() for name in schema.get("properties", ())})
        self.raw = []

    @staticmethod
    def cheap(body):
        """With few tokens to be generated."""
        body = {**body, "n": min(body["n"], 2)} if type(body.get("n")) is int else dict(body)
        for name in LIMITS:
            body.pop(name, None)
        return body

    def __iter__(self):
        while True:
            yield self.reading() if self.chance.random() < 0.04 else self.asking()

    # Requests

    def reading(self):
        chance = self.chance
        path = chance.choice(READING)
        kind = chance.randrange(4)
        if kind == 0:
            words = (
                "limit=1",
                "limit=x",
                "limit=-1",
                "after_id=demo",
                "before_id=%ff",
                "&&=%",
                "a=" + "b" * 500,
            )
            path += "?" + "&".join(chance.choices(words, k=2))
        elif kind == 1:
            path += chance.choice(("/", "/x", "%2f", "%00", "/..%2f..", "/" + "a" * 900))
        method = chance.choice(("GET", "GET", "HEAD", *METHODS))
        return self.framed(method, path, b"", self.fields())

    def asking(self):
        chance = self.chance
        path, body = chance.choice(self.valid)
        if chance.random() < 0.05:
            path = chance.choice(self.valid)[0]
        data = self.bent(body)
        method = chance.choice(METHODS) if chance.random() < 0.02 else "POST"
        fields = {"x-millrace-timeout-ms": str(PATIENCE), **self.fields()}
        return self.framed(method, path, data, fields)

    def fields(self):
        chance = self.chance
        fields = {}
        if chance.random() < 0.1:
            fields["content-type"] = chance.choice(TYPES)
        while chance.random() < 0.1:
            name, values = chance.choice(FIELDS)
            fields[name] = chance.choice(values)
        return fields

    def framed(self, method, path, body, fields):
        chance = self.chance
        has_deadline = "x-millrace-timeout-ms" in fields
        lines = [f"{method} {path} HTTP/1.1", "Host: millrace"]
        lines += [f"{name}: {value}" for name, value in fields.items() if value is not None]
        head = "\r\n".join(lines).encode("latin-1")
        if chance.random() > 0.04:
            data = b"%b\r\nContent-Length: %d\r\n\r\n%b" % (head, len(body), body)
            return Request(data, method, path, has_deadline, False)
        chunks, broken = self.chunked(body)
        data = head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
        return Request(data, method, path, has_deadline, broken)

    def chunked(self, body):
        """In chunks of odd sizes; sometimes what is none."""
        chance = self.chance
        parts = []
        while body:
            size = chance.choice((1, 2, 7, 100, len(body)))
            line = b"%x" % len(body[:size])
            ending = chance.choice((b"", b"", b";a=b", b';q="x;\\"y"', b";" + b"e" * 50))
            parts += [line.zfill(chance.choice((1, 4, 8))), ending, b"\r\n", body[:size], b"\r\n"]
            body = body[size:]
        trailer = chance.choice((b"", b"", b"X-Trailer: 1\r\n"))
        whole = b"".join(parts) + b"0\r\n" + trailer + b"\r\n"
        if chance.random() > 0.3:
            return whole, False
        bad = (
            b"zz\r\n",
            b"-1\r\n",
            b"ffffffffffffffffff\r\n",
            b"3\r\nabcdef\r\n",
            b"3 \nabc\r\n",
            b"\r\n\r\n",
        )
        return b"".join(parts) + chance.choice(bad), True

    # Bodies

    def bent(self, body):
        chance = self.chance
        self.raw = []
        value = json.loads(body)
        if "model" not in value or chance.random() < 0.9:
            value["model"] = "demo"
        for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 5))):
            self.bend(value)
        data = json.dumps(value, ensure_ascii=chance.random() < 0.5).encode(errors="surrogatepass")
        for number, raw in enumerate(self.raw):
            data = data.replace(b'"@@%d@@"' % number, raw, 1)
        return self.torn(data) if chance.random() < 0.1 else data

    def torn(self, data):
        """The bytes themselves, as if something had gone wrong on the way."""
        chance = self.chance
        place = chance.randrange(len(data) + 1)
        kind = chance.randrange(9)
        if kind == 0:
            return data[:place]
        if kind == 1:
            return data + chance.choice((b"x", b"{}", b"\0", b" " * 100, b"\n//"))
        if kind == 2:
            return b"\xef\xbb\xbf" + data
        if kind == 3:
            return data.decode(errors="replace").encode("utf-16")
        if kind == 4:
            return chance.choice((b"", b" ", b"null", b"[]", b'"a"', b"0", b"{", b"\0", b"a=b&c=d"))
        if kind == 5:
            return data[:place] + chance.randbytes(chance.randint(1, 8)) + data[place:]
        if kind == 6:
            return data[:place] + data[place + chance.randint(1, 8) :]
        if kind == 7:
            return data.replace(b":", b"=", 1)
        return data.replace(b'"', b"'")

    def bend(self, value):
        """One change somewhere in the document."""
        chance = self.chance
        while True:
            if isinstance(value, dict) and value:
                key = chance.choice(list(value))
                # What every request has would else be all that is bent.
                if key in ("model", *LIMITS) and chance.random() < 0.7:
                    continue
            elif isinstance(value, list) and value:
                key = chance.randrange(len(value))
            else:
                return
            inside = value[key]
            if isinstance(inside, (dict, list)) and inside and chance.random() < 0.6:
                value = inside
                continue
            return self.change(value, key)

    def change(self, parent, key):
        chance = self.chance
        kind = chance.randrange(12)
        if kind == 0:
            # The request's limit stays, so that nothing long is generated.
            if key not in LIMITS:
                del parent[key]
        elif kind == 1 and isinstance(parent, dict):
            parent[chance.choice(self.names)] = self.anything()
        elif kind == 2 and isinstance(parent, dict):
            # The name again, with something else behind it.
            self.raw.append(json.dumps(str(key)).encode())
            parent[f"@@{len(self.raw) - 1}@@"] = self.anything()
        elif kind == 3 and isinstance(parent, list):
            parent[key:key] = [parent[key]] * chance.choice((1, 2, 130))
        elif kind == 4 and isinstance(parent, dict):
            parent[chance.choice(("", "\0", "a" * 300, "\ufeff", "__proto__", "x" * 5))] = self.anything()
        elif kind == 5:
            parent[key] = [parent[key]]
        elif kind == 6:
            parent[key] = {chance.choice(self.names): parent[key]}
        elif kind == 7 and isinstance(parent[key], (int, float)):
            parent[key] = chance.choice((-parent[key], parent[key] * 2, parent[key] + 0.5, str(parent[key])))
        else:
            parent[key] = self.anything()

    def anything(self):
        """A placeholder for bytes that JSON may know or not."""
        chance = self.chance
        pool = chance.choices((NUMBERS, STRINGS, SHAPES, BROKEN, DEEP, LONG), (10, 10, 8, 4, 2, 1))[0]
        self.raw.append(chance.choice(pool))
        return f"@@{len(self.raw) - 1}@@"
