"""Clients that ask a fleet all the time, and hold every answer against the one that a quiet fleet gave."""

import asyncio
import bisect
import collections
import random
import time

from answers import Answer, deviations
from talk import Broken, Silent, Told, ask

# A gap between two pieces of an answer that nobody calls normal, even on a busy machine.
PAUSE = 0.3
# How long after an edge was ended a broken connection is put down to that.
SHADOW = 5.0
# What may be said in place of an answer, and how often in a row before a request counts as stuck.
NOT_YET = ("no_workers", "draining", "lane_full", "overloaded_error")
TRIES = 240
# Losses of one job without a new token, after which the program itself says that it gives up.
LOSSES = 3


class Request:
    """One question of one client over all its attempts."""

    def __init__(self, case, edge):
        self.case = case
        self.edge = edge
        self.answer = Answer()
        self.began_at = time.monotonic()
        self.cut_at = None
        self.is_over = False

    def first_piece_after(self, moment):
        moments = self.answer.moments
        index = bisect.bisect_right(moments, moment)
        return moments[index] if index < len(moments) else None

    @property
    def is_running(self):
        return bool(self.answer.moments) and not self.is_over


class Crowd:
    """So many clients, each with one request after the other at any of the edges."""

    def __init__(self, fleet, cases, expected, seed, say):
        self.fleet = fleet
        self.say = say
        self.cases = cases
        self.expected = expected
        self.chance = random.Random(f"clients {seed}")
        self.running = set()
        self.is_ending = False
        self.counts = collections.Counter()
        self.answered = collections.Counter()
        self.said = collections.Counter()
        self.violations = []
        self.worst_pause = (0.0, "", 0.0)
        self.tokens = 0
        # Moments at which a worker was taken from its jobs, for whatever reason.
        self.worker_losses = []
        # (edge's name, moment of its end, moment of the first piece elsewhere)
        self.moves = []
        # Moments at which requests began, and those at which their first pieces came.
        self.starts = []
        self._tasks = []

    def begin(self, count):
        self._tasks = [asyncio.create_task(self._keep_asking()) for _ in range(count)]

    async def end(self):
        """Waits for what is under way; what does not end is stuck."""
        self.is_ending = True
        done, late = await asyncio.wait(self._tasks, timeout=120)
        for task in late:
            task.cancel()
            self.violate("stuck", "a request did not end within 120 s of quiet")
        await asyncio.gather(*done, *late, return_exceptions=True)
        for task in done:
            if task.exception():
                raise task.exception()

    def violate(self, kind, detail):
        self.say(f"WRONG, {kind}: {detail}")
        self.violations.append({"kind": kind, "at": round(time.time(), 3), "detail": detail})

    async def _keep_asking(self):
        weights = [case.weight for case in self.cases]
        while not self.is_ending:
            [case] = self.chance.choices(self.cases, weights)
            await self.ask(case)

    async def ask(self, case, pauses=()):
        """Asks until there is a whole answer."""
        edges = self.fleet.edges
        request = Request(case, self.chance.choice(edges))
        self.running.add(request)
        self.counts["requests"] += 1
        try:
            for _ in range(TRIES):
                if await self._attempt(request, pauses):
                    return
                others = [edge for edge in edges if edge is not request.edge]
                request.edge = self.chance.choice(others or edges)
            self.violate("stuck", f"{case}: no answer in {TRIES} attempts")
        finally:
            request.is_over = True
            self.running.discard(request)

    async def _attempt(self, request, pauses):
        """True when the request is over, one way or the other."""
        request.answer, edge = Answer(), request.edge
        request.began_at = time.monotonic()
        self.counts["attempts"] += 1
        try:
            await ask(edge.port, request.case, request.answer, pauses)
        except Broken as error:
            self._check(request, is_whole=False, pauses=pauses)
            return await self._was_broken(request, edge, error)
        except Told as error:
            self._check(request, is_whole=False, pauses=pauses)
            return await self._was_told(request, error)
        except Silent as error:
            self._check(request, is_whole=False, pauses=pauses)
            self.violate("stuck", f"{request.case} at {edge}: {error}")
            return True
        self._check(request, is_whole=True, pauses=pauses)
        self.answered[request.case.name] += 1
        self.tokens += request.answer.token_count
        return True

    def _check(self, request, is_whole, pauses):
        answer, expected = request.answer, self.expected[request.case.name]
        for deviation in deviations(answer, expected, is_whole):
            self.violate(deviation["kind"], f"{request.case} at {request.edge}: {deviation['detail']}")
        moments = answer.moments
        if moments:
            self.starts.append((request.began_at, moments[0]))
            if request.cut_at:
                self.moves.append((request.cut_at, moments[0]))
                request.cut_at = None
        if request.case.is_streamed and not pauses:
            gaps = [(later - sooner, sooner) for sooner, later in zip(moments, moments[1:])]
            self.counts["pauses"] += sum(gap > PAUSE for gap, _ in gaps)
            for gap, since in gaps:
                self.worst_pause = max(self.worst_pause, (gap, request.case.name, since))

    async def _was_broken(self, request, edge, error):
        now = time.monotonic()
        ended = [death for death in edge.deaths if death > request.began_at - SHADOW]
        if not ended and edge.is_alive:
            # Whoever ended it may not have come to write that down.
            await asyncio.sleep(0.2)
            ended = [death for death in edge.deaths if death > request.began_at - SHADOW]
        if edge.is_alive and not ended:
            self.violate("broken", f"{request.case}: its edge {edge} lives, but: {error}")
            return True
        if request.answer.moments:
            self.counts["cut by the end of an edge"] += 1
            request.cut_at = ended[-1] if ended else now
        else:
            self.counts["not begun at the end of an edge"] += 1
            await asyncio.sleep(0.05)
        return False

    async def _was_told(self, request, error):
        self.said[f"{error.status} {error.code}"] += 1
        if error.status in (503, 529) and error.code in NOT_YET and not request.answer.moments:
            await asyncio.sleep(min(float(error.retry_after or 1), 1) * self.chance.uniform(0.5, 1))
            return False
        if error.code in ("quarantined", "stream_lost"):
            last = (request.answer.moments or [request.began_at])[-1]
            losses = sum(moment > last - 1 for moment in self.worker_losses)
            if losses >= LOSSES:
                return False
        self.violate("told", f"{request.case} at {request.edge}: {error}")
        return True


async def expected_answers(fleet, cases):
    """What a fleet that does nothing else answers: one request at a time, the edges in turn."""
    answers = {}
    for number, case in enumerate(cases):
        answers[case.name] = Answer()
        await ask(fleet.edges[number % len(fleet.edges)].port, case, answers[case.name])
    return answers
