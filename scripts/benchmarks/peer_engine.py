"""The peer's side of `scripts/bench engine`; runs in the peer's environment.

    peer_engine.py MODEL --threads N

Says in a first line how long the model took to load, then answers every line on standard input, such as
{"prefill":512} or {"decode":64,"streams":4,"depth":1024}, with a line: the same words and the same meaning
as `millrace bench engine MODEL --lines`. Each measurement gets a context of the size that it needs, as the
peer's own benchmark does it, and no token is picked: the peer is charged for the computing alone.
"""

import argparse
import ctypes
import json
import random
import sys
import time

import llama_cpp

BATCH = 2048


@llama_cpp.llama_log_callback
def silent(level, text, data):
    pass


class Context:
    """Memory for some sequences, and the batches that are put to the model with it."""

    def __init__(self, model, threads, tokens, sequences):
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = sequences * tokens
        parameters.n_batch = BATCH
        parameters.n_seq_max = sequences
        parameters.n_threads = parameters.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(model, parameters)
        if not self.context:
            raise RuntimeError("the peer made no context")
        self.batch = llama_cpp.llama_batch_init(BATCH, 0, 1)
        # Takes the first call's costs, as the peer's own benchmark does.
        self.run([(0, 0, 0)], lambda index: True)
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)

    def run(self, rows, wants_logits):
        """Computes (sequence, position, token) rows, and waits for the result."""
        for start in range(0, len(rows), BATCH):
            part = rows[start:start + BATCH]
            self.batch.n_tokens = len(part)
            for index, (sequence, position, token) in enumerate(part):
                self.batch.token[index] = token
                self.batch.pos[index] = position
                self.batch.n_seq_id[index] = 1
                self.batch.seq_id[index][0] = sequence
                self.batch.logits[index] = wants_logits(start + index)
            code = llama_cpp.llama_decode(self.context, self.batch)
            if code:
                raise RuntimeError(f"llama_decode said {code}")
        llama_cpp.llama_synchronize(self.context)

    def close(self):
        llama_cpp.llama_batch_free(self.batch)
        llama_cpp.llama_free(self.context)


class Bench:
    def __init__(self, path, threads):
        self.threads = threads
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(path.encode(), parameters)
        if not self.model:
            raise RuntimeError(f"the peer cannot load {path}")
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))
        self.random = random.Random(1)

    def answer(self, request):
        if "prefill" in request:
            return self.prefill(request["prefill"])
        return self.decode(request["decode"], request.get("streams", 1), request.get("depth", 0))

    def prefill(self, tokens):
        context = Context(self.model, self.threads, tokens + 16, 1)
        rows = [(0, position, self.token()) for position in range(tokens)]
        began = time.perf_counter()
        context.run(rows, lambda index: index == tokens - 1)
        seconds = time.perf_counter() - began
        context.close()
        return {"tokens": tokens, "seconds": seconds, "tokens_per_second": tokens / seconds}

    def decode(self, tokens, streams, depth):
        start = max(1, depth)
        context = Context(self.model, self.threads, start + tokens + 16, streams)
        for stream in range(streams):
            rows = [(stream, position, self.token()) for position in range(start)]
            context.run(rows, lambda index: index == start - 1)
        began = time.perf_counter()
        for step in range(tokens):
            context.run([(stream, start + step, self.token()) for stream in range(streams)], lambda _: True)
        seconds = time.perf_counter() - began
        context.close()
        total = tokens * streams
        return {"tokens": total, "seconds": seconds, "tokens_per_second": total / seconds, "steps": tokens}

    def token(self):
        return self.random.randrange(self.vocabulary)


def memory():
    """Bytes in memory now, and without mapped files."""
    sizes = {}
    with open("/proc/self/status", encoding="ascii") as file:
        for line in file:
            name, _, rest = line.partition(":")
            if name in ("VmRSS", "RssAnon"):
                sizes[name] = int(rest.split()[0]) << 10
    return {"rss_bytes": sizes["VmRSS"], "own_bytes": sizes["RssAnon"]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    began = time.perf_counter()
    bench = Bench(options.model, options.threads)
    Context(bench.model, options.threads, 4096, 1).close()
    ready = time.perf_counter() - began
    bench.prefill(16)
    facts = {"ready_seconds": ready, "first_token_seconds": time.perf_counter() - began, **memory()}
    print(json.dumps(facts), flush=True)
    for line in sys.stdin:
        print(json.dumps({**bench.answer(json.loads(line)), **memory()}), flush=True)


if __name__ == "__main__":
    main()
