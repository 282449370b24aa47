"""Model files to measure with: real shapes, random weights, and what of a file a token reads."""

import pathlib
import struct
import subprocess
import sys

from peer import cache, say

MAKER = pathlib.Path(__file__).resolve().parents[2].parent / "shared" / "bench" / "make_bench_models.py"
# The peer's own numbers for what it quantises to.
FILE_TYPES = {"q4_0": 2, "q8_0": 7, "q4_k_m": 15, "q4_k_s": 14, "q5_k_m": 17, "q6_k": 18}
PLAIN_TYPES = ["f32", "f16", "bf16"]

QUANTIZE = """
import ctypes, sys, llama_cpp
keep = llama_cpp.llama_log_callback(lambda level, text, data: None)
llama_cpp.llama_log_set(keep, ctypes.c_void_p(0))
parameters = llama_cpp.llama_model_quantize_default_params()
parameters.ftype = int(sys.argv[3])
parameters.nthread = int(sys.argv[4])
sys.exit(llama_cpp.llama_model_quantize(sys.argv[1].encode(), sys.argv[2].encode(), ctypes.byref(parameters)))
"""


class ModelError(Exception):
    pass


def made(peer, shape, kind, threads):
    """The path of a model of a shape in a type; made when it is not there."""
    folder = cache() / "models"
    folder.mkdir(exist_ok=True)
    path = folder / f"{shape}-{kind}.gguf"
    if path.exists():
        return path
    if kind in PLAIN_TYPES:
        if not MAKER.exists():
            raise ModelError(f"there is no {MAKER} to make {shape} with; give a file with --model")
        say(f"making {path.name}")
        subprocess.run(["nice", peer.tools(), MAKER, folder / "new", "--shape", shape, "--gguf", kind],
                       check=True, stdout=sys.stderr)
        (folder / "new" / path.name).rename(path)
    else:
        quantised(peer, made(peer, shape, "f16", threads), path, kind, threads)
    return path


def quantised(peer, source, path, kind, threads):
    """Another type of a file with plain weights, by the peer."""
    if kind not in FILE_TYPES:
        raise ModelError(f"{kind} is not a type that is known here: {', '.join([*PLAIN_TYPES, *FILE_TYPES])}")
    say(f"quantising {path.name}")
    new = path.with_suffix(".new")
    words = [peer.package(), "-c", QUANTIZE, source, new, FILE_TYPES[kind], threads]
    subprocess.run(["nice", *map(str, words)], check=True, stdout=sys.stderr)
    new.rename(path)


# GGUF's numbers of the types of metadata.
NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q",
           12: "<d"}


class GGUF:
    """The head of a GGUF file: its metadata without long lists, and the size of each tensor."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        with open(path, "rb") as self._file:
            if self._file.read(4) != b"GGUF" or self._number("<I") not in (2, 3):
                raise ModelError(f"{path} is not a GGUF file of version 2 or 3")
            tensor_count, key_count = self._number("<Q"), self._number("<Q")
            self.metadata = {}
            for _ in range(key_count):
                key = self._text()
                self.metadata[key] = self._value(self._number("<I"))
            offsets = []
            for _ in range(tensor_count):
                name = self._text()
                dimensions = self._number("<I")
                self._file.seek(8 * dimensions + 4, 1)
                offsets.append((self._number("<Q"), name))
            alignment = self.metadata.get("general.alignment", 32)
            start = -(-self._file.tell() // alignment) * alignment
        offsets.sort()
        ends = [offset for offset, _ in offsets[1:]] + [self.path.stat().st_size - start]
        self.tensor_bytes = {name: end - offset for (offset, name), end in zip(offsets, ends)}

    def _number(self, form):
        return struct.unpack(form, self._file.read(struct.calcsize(form)))[0]

    def _text(self):
        return self._file.read(self._number("<Q")).decode("utf-8", "replace")

    def _value(self, kind):
        if kind in NUMBERS:
            return self._number(NUMBERS[kind])
        if kind == 8:
            return self._text()
        if kind != 9:
            raise ModelError(f"{self.path} has metadata of the unknown type {kind}")
        kind, count = self._number("<I"), self._number("<Q")
        if kind in NUMBERS:
            self._file.seek(count * struct.calcsize(NUMBERS[kind]), 1)
        else:
            for _ in range(count):
                self._value(kind)
        return None

    @property
    def weight_bytes_per_token(self):
        """Every weight once; of the embeddings a row, unless they are the output's weights too."""
        total = sum(self.tensor_bytes.values())
        has_output = "output.weight" in self.tensor_bytes
        return total - self.tensor_bytes.get("token_embd.weight", 0) * has_output

    @property
    def kv_bytes_per_token(self):
        """Keys and values of a token of context in 16 bits."""
        architecture = self.metadata["general.architecture"]

        def number(name, fallback=None):
            return self.metadata.get(f"{architecture}.{name}", fallback)

        heads = number("attention.head_count")
        size = number("embedding_length") // heads
        sizes = number("attention.key_length", size) + number("attention.value_length", size)
        return 2 * number("block_count") * number("attention.head_count_kv", heads) * sizes
