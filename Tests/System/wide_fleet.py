"""A fleet in which every role is there twice."""

from program import DEMO_MODEL, Fleet, HttpPlace, free_port, until


class Edge(HttpPlace):
    """One of the edges, in whatever process it runs at present."""

    def __init__(self, fleet, index):
        self.fleet = fleet
        self.port = free_port()
        self.tokens = fleet._endpoint(f"tokens-{index}")
        self.program = None
        self.start()

    def start(self):
        words = ("--port", self.port, "--coordinator", self.fleet.both, "--tokens", self.tokens)
        self.program = self.fleet._start("edge", *words, *self.fleet.edge_words)

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
            self.start_standby()
        self.coordinator = self._start("coordinator", "--listen", self.control)
        return self.coordinator

    def start_standby(self):
        self.standby = self._start("coordinator", "--listen", self.second, "--standby-of", self.control)

    def start_edge(self):
        self.edges = [Edge(self, index) for index in range(2)]
        self.port = self.edges[0].port

    def start_worker(self):
        words = ("worker", "--coordinator", self.both, "--model", DEMO_MODEL, "--threads", 1)
        return self._start(*words, *self.worker_words)

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
