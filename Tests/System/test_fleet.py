"""The same requests give the same texts from one process, from many, and in any company."""

import socket
import unittest

from program import HOST, Fleet, Server, until
from stream import mixed_bodies, texts

BODIES = mixed_bodies(16)


class AFleet(unittest.TestCase):
    """Four processes answer as one does."""

    @classmethod
    def setUpClass(cls):
        server = Server()
        cls.addClassCleanup(server.close)
        cls.alone = texts(server.port, BODIES, at_once=1)
        cls.server = server

    def check(self, place, edges=1):
        for at_once in (1, len(BODIES)):
            for round_number in range(edges):
                with self.subTest(at_once=at_once, round=round_number):
                    self.assertEqual(texts(place.port, BODIES, at_once), self.alone)

    def fleet(self, *words, **options):
        fleet = Fleet(*words, **options)
        self.addCleanup(fleet.close)
        return fleet

    def test_sampled_texts_differ_from_each_other(self):
        sampled = [text for body, (text, _) in zip(BODIES, self.alone) if body["temperature"]]
        self.assertEqual(len(set(sampled)), len(sampled))

    def test_one_process_answers_a_crowd_as_it_answers_one(self):
        self.check(self.server)

    def test_over_ipc(self):
        self.check(self.fleet("ipc"))

    def test_over_tcp(self):
        self.check(self.fleet("tcp"))

    def test_with_two_loops_in_the_edge(self):
        # The kernel picks the loop for a connection: three rounds of 16 reach both.
        self.check(self.fleet("ipc", edge_words=("--loops", 2)), edges=3)

    def test_counts_the_connections_of_all_loops_of_the_edge(self):
        fleet = self.fleet("ipc", workers=1, edge_words=("--loops", 4))
        clients = [socket.create_connection((HOST, fleet.port), timeout=60) for _ in range(9)]
        for client in clients:
            self.addCleanup(client.close)
        until(lambda: fleet.metrics()["millrace_http_connections"] == len(clients) + 1, "all are counted")

    def test_with_small_chunks_blocks_and_batches(self):
        words = ("--chunk", 5, "--block", 8, "--batch", 3, "--step-tokens", 7)
        self.check(self.fleet("ipc", worker_words=words))
