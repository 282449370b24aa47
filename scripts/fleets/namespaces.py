"""Networks of their own for the processes of a fleet, on one bridge: links that can be cut like real ones."""

import os
import subprocess

SUBNET = "10.77.{}.{}"
PREFIX = "millrace"
EDGE_PORT, MONITOR_PORT, CONTROL_PORT, TOKEN_PORT = 8080, 9100, 7100, 7200


class Namespaces:
    """A bridge of this machine, and a namespace behind it for each name; all of it is gone after `close`."""

    def __init__(self):
        number = os.getpid() % 250 + 1
        self.bridge = f"mr{number}"
        self.number = number
        self.names = []
        self._ip("link", "add", self.bridge, "type", "bridge")
        self._ip("address", "add", self.address(0) + "/24", "dev", self.bridge)
        self._ip("link", "set", self.bridge, "up")

    @staticmethod
    def why_not():
        """Why this machine does not allow them; None if it does."""
        if os.geteuid() != 0:
            return "only root may make networks"
        try:
            made = subprocess.run(["unshare", "-n", "true"], capture_output=True, text=True)
            listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True)
        except FileNotFoundError as error:
            return f"there is no {error.filename}"
        return (made.stderr + listed.stderr).strip() or None

    def address(self, index):
        """Of the process with this index; the machine itself has 0."""
        return SUBNET.format(self.number, index + 1)

    def add(self, name):
        """A namespace whose one device is `eth0`; its address and the words that run something inside."""
        space, index = f"{PREFIX}-{self.number}-{name}", len(self.names) + 1
        outside, inside = f"mr{self.number}v{index}", f"mr{self.number}i{index}"
        self._ip("netns", "add", space)
        self.names.append(space)
        self._ip("link", "add", outside, "type", "veth", "peer", "name", inside)
        self._ip("link", "set", outside, "master", self.bridge, "up")
        self._ip("link", "set", inside, "netns", space, "name", "eth0")
        self._ip("-n", space, "address", "add", self.address(index) + "/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            self._ip("-n", space, "link", "set", device, "up")
        return self.address(index), ("ip", "netns", "exec", space)

    def close(self):
        for space in self.names:
            subprocess.run(["ip", "netns", "delete", space], check=False)
        subprocess.run(["ip", "link", "delete", self.bridge], check=False)

    @staticmethod
    def _ip(*words):
        subprocess.run(["ip", *words], check=True)
