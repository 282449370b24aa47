"""Models come and go: loaded when somebody asks, making room for each other, swapped while they serve."""

import concurrent.futures
import hashlib
import http.client
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from program import BINARY, DEMO_MODEL, HOST, Fleet, HttpPlace, Program, free_port, until

# The keys and values of each model; the demo model's weights are about a tenth of it.
KV = 64 << 20
# Room for one model, and for two.
ONE, TWO = "110M", "170M"


class Models:
    """A configuration file whose models are copies of the demo model."""

    def __init__(self, test):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-"))
        test.addCleanup(shutil.rmtree, self.folder, True)
        self.models = {}
        self.more = {}

    def add(self, name, **fields):
        path = self.folder / name
        shutil.copytree(DEMO_MODEL, path)
        self.models[name] = {"path": str(path), **fields}
        return path

    @property
    def config(self):
        path = self.folder / "millrace.json"
        path.write_text(json.dumps({"models": self.models, **self.more}))
        return path

    def words(self, memory=TWO, *more):
        return ("--config", self.config, "--memory", memory, "--kv-memory", KV, *more)

    def slow(self, name, lines=40):
        """Prompts that a load of this model computes first: it takes seconds."""
        path = self.folder / f"{name}.jsonl"
        text = "one two three four " * 120
        rows = [{"model": name, "prompt": f"{number} {text}"} for number in range(lines)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return ("--warmup", path)


class Place(HttpPlace):
    """What tests ask of a server with several models."""

    def status(self, model=None):
        return self.ask_json("/admin/models/status" + (f"?model={model}" if model else ""))

    def state(self, model):
        return self.status(model)["state"]

    def held(self, model):
        """The workers that have it, and how."""
        workers = self.status(model)["workers"]
        return {worker["worker"]: worker["state"] for worker in workers if worker["state"] != "absent"}

    def post(self, path, headers=None, **body):
        status, _, reply = self.ask("POST", path, json.dumps(body), headers, timeout=300)
        return status, json.loads(reply)

    def say(self, model, text="Once upon a time", count=8, **fields):
        body = {"model": model, "prompt": text, "max_tokens": count, "temperature": 0, **fields}
        status, reply = self.post("/v1/completions", **body)
        return status, reply

    def text(self, model, text="Once upon a time", count=8):
        status, reply = self.say(model, text, count)
        assert status == 200, reply
        return reply["choices"][0]["text"]


class PoolServer(Program, Place):
    """`millrace serve` with a configuration of models."""

    def __init__(self, *words):
        self.port = free_port()
        super().__init__("serve", "--port", self.port, "--threads", 1, *words)
        try:
            until(self._has_started, f"{self} is ready")
        except BaseException:
            self.close()
            raise

    def _has_started(self):
        assert self.is_alive, f"it ended at once: {self}"
        return self.is_ready()


class PoolFleet(Fleet, Place):
    """A fleet whose workers have nothing at first."""

    def start_worker(self):
        self.worker_count = getattr(self, "worker_count", 0) + 1
        node = f"w{self.worker_count}"
        words = ("worker", "--coordinator", self.control, "--threads", 1, "--node", node)
        return self._start(*words, *self.worker_words)


class APool(unittest.TestCase):
    """One process with more models than it has memory for."""

    def serve(self, *words):
        server = PoolServer(*words)
        self.addCleanup(server.close)
        return server

    def test_loads_what_is_asked_for(self):
        models = Models(self)
        models.add("a")
        models.add("b", aliases=["gpt-*"])
        server = self.serve(*models.words())
        listed = {model["id"]: model["state"] for model in server.ask_json("/v1/models")["data"]}
        self.assertEqual(listed, {"a": "unloaded", "b": "unloaded"})
        text = server.text("a")
        self.assertEqual(server.state("a"), "loaded")
        self.assertEqual(server.state("b"), "unloaded")
        self.assertEqual(server.text("gpt-9"), text)
        self.assertEqual({server.state("a"), server.state("b")}, {"loaded"})
        status, reply = server.say("nobody")
        self.assertEqual(status, 404)
        self.assertIn("there is: a, b", reply["error"]["message"])

    def test_makes_room_by_what_was_used_longest_ago_and_keeps_what_is_pinned(self):
        models = Models(self)
        models.add("p", pinned=True)
        models.add("a")
        models.add("b")
        models.add("c")
        server = self.serve(*models.words("250M"))
        until(lambda: server.state("p") == "loaded", "the pinned one is loaded")
        for name in "abac":
            server.text(name)
        states = {name: server.state(name) for name in "pabc"}
        self.assertEqual(states, {"p": "loaded", "a": "loaded", "b": "unloaded", "c": "loaded"})
        for worker in server.status()["workers"]:
            self.assertLessEqual(worker["used_bytes"], worker["budget_bytes"])
        status, reply = server.post("/admin/models/unload", model="p")
        self.assertEqual(status, 400)
        self.assertIn("pinned", reply["error"]["message"])

    def test_frees_the_memory_of_what_leaves(self):
        models = Models(self)
        models.add("a")
        models.add("b")
        server = self.serve(*models.words(ONE))
        sizes = []
        for _ in range(4):
            for name in "ab":
                server.text(name)
            sizes.append(server.resident_bytes())
        self.assertLess(sizes[-1], sizes[0] * 1.3)
        loads = server.metrics()['millrace_model_loads_total{end="loaded"}']
        self.assertEqual(loads, 8)

    def test_loads_and_unloads_on_command(self):
        models = Models(self)
        models.add("a")
        server = self.serve(*models.words())
        command = [BINARY, "models"]
        url = ("--url", server.url)

        def run(*words):
            done = subprocess.run([*command, *words, *url], capture_output=True, text=True)
            return done.returncode, done.stdout, done.stderr

        code, out, err = run("load", "a")
        self.assertEqual((code, err), (0, ""))
        self.assertIn("a is loaded, at worker with", out)
        self.assertIn("a was loaded already", run("load", "a")[1])
        self.assertIn("resident", run("status")[1])
        self.assertEqual(json.loads(run("status", "--json")[1])["models"][0]["state"], "loaded")
        self.assertEqual(run("unload", "a")[1], "a is unloaded\n")
        self.assertEqual(server.state("a"), "unloaded")
        code, _, err = run("load", "x")
        self.assertEqual(code, 1)
        self.assertIn("there is: a", err)
        status, reply = server.post("/admin/models/load", model=7)
        self.assertEqual((status, reply["error"]["param"]), (400, "model"))

    def test_marks_what_is_damaged_and_serves_the_others(self):
        models = Models(self)
        models.add("a")
        bad = models.add("bad") / "model.safetensors"
        whole = bad.read_bytes()
        bad.write_bytes(whole[: len(whole) // 2])
        server = self.serve(*models.words())
        with concurrent.futures.ThreadPoolExecutor() as pool:
            waiting = pool.submit(server.say, "bad")
            for _ in range(3):
                server.text("a")
            status, reply = waiting.result()
        self.assertEqual((status, reply["error"]["code"]), (503, "model_failed"))
        self.assertIn("loading failed 3 times", reply["error"]["message"])
        self.assertIn("model.safetensors", reply["error"]["message"])
        self.assertEqual(server.state("bad"), "failed")
        self.assertEqual(server.say("bad")[0], 503)
        self.assertEqual(server.say("a")[0], 200)
        bad.write_bytes(whole)
        self.assertEqual(server.say("bad")[0], 503)
        self.assertIn(server.post("/admin/models/load", model="bad")[0], (200, 202))
        until(lambda: server.state("bad") == "loaded", "it is loaded on command")
        self.assertEqual(server.text("bad"), server.text("a"))

    def test_asks_operators_for_a_key_of_their_own(self):
        models = Models(self)
        models.add("a")
        digest = hashlib.sha256(b"operator-key").hexdigest()
        tenant = hashlib.sha256(b"tenant-key").hexdigest()
        models.more = {
            "admin": {"keys": [f"sha256:{digest}"]},
            "tenants": {"acme": {"keys": [f"sha256:{tenant}"]}},
        }
        server = self.serve(*models.words())

        def ask(key):
            headers = {"authorization": f"Bearer {key}"} if key else None
            return server.post("/admin/models/load", headers, model="a")[0]

        self.assertEqual([ask(key) for key in (None, "tenant-key", "x")], [401, 401, 401])
        self.assertIn(ask("operator-key"), (200, 202))
        headers = {"authorization": "Bearer operator-key"}
        self.assertEqual(server.ask("GET", "/v1/models", headers=headers)[0], 401)

    def test_answers_operators_from_the_machine_itself_where_there_are_no_keys(self):
        models = Models(self)
        models.add("a")
        server = self.serve(*models.words())
        self.assertEqual(server.ask("GET", "/admin/models/status")[0], 200)
        through = {"x-forwarded-for": "192.0.2.1"}
        status, _, body = server.ask("GET", "/admin/models/status", headers=through)
        self.assertEqual(status, 401)
        self.assertIn("admin keys", json.loads(body)["error"]["message"])

    def test_swaps_a_revision_under_load_without_a_failed_request(self):
        for memory in (TWO, ONE):
            with self.subTest(memory=memory):
                self.swap(memory)

    def swap(self, memory):
        models = Models(self)
        path = models.add("a")
        server = self.serve(*models.words(memory))
        before = server.text("a", count=24)
        answers, stopped = [], []

        def ask():
            while not stopped:
                answers.append(server.say("a", count=24))

        with concurrent.futures.ThreadPoolExecutor() as pool:
            clients = [pool.submit(ask) for _ in range(3)]
            until(lambda: len(answers) > 6, "requests are answered")
            change_weights(path)
            status, _ = server.post("/admin/models/load", model="a", reload=True)
            self.assertEqual(status, 202)
            until(lambda: server.status("a")["workers"][0]["generation"] == 2, "it is swapped")
            count = len(answers)
            until(lambda: len(answers) > count + 6, "requests are answered")
            stopped.append(True)
            for client in clients:
                client.result()
        self.assertEqual({status for status, _ in answers}, {200})
        after = server.text("a", count=24)
        self.assertNotEqual(after, before)
        texts = {reply["choices"][0]["text"] for _, reply in answers}
        self.assertEqual(texts, {before, after})


def change_weights(folder):
    """Another revision: the same names and shapes, other numbers in the last layer's norm."""
    path = folder / "model.safetensors"
    data = bytearray(path.read_bytes())
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    first, last = header["model.norm.weight"]["data_offsets"]
    start = 8 + length
    # The sign of every second number, whose highest byte is its last.
    for place in range(start + first + 1, start + last, 4):
        data[place] ^= 0x80
    draft = path.with_suffix(".draft")
    draft.write_bytes(data)
    draft.replace(path)


class WaitingClients(unittest.TestCase):
    """Who asks for a model that has to be loaded is told how far it is."""

    def test_share_one_load_and_see_how_far_it_is(self):
        models = Models(self)
        models.add("a")
        slow = models.slow("a", 100)
        server = PoolServer(*models.words(), *slow)
        self.addCleanup(server.close)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            others = [pool.submit(server.say, "a") for _ in range(5)]
            body = {"model": "a", "prompt": "x", "max_tokens": 4, "stream": True}
            lines = streamed_lines(server, body)
            self.assertEqual({other.result()[0] for other in others}, {200})
        self.assertTrue(any(line.startswith(": loading a ") for line in lines), lines)
        self.assertEqual(lines[-1], "data: [DONE]")
        self.assertEqual(server.metrics()['millrace_model_loads_total{end="loaded"}'], 1)


def streamed_lines(server, body):
    connection = http.client.HTTPConnection(HOST, server.port, timeout=300)
    try:
        connection.request("POST", "/v1/completions", json.dumps(body))
        return [line for line in connection.getresponse().read().decode().splitlines() if line]
    finally:
        connection.close()


class AFleetOfPools(unittest.TestCase):
    """Two workers share models between them."""

    def fleet(self, models, memory, *words, workers=2):
        fleet = PoolFleet(
            workers=workers,
            edge_words=("--config", models.config),
            worker_words=models.words(memory, *words),
        )
        self.addCleanup(fleet.close)
        return fleet

    def test_serves_from_each_what_it_has(self):
        models = Models(self)
        models.add("a")
        models.add("b")
        models.add("both", replicas=2)
        fleet = self.fleet(models, ONE)
        texts = {fleet.text("a"), fleet.text("b")}
        self.assertEqual(len(texts), 1)
        self.assertEqual(len(fleet.held("a") | fleet.held("b")), 2)
        self.assertEqual(fleet.text("a"), fleet.text("b"))
        metrics = [worker.said().count(" loaded ") for worker in fleet.workers]
        self.assertEqual(sum(metrics), 2, "nothing was loaded twice")

    def test_loads_replicas(self):
        models = Models(self)
        models.add("both", replicas=2)
        fleet = self.fleet(models, ONE)
        fleet.text("both")

        def both():
            fleet.text("both")
            return list(fleet.held("both").values()) == ["resident", "resident"]

        until(both, "both workers have it")

    def test_goes_on_when_a_worker_is_killed_during_a_load(self):
        models = Models(self)
        models.add("a")
        slow = models.slow("a", 30)
        fleet = self.fleet(models, ONE, *slow)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            waiting = pool.submit(fleet.say, "a")
            (loading,) = until(lambda: fleet.held("a"), "a worker loads it")
            fleet.workers[int(loading[1:]) - 1].signal(signal.SIGKILL)
            status, reply = waiting.result()
        self.assertEqual(status, 200, reply)
        (after,) = fleet.held("a")
        self.assertNotEqual(after, loading)

    def test_knows_what_is_loaded_after_the_coordinator_was_killed(self):
        models = Models(self)
        models.add("a")
        models.add("b")
        fleet = self.fleet(models, TWO)
        text = fleet.text("a")
        held = fleet.held("a")
        fleet.coordinator.kill()
        fleet.programs.remove(fleet.coordinator)
        fleet.coordinator = fleet.start_coordinator()
        self.assertEqual(fleet.text("a"), text)
        self.assertEqual(fleet.held("a"), held)
        self.assertEqual(fleet.text("b"), text)


if __name__ == "__main__":
    unittest.main()
