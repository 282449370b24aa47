"""How near a question comes to those of the training: one that is nearly among them tests memory only."""

import collections
import random
import re

import dialogues
import phrasing

DRAWN_PER_FACT = 1500
NEAR = 0.6


def words(question: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", question.lower().replace("'", "")))


class Trained:
    """A large sample of the questions that training draws from, found by their words."""

    def __init__(self, seed: int):
        source = random.Random(seed)
        asked = {fact.question(source) for fact in dialogues.FACTS for _ in range(DRAWN_PER_FACT)}
        asked |= {phrasing.expand(ask, source) for first in dialogues.FIRST_WAYS for ask in first.asks * 20}
        self.with_word = collections.defaultdict(set)
        for question in {words(question) for question in asked}:
            for word in question:
                self.with_word[word].add(question)

    def nearness(self, question: str) -> float:
        """The share of words, of both together, that it has in common with the nearest trained question."""
        own = words(question)
        others = {other for word in own for other in self.with_word[word]}
        return max((len(own & other) / len(own | other) for other in others), default=0.0)

    def has_near(self, question: str) -> bool:
        return self.nearness(question) >= NEAR
