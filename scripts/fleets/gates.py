"""TCP relays between the processes of a fleet, which can cut, hold, halve and delay what they pass."""

import asyncio
import contextlib
import os
import pathlib

HOST = "127.0.0.1"
CHUNK = 1 << 16
# How a connection is disturbed: ended and refused; held in both directions; held on the way to the client, to
# the server; passed on late.
MODES = ("cut", "hold", "hold-replies", "hold-requests", "delay")


class Disturbance:
    """What happens at a gate to the connections of one client, until it is healed."""

    def __init__(self, mode, seconds=0.0):
        self.mode = mode
        self.seconds = seconds
        self.is_over = asyncio.Event()

    def holds(self, is_reply):
        return self.mode == "hold" or self.mode == ("hold-replies" if is_reply else "hold-requests")


class Gate:
    """Takes connections at a port and passes them on to another; knows whose each one is.

    The one client of a gate is named; where there are many, the owner of a connection is the process that
    holds its other end.
    """

    def __init__(self, name, port, target, client=None, pids=None):
        self.name = name
        self.port = port
        self.target = target
        self.client = client
        self.pids = pids or (lambda: {})
        self.disturbances = {}
        self.lines = {}
        self._server = None
        self._serving = set()

    async def open(self):
        self._server = await asyncio.start_server(self._accept, HOST, self.port)

    async def close(self):
        if self._server:
            self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def disturb(self, client, disturbance):
        self.disturbances[client] = disturbance
        if disturbance.mode == "cut":
            self._end_all(client)

    def heal(self, client, breaks=False):
        """What was held goes on its way, or is lost with its connection."""
        disturbance = self.disturbances.pop(client, None)
        if breaks:
            self._end_all(client)
        if disturbance:
            disturbance.is_over.set()

    def _end_all(self, client):
        for line, owner in list(self.lines.items()):
            if owner == client:
                self._end(line)

    def _end(self, line):
        for writer in line:
            # With a reset, as when a machine goes: nothing that waits is delivered.
            writer.transport.abort()

    def _accept(self, reader, writer):
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader, writer):
        owner = self.client or owner_of(writer.get_extra_info("peername")[1], self.port, self.pids())
        disturbance = self.disturbances.get(owner)
        if disturbance and disturbance.mode == "cut":
            return writer.transport.abort()
        try:
            back, forth = await asyncio.open_connection(HOST, self.target)
        except OSError:
            return writer.transport.abort()
        line = (writer, forth)
        self.lines[line] = owner
        ways = [
            asyncio.create_task(self._pass(reader, forth, owner, False)),
            asyncio.create_task(self._pass(back, writer, owner, True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self.lines[line]
            for way in ways:
                way.cancel()
            for end in line:
                # What was written still leaves.
                end.close()

    async def _pass(self, reader, writer, owner, is_reply):
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                disturbance = self.disturbances.get(owner)
                if disturbance and disturbance.mode == "delay":
                    await asyncio.sleep(disturbance.seconds)
                while disturbance and disturbance.holds(is_reply):
                    await disturbance.is_over.wait()
                    disturbance = self.disturbances.get(owner)
                writer.write(data)
                await writer.drain()
            # The end of a connection does not get through either.
            while (disturbance := self.disturbances.get(owner)) and disturbance.holds(is_reply):
                await disturbance.is_over.wait()


def owner_of(port, gate_port, pids):
    """The name of the process that holds the connection from `port` to the gate; None if nobody does."""
    inode = None
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        ends = [int(fields[index].rsplit(":", 1)[1], 16) for index in (1, 2)]
        if ends == [port, gate_port]:
            inode = f"socket:[{fields[9]}]"
    for name, pid in pids.items():
        with contextlib.suppress(OSError):
            for descriptor in os.scandir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    if os.readlink(descriptor.path) == inode:
                        return name
    return None
