"""Training text as token ids, with a mark on the ids that the model is to learn: what the assistant says."""

import collections
import random

import numpy
import torch

import dialogues
import template

LONGEST = 1536  # ids; a few conversations come near it, so that late positions are seen too
DOCUMENT_SHARE = 0.03


def learnt(ids: list[int], header: list[int], end: int) -> numpy.ndarray:
    """True at every id between an assistant header and its end mark, the mark included."""
    marks = numpy.zeros(len(ids), dtype=bool)
    inside, at = False, 0
    while at < len(ids):
        if inside:
            marks[at] = True
            inside = ids[at] != end
        elif ids[at : at + len(header)] == header:
            inside, at = True, at + len(header)
            continue
        at += 1
    return marks


def rows(tokenizer, seed: int, mix: dialogues.Mix):
    """An endless run of (ids, marks), the same for the same seed."""
    source = random.Random(seed)
    header = tokenizer.encode("<|im_start|>assistant\n").ids
    end, stop = tokenizer.token_to_id("<|im_end|>"), tokenizer.token_to_id("<|endoftext|>")
    while True:
        if source.random() < DOCUMENT_SHARE:
            ids = tokenizer.encode(dialogues.document(source)).ids + [stop]
            yield ids, numpy.ones(len(ids), dtype=bool)
        else:
            ids = tokenizer.encode(template.render(*dialogues.conversation(source, mix))).ids
            if len(ids) <= LONGEST:
                yield ids, learnt(ids, header, end)


def width_for(length: int) -> int:
    """Rows are filled up to one of a few widths: matrix libraries prepare themselves for every new shape."""
    step = 16 if length <= 128 else 32 if length <= 256 else 64 if length <= 512 else 128
    return -(-length // step) * step


def batches(tokenizer, seed: int, budget: int, mix: dialogues.Mix):
    """Batches of rows of like length, at most `budget` ids each; one comes out when enough rows are there."""
    filling, waiting = tokenizer.token_to_id("<|endoftext|>"), collections.defaultdict(list)
    for row in rows(tokenizer, seed, mix):
        width = width_for(len(row[0]))
        group = waiting[width]
        group.append(row)
        if len(group) < budget // width:
            continue
        del waiting[width]
        ids = numpy.full((len(group), width), filling, dtype=numpy.int64)
        marks = numpy.zeros((len(group), width), dtype=bool)
        for index, (row_ids, row_marks) in enumerate(group):
            ids[index, : len(row_ids)], marks[index, : len(row_ids)] = row_ids, row_marks
        yield torch.from_numpy(ids), torch.from_numpy(marks)
