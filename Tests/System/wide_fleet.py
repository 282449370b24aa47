"""A fleet in which every role is there twice."""

from program import DEMO_MODEL, Fleet, HttpPlace, free_port, until


class Edge(HttpPlace):
    """One of the edges, in whatever process it runs at present."""

    def __init__(self, fleet, index):
        self.fleet = fleet
        self.port = free_port()
        self.tokens = fleet._endpoint(f"tokens-{index}")
        self.program = None
        # One key, and a name for each.
        self.name = ("--node", fleet.share_key("edge", f"edge-{index}")) if fleet.keys else ()
        self.start()

    def start(self):
        words = ("--port", self.port, "--coordinator", self.fleet.both, "--tokens", self.tokens)
        self.program = self.fleet._start("edge", *words, *self.name, *self.fleet.edge_words)

    def is_ready(self):
        try:
            return self.ask("GET", "/readyz")[0] == 200
        except OSError:
            return False


class WideFleet(Fleet):
    """Two edges, a coordinator and another that stands by for it, and workers."""

    second = None
    both = None

    def start_coordinator(self):
        if self.second is None:
            self.second = self._endpoint("second")
            self.both = f"{self.control},{self.second}"
            self.standby_words = self._key("standby", "coordinator")
            self.start_standby()
        self.coordinator = super().start_coordinator()
        return self.coordinator

    def start_standby(self):
        words = ("coordinator", "--listen", self.second, "--standby-of", self.control)
        self.standby = self._start(*words, *self.standby_words)

    def share_key(self, node, other):
        """Puts another name for the key of a node on the list; returns it."""
        lines = self.keys.roster.read_text()
        line = next(line for line in lines.splitlines() if f'"node":"{node}"' in line)
        self.keys.write(lines + line.replace(f'"node":"{node}"', f'"node":"{other}"') + "\n")
        return other

    def start_edge(self):
        self.edges = [Edge(self, index) for index in range(2)]
        self.port = self.edges[0].port

    def start_worker(self):
        words = ("worker", "--coordinator", self.both, "--model", DEMO_MODEL, "--threads", 1)
        return self._start(*words, *self._new_worker(), *self.worker_words)

    def is_ready(self):
        return all(edge.is_ready() for edge in self.edges)

    def replace(self, program, start):
        """Another life in the place of a process that ended; returns it."""
        self.programs.remove(program)
        return start()

    def until_home(self):
        """The first coordinator has everybody again."""
        counts = {"worker": len(self.workers), "edge": len(self.edges)}

        def are_home():
            return all(self.joined_count(role) >= count for role, count in counts.items())

        until(are_home, "everybody is home")
        until(self.is_ready, "the edges are ready")
