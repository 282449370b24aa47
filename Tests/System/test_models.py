"""`millrace models pull` against a hub that does what hubs, networks and disks do."""

import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

from hub import COMMIT, LARGE, File, Hub, folder_files, gguf
from program import BINARY, DEMO_MODEL, HOST, HttpPlace, Program, free_port, until

TOKEN = "hf_secretsecretsecret"
WEIGHTS = "model.safetensors"


class WithHub(unittest.TestCase):
    def setUp(self):
        self.files = folder_files(DEMO_MODEL)
        self.files |= {
            "README.md": File(b"read me"),
            "pytorch_model.bin": File(bytes(LARGE)),
            "onnx/model.onnx": File(b"onnx"),
            "original/consolidated.00.pth": File(b"pth"),
            ".gitattributes": File(b"*"),
        }
        self.hub = Hub(acme__demo=self.files)
        self.addCleanup(self.hub.close)
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="millrace-models-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        self.model = self.root / "acme" / "demo"

    def environment(self, **variables):
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {
            **kept,
            "MILLRACE_MODELS_DIR": str(self.root),
            "MILLRACE_HUB": self.hub.url,
            "no_proxy": HOST,
            **variables,
        }

    def run_millrace(self, *words, **options):
        variables = options.pop("variables", {})
        done = subprocess.run(
            [BINARY, *map(str, words)],
            capture_output=True,
            timeout=120,
            check=False,
            env=self.environment(**variables),
            **options,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def pull(self, reference="acme/demo", *words, **options):
        return self.run_millrace("models", "pull", reference, *words, **options)

    def start_pull(self, reference="acme/demo"):
        return subprocess.Popen(
            [BINARY, "models", "pull", reference],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment(),
        )

    def assert_pulled(self, files=None):
        """The model's folder holds exactly what it should, to the last byte."""
        wanted = files or {name: self.files[name] for name in os.listdir(DEMO_MODEL)}
        found = {path: file.content for path, file in folder_files(self.model).items()}
        found.pop(".millrace-pulls.json")
        self.assertEqual(found.keys(), wanted.keys())
        for path, content in found.items():
            self.assertTrue(content == wanted[path].content, path)

    def assert_refused(self, *sentences, reference="acme/demo", **options):
        """The pull ends with status 1 and says why, and no model is there."""
        code, output, complaints = self.pull(reference, **options)
        self.assertEqual((code, output), (1, ""), complaints)
        for sentence in sentences:
            self.assertIn(sentence, complaints)
        self.assertFalse(self.model.exists())
        return complaints


class APull(WithHub):
    def test_brings_what_a_model_needs_and_nothing_else(self):
        code, output, complaints = self.pull()
        self.assertEqual(code, 0, complaints)
        self.assert_pulled()
        self.assertIn("millrace serve --model acme/demo", output)
        self.assertIn(WEIGHTS, complaints)
        self.assertEqual(list((self.root / ".pull" / "acme" / "demo").iterdir()), [self.lock()])

    def lock(self):
        return self.root / ".pull" / "acme" / "demo" / "lock"

    def test_says_nothing_when_it_is_to_be_quiet(self):
        self.assertEqual(self.pull("acme/demo", "--quiet"), (0, "", ""))
        self.assert_pulled()

    def test_again_asks_for_no_bytes(self):
        self.pull()
        self.hub.requests.clear()
        code, output, _ = self.pull()
        self.assertEqual((code, self.hub.asked("resolve")), (0, []))
        self.assertIn("was here already", output)

    def test_of_what_has_changed_brings_only_that(self):
        self.pull()
        inode = (self.model / WEIGHTS).stat().st_ino
        (self.model / "notes.txt").write_text("mine")
        self.files["config.json"] = File(self.files["config.json"].content + b"\n")
        del self.files["generation_config.json"]
        self.hub.requests.clear()
        self.assertEqual(self.pull()[0], 0)
        self.assertEqual([r["path"].split("/")[-1] for r in self.hub.asked("resolve")], ["config.json"])
        self.assertEqual((self.model / WEIGHTS).stat().st_ino, inode)
        names = set(os.listdir(DEMO_MODEL)) - {"generation_config.json"}
        self.assert_pulled({n: self.files[n] for n in names} | {"notes.txt": File(b"mine")})

    def test_reads_a_list_of_many_pages(self):
        self.hub.page_size = 2
        self.assertEqual(self.pull()[0], 0)
        self.assert_pulled()
        self.assertGreater(len(self.hub.asked("cursor=")), 3)

    def test_takes_the_revision_it_is_told(self):
        self.assertEqual(self.pull("acme/demo@refs/pr/1")[0], 0)
        self.assertEqual(len(self.hub.asked("/revision/refs%2Fpr%2F1")), 1)
        self.assertTrue(all(COMMIT in r["path"] for r in self.hub.asked("resolve")))
        shutil.rmtree(self.model)
        self.assert_refused("no revision nope", reference="acme/demo@nope")

    def test_brings_the_shards_that_the_index_names(self):
        content = self.files.pop(WEIGHTS).content
        names = [f"model-0000{number}-of-00002.safetensors" for number in (1, 2)]
        index = {"weight_map": {"a": names[0], "b": names[1], "c": names[0]}}
        shards = {
            "model.safetensors.index.json": File(json.dumps(index).encode()),
            names[0]: File(content),
            names[1]: File(content[::-1]),
        }
        self.files |= shards | {"consolidated.safetensors": File(content + b"x")}
        self.assertEqual(self.pull()[0], 0)
        names = set(os.listdir(DEMO_MODEL)) - {WEIGHTS}
        self.assert_pulled({n: self.files[n] for n in names} | shards)

    def test_leaves_what_others_put_there_alone(self):
        self.model.mkdir(parents=True)
        (self.model / "config.json").write_text("mine")
        code, _, complaints = self.pull()
        self.assertEqual(code, 1)
        self.assertIn("was not pulled", complaints)
        self.assertEqual(os.listdir(self.model), ["config.json"])


class ATokenOfAHub(WithHub):
    def test_goes_to_the_hub_and_not_to_where_it_redirects(self):
        self.hub.gated, self.hub.token = {"acme/demo"}, TOKEN
        code, output, complaints = self.pull(variables={"HF_TOKEN": TOKEN})
        self.assertEqual(code, 0, complaints)
        self.assert_pulled()
        self.assertNotIn(TOKEN, output + complaints)
        by_port = {self.hub.port: set(), self.hub.content_port: set()}
        for request in self.hub.requests:
            by_port[request["port"]].add(request["fields"].get("Authorization"))
        self.assertEqual(by_port[self.hub.port], {f"Bearer {TOKEN}"})
        self.assertEqual(by_port[self.hub.content_port], {None})

    def test_is_asked_for_where_a_model_is_gated(self):
        self.hub.gated, self.hub.token = {"acme/demo"}, TOKEN
        self.assert_refused("gated", "MILLRACE_HUB_TOKEN", f"{self.hub.url}/acme/demo")
        wrong = {"MILLRACE_HUB_TOKEN": "hf_wrong", "HF_TOKEN": TOKEN}
        self.assertNotIn("hf_wrong", self.assert_refused("gated", "may read it", variables=wrong))

    def test_that_is_none_is_named_and_not_shown(self):
        code, _, complaints = self.pull(variables={"HF_TOKEN": "two words"})
        self.assertEqual(code, 2)
        self.assertIn("HF_TOKEN", complaints)
        self.assertNotIn("two words", complaints)


class AHub(WithHub):
    def test_without_the_model_is_named(self):
        self.assert_refused("no model acme/none", HOST, reference="acme/none")

    def test_that_is_not_there_is_reported_at_once(self):
        url = f"http://{HOST}:{free_port()}"
        self.assert_refused(url, variables={"MILLRACE_HUB": "", "HF_ENDPOINT": url})

    def test_that_is_busy_is_asked_again(self):
        self.hub.failures = [(429, {"Retry-After": "1"}), (503, {}), (500, {})]
        code, _, complaints = self.pull()
        self.assertEqual(code, 0, complaints)
        self.assertIn("answers 429; trying again in 1.0 s", complaints)

    def test_that_refuses_without_end_is_left(self):
        self.hub.failures = [(404, bytes(2 << 20))]
        self.assert_refused("more than a hub may")

    def test_that_wants_to_be_left_alone_is(self):
        self.hub.failures = [(429, {"Retry-After": "3600"})]
        self.assert_refused("3600 s")

    def test_that_lists_hostile_paths_is_refused(self):
        outside = pathlib.Path(f"{self.root}-outside")
        paths = ("../../evil.json", f"{outside}/x.json", "a/./b.json", "a\\b.json", "x\u0000.json", "\n", "")
        for path in paths:
            with self.subTest(path=path):
                self.hub.further_entries = [File(b"{}").entry(path)]
                self.assert_refused("no path within a repository")
        self.assertFalse(outside.exists())

    def test_that_lists_nonsense_is_refused(self):
        file = File(b"{}")
        cases = (
            ({**file.entry("x.json"), "oid": "12"}, "no checksum"),
            ({**file.entry("x.json"), "size": -1}, "no usable size"),
            ({**file.entry("x.json"), "size": 1 << 60}, "no usable size"),
            (self.files["config.json"].entry("config.json"), "twice"),
        )
        for entry, sentence in cases:
            with self.subTest(entry=entry):
                self.hub.further_entries = [entry]
                self.assert_refused(sentence)

    def test_that_sends_other_bytes_than_it_lists_is_refused(self):
        self.hub.corrupts = True
        self.assert_refused("checksum", WEIGHTS)
        self.hub.corrupts = False
        self.assertEqual(self.pull()[0], 0)
        self.assert_pulled()

    def test_that_sends_more_than_it_lists_is_refused(self):
        file = self.files["config.json"]
        entry = {**file.entry("config.json"), "size": len(file.content) - 1}
        self.hub.further_entries = [entry]
        hidden, self.files["other"] = self.files.pop("config.json"), File(b"")
        self.hub.repositories["acme/demo"] = Lying(self.files, {"config.json": hidden})
        self.assert_refused("has more than")


class Lying(dict):
    """Files of which some can be asked for without being listed."""

    def __init__(self, listed, unlisted):
        super().__init__(listed)
        self.unlisted = unlisted

    def get(self, path, default=None):
        return super().get(path) or self.unlisted.get(path, default)


class ABrokenPull(WithHub):
    def ranges(self):
        return [r["fields"].get("Range") for r in self.hub.requests if r["port"] == self.hub.content_port]

    def test_goes_on_by_itself_when_the_connection_is_cut(self):
        self.hub.cuts = [1_000_000, 1, 2_000_000]
        code, _, complaints = self.pull()
        self.assertEqual(code, 0, complaints)
        self.assert_pulled()
        self.assertEqual(self.ranges(), [None, "bytes=1000000-", "bytes=1000001-", "bytes=3000001-"])
        content = [r for r in self.hub.requests if r["port"] == self.hub.content_port]
        again = [r["fields"]["If-Range"] for r in content[1:]]
        self.assertEqual(again, [f'"{self.files[WEIGHTS].sha256}"'] * 3)

    def test_begins_a_file_anew_where_the_server_knows_no_ranges(self):
        self.hub.cuts, self.hub.ignores_ranges = [1_000_000], True
        self.assertEqual(self.pull()[0], 0)
        self.assert_pulled()

    def kill_midway(self, after, number):
        """A pull that is ended while the weights come; what it said."""
        self.hub.gate, self.hub.pause_after = threading.Event(), after
        self.hub.is_paused.clear()
        process = self.start_pull()
        self.assertTrue(self.hub.is_paused.wait(60))
        until(lambda: self.partial_size() >= min(after, 1), "bytes on the disk")
        process.send_signal(number)
        said = process.communicate(timeout=60)[0].decode()
        self.hub.gate.set()
        self.hub.gate = None
        self.assertFalse(self.model.exists())
        return process.returncode, said

    def partial_size(self):
        partial = self.root / ".pull/acme/demo/=/files" / (WEIGHTS + ".partial")
        return partial.stat().st_size if partial.exists() else 0

    def test_goes_on_after_being_killed_anywhere(self):
        seed = int(os.environ.get("MILLRACE_SEED", "1"))
        chance = random.Random(seed)
        size = len(self.files[WEIGHTS].content)
        for after in sorted(chance.sample(range(1, size), 3)):
            with self.subTest(after=after, seed=seed):
                self.assertEqual(self.kill_midway(after, signal.SIGKILL)[0], -signal.SIGKILL)
        here = self.partial_size()
        self.assertGreater(here, 0)
        self.hub.requests.clear()
        self.assertEqual(self.pull()[0], 0)
        self.assert_pulled()
        # The last kill may have come when every byte was here, but not yet checked.
        self.assertEqual(self.ranges(), [f"bytes={here}-"] if here < size else [])

    def test_says_that_it_can_go_on_after_ctrl_c(self):
        code, said = self.kill_midway(1_000_000, signal.SIGINT)
        self.assertEqual(code, 130)
        self.assertIn("the same command goes on", said)
        listed = self.run_millrace("models", "list")[1]
        self.assertIn("incomplete", listed)
        self.assertIn("millrace models pull acme/demo", listed)
        self.assertEqual(self.pull()[0], 0)
        self.assert_pulled()

    def test_takes_nothing_over_that_was_tampered_with(self):
        self.kill_midway(1_000_000, signal.SIGKILL)
        partial = self.root / ".pull/acme/demo/=/files" / (WEIGHTS + ".partial")
        content = bytearray(partial.read_bytes())
        content[0] ^= 1
        partial.write_bytes(content)
        self.assert_refused("checksum")
        self.assertEqual(self.pull()[0], 0)
        self.assert_pulled()

    def test_drops_what_came_of_a_file_that_has_changed(self):
        self.kill_midway(1_000_000, signal.SIGKILL)
        self.files[WEIGHTS] = File(self.files[WEIGHTS].content[::-1])
        self.hub.requests.clear()
        self.assertEqual(self.pull()[0], 0)
        self.assert_pulled()
        self.assertEqual(self.ranges(), [None])

    def test_says_when_the_disk_takes_no_more(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

        self.assert_refused("File too large", "goes on from here", preexec_fn=limit)
        self.assertEqual(self.pull()[0], 0)
        self.assert_pulled()

    def test_refuses_before_it_begins_what_no_disk_holds(self):
        self.hub.further_entries = [{**self.files.pop(WEIGHTS).entry(WEIGHTS)}]
        self.hub.further_entries[0]["lfs"]["size"] = 1 << 49
        self.assert_refused("free")
        self.assertEqual(self.ranges(), [])


class TwoPulls(WithHub):
    def test_of_one_model_take_turns(self):
        self.hub.gate, self.hub.pause_after = threading.Event(), 1_000_000
        first = self.start_pull()
        self.assertTrue(self.hub.is_paused.wait(60))
        second = Program("models", "pull", "acme/demo", environment=self.environment())
        self.addCleanup(second.close)
        second.until_said("another process pulls this model")
        self.hub.gate.set()
        self.assertEqual(first.wait(60), 0)
        first.stdout.close()
        self.assertEqual(second.wait(), 0)
        self.assertIn("was here already", second.said())
        self.assert_pulled()
        asked = [r for r in self.hub.requests if r["port"] == self.hub.content_port]
        self.assertEqual(len(asked), 1)


class GGUFs(WithHub):
    NAMES = ("tiny-Q4_K_M.gguf", "tiny-Q8_0.gguf", "mmproj-F16.gguf", "big/tiny-F16-00001-of-00002.gguf")

    def setUp(self):
        super().setUp()
        names = (*self.NAMES, "big/tiny-F16-00002-of-00002.gguf", "other-Q2_K.gguf", "third-Q2_K.gguf")
        self.ggufs = {name: File(gguf(name)) for name in names}
        self.hub.repositories["acme/demo"] = self.ggufs | {"README.md": File(b"read me")}

    def test_are_asked_for_by_tag(self):
        complaints = self.assert_refused("Q4_K_M (", "Q8_0 (", "F16 (", "pull acme/demo:Q4_K_M")
        self.assertIn("mmproj-F16.gguf (", complaints)
        self.assertEqual(self.pull("acme/demo:q8_0")[0], 0)
        self.assert_pulled({"tiny-Q8_0.gguf": self.ggufs["tiny-Q8_0.gguf"]})
        inode = (self.model / "tiny-Q8_0.gguf").stat().st_ino
        code, output, _ = self.pull("acme/demo:F16")
        self.assertEqual(code, 0)
        self.assertIn("millrace serve --model acme/demo:F16", output)
        self.assert_pulled({n: f for n, f in self.ggufs.items() if "Q8_0" in n or n.startswith("big/")})
        self.assertEqual((self.model / "tiny-Q8_0.gguf").stat().st_ino, inode)

    def test_are_asked_for_by_name(self):
        self.assertEqual(self.pull("acme/demo:mmproj-F16.gguf")[0], 0)
        self.assert_pulled({"mmproj-F16.gguf": self.ggufs["mmproj-F16.gguf"]})

    def test_that_are_not_there_or_too_many_are_listed(self):
        self.assert_refused("no GGUF", "Q8_0", reference="acme/demo:Q5_K_M")
        self.assert_refused("other-Q2_K.gguf", "third-Q2_K.gguf", reference="acme/demo:Q2_K")
        del self.hub.repositories["acme/demo"]["big/tiny-F16-00001-of-00002.gguf"]
        self.assert_refused("1 of the 2 parts", reference="acme/demo:F16")


class Words(WithHub):
    def test_that_name_no_model_are_explained(self):
        for word in ("demo", "a/b/c", "../x", "acme/", "-x/y", "acme/demo:../x", "a b/c"):
            with self.subTest(word=word):
                code, _, complaints = self.pull("--", word)
                self.assertEqual(code, 2)
                self.assertIn("ORG/NAME", complaints)

    def test_of_help_are_there_for_the_group_and_each_command(self):
        for words in (("models", "--help"), ("help", "models")):
            code, output, _ = self.run_millrace(*words)
            self.assertEqual(code, 0)
            for command in ("list", "pull", "inspect"):
                self.assertIn(f"  models {command} ", output)
        for command in ("list", "pull", "inspect"):
            code, output, _ = self.run_millrace("models", command, "--help")
            self.assertEqual(code, 0)
            self.assertTrue(output.startswith(f"Usage: millrace models {command}"), output)
        self.assertIn("models pull?", self.run_millrace("models", "pul")[2])


class APulledModel(WithHub, HttpPlace):
    def test_is_served_by_its_name(self):
        self.assertEqual(self.pull()[0], 0)
        self.port = free_port()
        words = ("serve", "--port", self.port, "--model", "acme/demo")
        server = Program(*words, environment=self.environment())
        self.addCleanup(server.close)
        until(lambda: server.is_alive and self.is_ready(), f"{server} is ready")
        reply = self.chat(model="acme/demo", messages=[{"role": "user", "content": "hello"}], max_tokens=4)
        self.assertEqual(reply["model"], "acme/demo")
        self.assertEqual(self.ask_json("/v1/models/acme/demo")["id"], "acme/demo")

    def test_is_found_by_every_command(self):
        self.assertEqual(self.pull()[0], 0)
        sent = json.dumps({"text": "hello"}).encode() + b"\n"
        by_name = self.run_millrace("inspect", "tokenize", "acme/demo", input=sent)
        self.assertEqual(by_name, self.run_millrace("inspect", "tokenize", DEMO_MODEL, input=sent))
        code, output, _ = self.run_millrace("models", "inspect", "acme/demo")
        self.assertEqual(code, 0)
        self.assertIn("qwen3", output)

    def test_that_is_nowhere_is_advised_to_be_pulled(self):
        for words in (("serve", "--model"), ("inspect", "tokenize"), ("models", "inspect")):
            with self.subTest(words=words):
                code, _, complaints = self.run_millrace(*words, "acme/none")
                self.assertEqual(code, 1)
                self.assertIn(f"no model at acme/none and none called that in {self.root}", complaints)
                self.assertIn("millrace models pull acme/none", complaints)
