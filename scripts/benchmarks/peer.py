"""The program that Millrace is compared with: llama.cpp, as the package `llama-cpp-python` brings it.

Built for this machine's CPU in a virtual environment of its own, which is kept in the user's cache. Its
server is built from the same sources when a comparison needs it.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import venv

VERSION = "0.3.36"
PACKAGE = "llama-cpp-python"
# For building the package, and for making model files.
TOOLS = ["cmake", "ninja", "scikit-build-core", "pathspec", "pyproject-metadata", "numpy", "gguf"]
FLAGS = ["-DGGML_NATIVE=ON", "-DCMAKE_BUILD_TYPE=Release", "-DLLAMA_OPENSSL=OFF"]
# Without what other programs would need of it, and what would be downloaded.
SERVER_FLAGS = ["-DLLAMA_BUILD_TESTS=OFF", "-DLLAMA_BUILD_EXAMPLES=OFF", "-DLLAMA_BUILD_APP=OFF",
                "-DLLAMA_BUILD_UI=OFF", "-DLLAMA_USE_PREBUILT_UI=OFF"]


def cache():
    """Where everything is kept that takes long to make."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = pathlib.Path(home) / "millrace" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Peer:
    """The peer's environment; nothing is installed before it is asked for."""

    def __init__(self):
        self.folder = cache() / f"llama-cpp-python-{VERSION}"
        self.python = self.folder / "venv" / "bin" / "python"

    def tools(self):
        """The interpreter of the environment, which can make model files."""
        if not (self.folder / "tools.done").exists():
            say("making a virtual environment for the peer")
            self.folder.mkdir(parents=True, exist_ok=True)
            venv.create(self.folder / "venv", with_pip=True, clear=True)
            self._pip("install", *TOOLS)
            (self.folder / "tools.done").touch()
        return self.python

    def package(self):
        """The interpreter, which can import `llama_cpp`."""
        self.tools()
        if not (self.folder / "package.done").exists():
            sources = self._sources()
            say(f"building {PACKAGE} {VERSION} for this CPU; this takes some minutes")
            flags = " ".join([*FLAGS, "-DLLAVA_BUILD=OFF"])
            self._pip("install", "--no-build-isolation", str(sources), CMAKE_ARGS=flags)
            (self.folder / "package.done").touch()
        return self.python

    def server(self):
        """The path of `llama-server`."""
        given = os.environ.get("LLAMA_SERVER")
        if given:
            return given
        self.tools()
        program = self.folder / "server" / "bin" / "llama-server"
        if not (self.folder / "server.done").exists():
            source = self._sources() / "vendor" / "llama.cpp"
            say("building the peer's server; this takes some minutes")
            cmake = self.python.parent / "cmake"
            build = self.folder / "server"
            self._run([cmake, "-G", "Ninja", "-S", source, "-B", build, *FLAGS, *SERVER_FLAGS])
            self._run([cmake, "--build", build, "--target", "llama-server"])
            (self.folder / "server.done").touch()
        return str(program)

    def _sources(self):
        folder = self.folder / "sources"
        if not folder.exists():
            say(f"downloading the sources of {PACKAGE} {VERSION}")
            archives = self.folder / "archives"
            self._pip("download", "--no-deps", "--no-build-isolation", "--no-binary", PACKAGE,
                      "--dest", str(archives), f"{PACKAGE}=={VERSION}")
            unpacked = self.folder / "unpacked"
            shutil.rmtree(unpacked, ignore_errors=True)
            unpacked.mkdir()
            self._run(["tar", "-xzf", next(archives.glob("*.tar.gz")), "-C", unpacked])
            next(unpacked.iterdir()).rename(folder)
        return folder

    def _pip(self, *words, **variables):
        command = [self.python, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
        self._run(command, **variables)

    def _run(self, words, **variables):
        """Others may be working on this machine, so it is done with low priority."""
        path = f"{self.python.parent}:{os.environ.get('PATH', '')}"
        environment = {**os.environ, "PATH": path, **variables}
        subprocess.run(["nice", *map(str, words)], env=environment, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    peer = Peer()
    print(peer.package())
    if "--server" in sys.argv[1:]:
        print(peer.server())
