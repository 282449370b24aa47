"""Links that are locked: who is on the list gets through, nobody else does, and the list may change."""

import os
import pathlib
import socket
import subprocess
import tempfile
import threading
import unittest

import zmq

from program import BINARY, DEMO_MODEL, HOST, Fleet, Keys, free_port, until
from stream import mixed_bodies, texts

QUESTION = {"messages": [{"role": "user", "content": "What is a lane?"}], "temperature": 0, "max_tokens": 8}


class Recorder(threading.Thread):
    """Passes a connection on, and keeps what the client said."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.target = port
        self.said = bytearray()
        self.listener = socket.create_server((HOST, 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection((HOST, self.target))
            threading.Thread(target=self._pass, args=(server, client, None), daemon=True).start()
            self._pass(client, server, self.said)

    def _pass(self, source, target, kept):
        try:
            while data := source.recv(1 << 16):
                if kept is not None:
                    kept += data
                target.sendall(data)
        except OSError:
            pass
        finally:
            target.close()


class ALockedFleet(unittest.TestCase):
    def fleet(self, **options):
        fleet = Fleet("tcp", locked=True, **options)
        self.addCleanup(fleet.close)
        return fleet

    def answer(self, fleet):
        return fleet.chat(**QUESTION)["choices"][0]["message"]["content"]

    def test_answers_as_an_open_one_does(self):
        bodies = mixed_bodies(12)
        open_fleet = Fleet("tcp")
        self.addCleanup(open_fleet.close)
        expected = texts(open_fleet.port, bodies, 1)
        locked = self.fleet()
        self.assertEqual(texts(locked.port, bodies, len(bodies)), expected)

    def test_works_over_ipc_and_with_several_loops(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        fleet = Fleet("ipc", workers=1, locked=True)
        self.addCleanup(fleet.close)
        self.assertTrue(self.answer(fleet))
        line = next(line for line in fleet.keys.roster.read_text().splitlines() if '"edge"' in line)
        more = line.replace('"node":"edge"', '"node":"edge-1"')
        fleet.keys.write(fleet.keys.roster.read_text() + more + "\n")
        fleet.edge.kill()
        fleet.programs.remove(fleet.edge)
        fleet.edge_words = (*fleet.edge_words, "--loops", 2)
        fleet.start_edge()
        until(fleet.is_ready, "the edge is back")
        for _ in range(8):
            self.assertTrue(self.answer(fleet))

    def test_hears_no_peer_without_a_key_or_with_a_strangers(self):
        fleet = self.fleet(workers=1)
        endpoint = fleet.control
        with zmq.Context() as context:
            server_key = next(
                line.split('"key":"')[1].split('"')[0]
                for line in fleet.keys.roster.read_text().splitlines()
                if '"coordinator"' in line
            )
            for locks in (False, True):
                peer = context.socket(zmq.DEALER)
                peer.linger = 0
                peer.routing_id = b"worker-9"
                if locks:
                    peer.curve_publickey, peer.curve_secretkey = zmq.curve_keypair()
                    peer.curve_serverkey = server_key.encode()
                monitor = peer.get_monitor_socket(
                    zmq.EVENT_HANDSHAKE_FAILED_AUTH
                    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
                    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
                    | zmq.EVENT_HANDSHAKE_SUCCEEDED
                )
                peer.connect(endpoint)
                self.assertTrue(monitor.poll(10_000), "something happens")
                event = int.from_bytes(monitor.recv_multipart()[0][:2], "little")
                self.assertNotEqual(event, zmq.EVENT_HANDSHAKE_SUCCEEDED)
                peer.disable_monitor()
                peer.close()
        self.assertEqual(fleet.joined_count("worker"), 1)
        self.assertTrue(self.answer(fleet))

    def test_hears_nothing_that_was_recorded_and_is_sent_again(self):
        fleet = self.fleet(workers=1)
        recorder = Recorder(int(fleet.control.rsplit(":", 1)[1]))
        words = fleet.keys.add("recorded", "worker")
        program = fleet._start(
            "worker", "--model", DEMO_MODEL, "--coordinator", f"tcp://{HOST}:{recorder.port}", *words
        )
        until(lambda: fleet.joined_count("worker") == 2, "the recorded worker has joined")
        program.kill()
        fleet.programs.remove(program)
        self.assertGreater(len(recorder.said), 500)
        self.assertNotIn(b"demo", recorder.said, "what is said can be read")
        joined = fleet.joined_count("worker")
        with socket.create_connection((HOST, recorder.target), timeout=10) as replay:
            replay.sendall(recorder.said)
            # The server ends the connection, or keeps it waiting for an honest handshake until it gives up.
            try:
                while replay.recv(1 << 16):
                    pass
            except OSError:
                pass
        self.assertEqual(fleet.joined_count("worker"), joined)
        self.assertTrue(self.answer(fleet))

    def test_stops_hearing_a_key_that_leaves_the_list(self):
        fleet = self.fleet()
        gone = fleet.workers[0].words[fleet.workers[0].words.index("--node") + 1]
        fleet.keys.remove(f'"{gone}"')
        until(lambda: "a worker is gone" in fleet.coordinator.said(), "the worker is not heard any more")
        for _ in range(4):
            self.assertTrue(self.answer(fleet))

    def test_goes_on_when_the_coordinator_changes_its_key(self):
        fleet = self.fleet()
        old = self.answer(fleet)
        fleet.coordinator_words = fleet.keys.add("coordinator", "coordinator", file="second.key")
        fleet.coordinator.kill()
        fleet.programs.remove(fleet.coordinator)
        fleet.coordinator = fleet.start_coordinator()
        until(fleet.is_complete, "everybody has found the new key")
        self.assertEqual(self.answer(fleet), old)


class KeyFiles(unittest.TestCase):
    """What is wrong with the files is said at the start, and names the file and the line."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.keys = Keys(folder.name)
        cls.words = cls.keys.add("c", "coordinator")

    def refusal(self, *words):
        listen = ("--listen", f"tcp://{HOST}:{free_port()}")
        command = [BINARY, "coordinator", *listen, *map(str, words)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=30)
        self.assertNotEqual(result.returncode, 0)
        return result.stderr

    def test_a_pair_is_written_once_and_for_its_owner_alone(self):
        path = self.folder / "pair.key"
        line = self.keys.make(path, "x", "edge")
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertNotIn(line.split('"key":"')[1].split('"')[0], path.read_text().split("secret")[1])
        again = subprocess.run(
            [BINARY, "keys", "node", path, "--node", "x", "--role", "edge"], capture_output=True, text=True
        )
        self.assertNotEqual(again.returncode, 0)
        self.assertIn("File exists", again.stderr)

    def test_a_secret_that_others_may_read_is_refused(self):
        path = self.folder / "wide.key"
        self.keys.make(path, "x", "edge")
        path.chmod(0o644)
        self.assertIn("chmod 600", self.refusal("--node-key", path, "--fleet-keys", self.keys.roster))

    def test_one_file_needs_the_other(self):
        self.assertIn("--fleet-keys", self.refusal(*self.words[:2]))
        self.assertIn("--node-key", self.refusal(*self.words[2:]))

    def test_a_broken_list_names_its_line(self):
        good = self.keys.roster.read_text()
        for line, reason in (
            ("{", "not a JSON object"),
            ('{"key":"short","node":"a","role":"edge"}', '"key" must be'),
            (good.replace('"c"', '"no good"').strip(), '"node" must be'),
            (good.replace('"coordinator"', '"king"').strip(), '"role" must be one of'),
            (good.replace('"coordinator"', '"edge"').strip(), "another role"),
            (good.replace('"node"', '"name"').strip(), "unknown member"),
        ):
            with self.subTest(line=line):
                broken = self.folder / "broken.jsonl"
                broken.write_text(good + line + "\n")
                said = self.refusal("--node-key", self.folder / "c.key", "--fleet-keys", broken)
                self.assertIn(f"{broken}:2: ", said)
                self.assertIn(reason, said)

    def test_a_key_that_is_not_on_the_list_is_told_so(self):
        self.keys.make(self.folder / "other.key", "d", "coordinator")
        said = self.refusal("--node-key", self.folder / "other.key", "--fleet-keys", self.keys.roster)
        self.assertIn("has no coordinator with the key of", said)
        self.assertIn("called d", self.refusal(*self.words, "--node", "d"))

    def test_beyond_the_machine_keys_are_needed(self):
        command = [BINARY, "coordinator", "--listen", "tcp://0.0.0.0:1"]
        result = subprocess.run(command, capture_output=True, text=True, env=os.environ)
        self.assertIn("links need keys", result.stderr)


if __name__ == "__main__":
    unittest.main()
