"""The files in `compose` against the program: what they say runs, as far as it can run without containers.

Every service of this program is started as it is written, with its paths mapped into a folder, its names and
ports to free ports of this machine. Then whoever asks it in a container asks it here: health checks,
Prometheus, the balancer, Grafana's board.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

from program import BINARY, DEMO_MODEL, HOST, ROOT, HttpPlace, Program, free_port, until
from stream import chat_body, texts

FOLDER = ROOT / "compose"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "millrace"}
DOCKERFILE = (FOLDER / "Dockerfile").read_text()
QUESTION = {"messages": [{"role": "user", "content": "What is a lane?"}], "temperature": 0, "max_tokens": 8}


def filled(text):
    """With the defaults of its variables."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


class Place(HttpPlace):
    def __init__(self, port):
        self.port = port


class Containers:
    """Services as processes: each has its own ports, and they know each other by them."""

    def __init__(self, profile, folder):
        self.folder = folder
        self.services = {name: service for name, service in OURS.items() if profile in service["profiles"]}
        self.ports = {}
        self.programs = {}

    def port(self, service, port):
        return self.ports.setdefault((service, int(port)), free_port())

    def words(self, name):
        """What the service is told, said in terms of this machine."""
        return [self._here(name, filled(word)) for word in self.services[name]["command"]]

    def _here(self, name, word):
        flag, equals, value = word.partition("=")
        value = re.sub(
            r"^tcp://([\w-]+):(\d+)$",
            lambda found: f"tcp://{HOST}:{self.port(name if found[1] == 'eth0' else found[1], found[2])}",
            value,
        )
        if flag in ("--port", "--monitor-port"):
            value = str(self.port(name, value))
        if flag == "--config":
            assert value == "/etc/millrace/config.json"
            # What it names is a path in a container too.
            text = (FOLDER / "config.json").read_text()
            file = self.folder / "config.json"
            # Once: services that run already read it when they like.
            if not file.exists():
                file.write_text(text.replace("/run/secrets", str(self.folder / "secrets")))
            value = str(file)
        if flag in ("--host", "--monitor-host"):
            assert value == "0.0.0.0", f"{name} is not reached from other containers at {value}"
            value = HOST
        value = value.replace("/usr/local/share/millrace/demo-model", str(DEMO_MODEL))
        for place in ("/run/secrets", "/var/lib/millrace", "/models"):
            if place in value:
                value = value.replace(place, str(self._folder(name, place)))
        return flag + equals + value

    def _folder(self, name, place):
        """The volume that a service finds there: the same one for all that share it."""
        if place == "/run/secrets":
            return self.folder / "secrets"
        pairs = (filled(volume).split(":")[:2] for volume in self.services[name]["volumes"])
        folder = self.folder / {target: source for source, target in pairs}[place]
        folder.mkdir(exist_ok=True)
        return folder

    def start(self):
        for name in self.services:
            self.programs[name] = Program(*self.words(name))

    def close(self):
        for program in self.programs.values():
            program.close()

    def is_healthy(self, name):
        """As the health check of the service says, word for word."""
        kind, command, port = self.services[name]["healthcheck"]["test"]
        assert (kind, command) == ("CMD", "healthy"), name
        here = str(self.port(name, port))
        return subprocess.run([FOLDER / "healthy", here], capture_output=True, check=False).returncode == 0


