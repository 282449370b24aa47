"""Measures the tokenizer against the `tokenizers` package: one thread each, the same text, turns taken.

    scripts/bench tokenizer [MODEL...]     directories with a tokenizer.json, or such files

Needs the package `tokenizers` (set PYTHON to an interpreter that has it). Millrace is asked through
`millrace inspect tokenize`, once with one text and once with several; the difference is what the others
took, with reading them and writing their ids as JSON.
"""

import glob
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
from tokenizers import Tokenizer, __version__  # noqa: E402

ROUNDS = 5
TEXTS = 8
TEXT_BYTES = 1 << 20

KINDS = {
    "code": ["    for index in 0..<count where values[index] != nil { total += values[index] ?? 0 }\n",
             "def read(path: str, *, limit=4096) -> bytes:\n"
             "\twith open(path, 'rb') as file:\n\t\treturn file.read(limit)\n",
             "if (node->next == NULL) { free(node); return -1; }  /* the last one */\n"],
    "English": ["The mill turns when the river does, and it doesn't ask who sent the grain. ",
                "Nobody remembered the year 1837, although 12,345 people had signed the book. "],
    "German": ["Die Größe der Mühle überraschte auch jene, die schon öfter in Süddeutschland gewesen waren. ",
               "Straßenbahnhaltestellenhäuschen gehören selbstverständlich beleuchtet. "],
    "CJK": ["磨坊在河边转动，谁也不问粮食从哪里来。", "水車は川の流れで回ります。", "물레방아는 강물이 흐르면 돈다. "],
    "emoji": ["👩‍👩‍👧 went 🏃🏽‍♀️ to 🇩🇪 — “nice” ✨🚀 … ", "naïve café ☕️ №5 ½ ²³ "],
    "space": ["\n\n\n    \t\t\n", "   \r\n      ", "a    b\u00a0c\u3000d\n"],
}
WEIGHTS = {"code": 30, "English": 35, "German": 12, "CJK": 13, "emoji": 4, "space": 6}


def mixed_text():
    """Paragraphs of every kind, words shuffled, so that no line repeats."""
    random.seed(1)
    parts, size = [], 0
    while size < TEXT_BYTES:
        kind = random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        sentences = [random.choice(KINDS[kind]) for _ in range(random.randint(2, 8))]
        if kind in ("English", "German"):
            words = " ".join(sentences).split(" ")
            random.shuffle(words)
            sentences = [" ".join(words), f" {random.randrange(10**6)}.\n"]
        part = "".join(sentences)
        parts.append(part)
        size += len(part.encode())
    return "".join(parts)


class Millrace:
    """`inspect tokenize` on one model."""

    def __init__(self, program, path):
        self.folder = None
        if not os.path.isdir(path):
            self.folder = tempfile.mkdtemp()
            shutil.copy(path, os.path.join(self.folder, "tokenizer.json"))
        self.command = [program, "inspect", "tokenize", self.folder or path]

    def answers(self, request, count):
        return subprocess.run(self.command, input=request * count, capture_output=True, check=True).stdout

    def close(self):
        if self.folder:
            shutil.rmtree(self.folder)


def seconds(call):
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def measure(program, path, text):
    file = os.path.join(path, "tokenizer.json") if os.path.isdir(path) else path
    reference = Tokenizer.from_file(file)
    reference.no_truncation()
    reference.no_padding()
    ours = Millrace(program, path)
    request = (json.dumps({"text": text, "add_special_tokens": False}) + "\n").encode()
    ratios, own, theirs = [], [], []
    for turn in range(ROUNDS + 1):
        start, answer = seconds(lambda: ours.answers(request, 1))
        took = (seconds(lambda: ours.answers(request, 1 + TEXTS))[0] - start) / TEXTS
        reference_took, encoding = seconds(lambda: reference.encode(text, add_special_tokens=False))
        if json.loads(answer)["ids"] != encoding.ids:
            raise SystemExit(f"{path}: the ids differ")
        if turn > 0:  # the first warms both up
            own.append(took)
            theirs.append(reference_took)
            ratios.append(reference_took / took)
    ours.close()
    megabytes = len(text.encode()) / 1e6
    name = os.path.basename(os.path.dirname(os.path.abspath(file)))
    speed, reference_speed = (megabytes / statistics.median(times) for times in (own, theirs))
    print(f"{name:<16}{speed:>10.2f}{reference_speed:>12.2f}"
          f"{statistics.median(ratios):>9.1f}{min(ratios):>9.1f}{max(ratios):>9.1f}")


def main():
    program, *paths = sys.argv[1:]
    if not paths:
        here = os.path.dirname(os.path.abspath(__file__))
        paths = sorted(glob.glob(os.path.join(here, "../../shared/fixtures/tokenizers/hf/*")))
    if not paths:
        raise SystemExit("no MODEL given")
    text = mixed_text()
    print(f"{len(text.encode()) / 1e6:.2f} MB of mixed text, {ROUNDS} rounds, tokenizers {__version__}")
    print(f"{'':<16}{'millrace':>10}{'tokenizers':>12}{'ratio':>9}{'lowest':>9}{'highest':>9}")
    print(f"{'':<16}{'MB/s':>10}{'MB/s':>12}")
    for path in paths:
        measure(program, path, text)


main()