class Compose(unittest.TestCase):
    def containers(self, profile):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name)
        self.make_secrets(path)
        containers = Containers(profile, path)
        self.addCleanup(containers.close)
        return containers

    def make_secrets(self, path):
        shutil.copy(FOLDER / "keys", path)
        environment = {**os.environ, "MILLRACE": BINARY}
        for _ in range(2):
            subprocess.run([path / "keys"], env=environment, check=True, capture_output=True)
        self.assertIn(f"MILLRACE_USER={os.getuid() or 10001}:", (path / ".env").read_text())
        self.assertEqual({file.stat().st_mode & 0o77 for file in (path / "secrets").iterdir()}, {0})

    def begin(self, profile):
        containers = self.containers(profile)
        containers.start()
        for name, program in containers.programs.items():

            def is_ready(name=name, program=program):
                assert program.is_alive, program
                return containers.is_healthy(name)

            until(is_ready, f"{name} is healthy")
        return containers

    def test_one_container_serves(self):
        containers = self.begin("single")
        reply = Place(containers.port("millrace", 8080)).chat(**QUESTION)
        self.assertTrue(reply["choices"][0]["message"]["content"])
        containers.programs["millrace"].signal(15)
        self.assertEqual(containers.programs["millrace"].wait(), 0)

    def test_a_fleet_serves_and_is_watched(self):
        containers = self.begin("fleet")
        key = (containers.folder / "secrets" / "api.keys").read_text().strip()
        body = json.dumps({"model": "demo", **QUESTION})
        texts = set()
        for edge in ("edge-1", "edge-2"):
            place = Place(containers.port(edge, 8080))
            path = "/v1/chat/completions"
            self.assertEqual(place.ask("POST", path, body)[0], 401)
            status, _, reply = place.ask("POST", path, body, {"Authorization": f"Bearer {key}"})
            self.assertEqual(status, 200, reply)
            texts.add(json.loads(reply)["choices"][0]["message"]["content"])
        self.assertEqual(len(texts), 1)
        if shutil.which("nginx"):
            self.check_balancer(containers, key)
        figures = self.check_prometheus(containers)
        self.check_board(figures)

    def check_balancer(self, containers, key):
        """Streams through it as it is configured, at the ports that the edges have here."""
        text = (FOLDER / "nginx.conf").read_text()

        def here(found):
            return f"server {HOST}:{containers.port(found[1], found[2])}"

        text = re.sub(r"server ([\w-]+):(\d+)", here, text)
        place = Place(free_port())
        text = text.replace("listen 8080", f"listen {HOST}:{place.port}")
        text = text.replace("/tmp/", f"{containers.folder}/")
        path = containers.folder / "nginx.conf"
        path.write_text(text)
        words = ["nginx", "-c", str(path), "-g", "daemon off;"]
        balancer = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        self.addCleanup(balancer.wait)
        self.addCleanup(balancer.terminate)
        until(place.is_ready, "the balancer passes requests on")
        self.assertEqual(place.ask("GET", "/metrics")[0], 404)
        body = chat_body(max_tokens=20, temperature=0)
        [(text, _)] = texts(place.port, [body], 1, headers=(f"Authorization: Bearer {key}",))
        self.assertTrue(text)
        # One edge that has gone is no hindrance.
        containers.programs["edge-1"].kill()
        for _ in range(4):
            answers = texts(place.port, [body], 1, headers=(f"Authorization: Bearer {key}",))
            self.assertEqual(answers[0][0], text)
        containers.programs["edge-1"] = Program(*containers.words("edge-1"))
        until(lambda: containers.is_healthy("edge-1"), "the edge is back")

    def check_prometheus(self, containers):
        """Every target is a service and answers; the names of all figures, as Prometheus knows them."""
        config = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
        figures, targets = set(), set()
        for job in config["scrape_configs"]:
            for target in (target for some in job["static_configs"] for target in some["targets"]):
                service, port = target.split(":")
                self.assertIn((service, int(port)), containers.ports, f"{target} is nobody")
                status, fields, body = Place(containers.port(service, port)).ask("GET", "/metrics")
                self.assertEqual(status, 200, target)
                self.assertTrue(fields["content-type"].startswith("text/plain"), fields)
                figures |= set(re.findall(r"^(\w+)[ {]", body.decode(), re.MULTILINE))
                targets.add(service)
        self.assertEqual(targets, set(containers.services), "somebody is not watched")
        return figures

    def check_board(self, figures):
        board = json.loads((FOLDER / "grafana" / "board.json").read_text())
        source = yaml.safe_load((FOLDER / "grafana" / "source.yaml").read_text())["datasources"][0]
        self.assertEqual(source["url"], f"http://prometheus:{_inner_port(SERVICES['prometheus'])}")
        asked = set()
        for panel in board["panels"]:
            self.assertEqual(panel["datasource"]["uid"], source["uid"])
            for target in panel["targets"]:
                asked |= set(re.findall(r"\bmillrace_\w+", target["expr"]))
        self.assertGreater(len(asked), 20)
        self.assertLessEqual(asked, figures, "the board asks for what nobody shows")

    def test_asks_for_no_option_that_there_is_not(self):
        for name, service in OURS.items():
            command, *words = service["command"]
            text = subprocess.run([BINARY, command, "--help"], capture_output=True, text=True).stdout
            known = set(re.findall(r"^  (--[\w-]+)", text, re.MULTILINE))
            for word in words:
                self.assertIn(word.split("=")[0], known, name)

    def test_gives_each_container_what_it_reads_and_nothing_more(self):
        for name, service in OURS.items():
            secrets = set(service.get("secrets", []))
            read = {filled(word).rsplit("/", 1)[1] for word in service["command"] if "/run/secrets/" in word}
            if any(word.startswith("--config=") for word in service["command"]):
                read.add("api.keys")
            self.assertEqual(read, secrets, name)
            self.assertLessEqual(secrets, set(COMPOSE["secrets"]))
            grace = next(int(word.split("=")[1]) for word in service["command"] if "--grace=" in word)
            self.assertEqual(service["stop_grace_period"], "2m")
            self.assertLess(grace, 120, name)
            self.assertTrue(service["read_only"], name)
            for volume in map(filled, service.get("volumes", [])):
                source = volume.split(":")[0]
                known = source in COMPOSE["volumes"] or (FOLDER / source).exists()
                self.assertTrue(known, f"{name}: {source}")

    def test_the_balancer_knows_every_edge_and_its_port(self):
        text = (FOLDER / "nginx.conf").read_text()
        edges = {(name, _option(service, "--port")) for name, service in OURS.items() if "edge" in name}
        self.assertEqual(set(re.findall(r"server ([\w-]+):(\d+)", text)), edges)
        listened = re.search(r"listen (\d+);", text)[1]
        self.assertEqual(listened, _inner_port(SERVICES["balancer"]))
        for line in ("proxy_buffering off;", "proxy_http_version 1.1;", 'proxy_set_header Connection "";'):
            self.assertIn(line, text)
        if shutil.which("nginx"):
            with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
                # Names of containers are known in containers only.
                file.write(re.sub(r"server edge-\d", f"server {HOST}", text))
                file.flush()
                done = subprocess.run(["nginx", "-t", "-c", file.name], capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_is_understood_by_the_tools_that_read_it(self):
        if shutil.which("promtool"):
            words = ["promtool", "check", "config", str(FOLDER / "prometheus.yml")]
            done = subprocess.run(words, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        if shutil.which("docker-compose"):
            for profile in ("single", "fleet"):
                words = ["docker-compose", "-f", str(FOLDER / "compose.yaml"), "--profile", profile, "config"]
                done = subprocess.run(words, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertGreaterEqual(set(SERVICES), set(yaml.safe_load(done.stdout)["services"]))


class TheImage(unittest.TestCase):
    """The Dockerfile names what there is."""

    def test_copies_what_is_there(self):
        for line in DOCKERFILE.splitlines():
            if line.startswith("COPY") and "--from" not in line:
                *sources, _ = [word for word in line.split()[1:] if not word.startswith("--")]
                for source in sources:
                    self.assertTrue((ROOT / source).exists(), line)
        self.assertNotIn("secrets", DOCKERFILE)
        self.assertIn("compose/secrets", (ROOT / ".dockerignore").read_text().splitlines())

    def test_builds_with_the_packages_that_the_setup_names(self):
        setup = re.findall(r'"(lib[\w.+-]+)\|', (ROOT / "scripts" / "setup").read_text())
        tested = {"libhttp-parser-dev"}
        self.assertEqual(set(setup) - tested, set(re.findall(r"\blib[\w.+-]+-dev\b", DOCKERFILE)))

    def test_has_every_library_that_the_program_needs(self):
        if not (shutil.which("readelf") and shutil.which("dpkg-query")):
            self.skipTest("needs readelf and dpkg-query")
        shown = subprocess.run(["readelf", "-d", BINARY], capture_output=True, text=True, check=True).stdout
        needed = [name for name in re.findall(r"Shared library: \[([^]]+)\]", shown)]
        # The image's program has those of Swift inside.
        needed = [name for name in needed if not re.match(r"lib(swift|dispatch|Blocks|Foundation)", name)]
        runtime = DOCKERFILE.split("FROM debian")[1]
        for name in needed:
            found = subprocess.run(["dpkg-query", "-S", f"*/{name}"], capture_output=True, text=True).stdout
            packages = {line.split(":")[0] for line in found.splitlines()}
            listed = any(package in runtime.split() for package in packages)
            self.assertTrue(listed or packages & {"libc6", "libgcc-s1"}, f"{name} of {packages}")

    def test_is_no_root_and_says_how_it_is(self):
        self.assertRegex(DOCKERFILE, r"(?m)^USER 10001:10001$")
        check = re.search(r"HEALTHCHECK .* CMD (\[.*\])", DOCKERFILE)[1]
        self.assertEqual(json.loads(check), ["healthy", re.search(r"EXPOSE (\d+)", DOCKERFILE)[1]])
        command = json.loads(re.search(r"(?m)^CMD (\[.*\])", DOCKERFILE)[1])
        text = subprocess.run([BINARY, command[0], "--help"], capture_output=True, text=True).stdout
        for word in command[1:]:
            if word.startswith("--"):
                self.assertIn(word, text)


def _option(service, flag):
    return next(word.split("=")[1] for word in service["command"] if word.startswith(f"{flag}="))


def _inner_port(service):
    return service["ports"][0].rsplit(":", 1)[1]


if __name__ == "__main__":
    unittest.main()
