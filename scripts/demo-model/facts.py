"""The written facts: `corpus/*.txt`, one section per fact.

[name]
topic: a lane | lanes          noun phrases, put into the general question patterns
ask:   (how many|which) lanes  one more way to ask; (a|b) are alternatives
held:  lanes in Millrace?      asked only in the evaluation; training may ask something close
say:   the one answer          \\n is a line break
more:  what "tell me more" gives after it
keys:  a; b                    what an answer must contain to pass the evaluation
often: 2                       how often it is drawn, where sections are weighed
"""

from dataclasses import dataclass, field
from pathlib import Path

import phrasing
import texts
from texts import FOLDER

FILES = ["concepts.txt", "howto.txt", "smalltalk.txt", "long.txt", "general.txt"]
MORE_WAYS = "wordings.txt"  # the same format, only `ask:`, for facts of the other files
FRESH = "fresh.txt"  # likewise, only `held:`
FIRST_WAYS = "first.txt"  # likewise, but these are not mixed in with the others


@dataclass
class Fact:
    name: str
    topics: list[str] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    say: str = ""
    more: str = ""
    keys: list[str] = field(default_factory=list)
    often: float = 1
    kept_back: set[str] = field(default_factory=set)

    def question(self, random) -> str:
        """A training question, which is none that the evaluation keeps for itself."""
        while True:
            question = self.any_question(random)
            if bare(question) not in self.kept_back:
                return question

    def any_question(self, random) -> str:
        """Written questions weigh more than general patterns: they carry what is special."""
        if self.topics and (not self.asks or random.random() < 0.4):
            topic = random.choice(self.topics)
            pattern = random.choice(texts.WAYS["topic"]).replace(
                "{}", topic.replace("(", "").replace(")", "")
            )
        else:
            pattern = random.choice(self.asks)
        return phrasing.vary(phrasing.expand(pattern, random), random)


def bare(question: str) -> str:
    return question.lower().strip("?!. ")


def read_sections(path: Path):
    fact = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("["):
            if fact:
                yield fact
            fact = Fact(line.strip("[] \n"))
            continue
        kind, _, text = line.partition(":")
        text = text.strip().replace("\\n", "\n")
        match kind:
            case "topic":
                fact.topics += [topic.strip() for topic in text.split("|")]
            case "ask":
                fact.asks.append(text)
            case "held":
                fact.held.append(text)
            case "say":
                fact.say = text
            case "more":
                fact.more = text
            case "often":
                fact.often = float(text)
            case "keys":
                fact.keys = [key.strip() for key in text.split(";")]
            case _:
                raise ValueError(f"{path.name}:{number}: unknown kind {kind!r}")
    if fact:
        yield fact


def load() -> list[Fact]:
    facts = [fact for name in FILES for fact in read_sections(FOLDER / name)]
    by_name = {fact.name: fact for fact in facts}
    for more in read_sections(FOLDER / MORE_WAYS):
        by_name[more.name].asks += more.asks
    kept_back = {bare(question) for fact in [*facts, *fresh()] for question in fact.held}
    for fact in facts:
        fact.kept_back = kept_back
        assert fact.say and fact.held and (fact.asks or fact.topics), fact.name
        assert all(key in fact.say for key in fact.keys), (fact.name, fact.keys)
    assert len({fact.name for fact in facts}) == len(facts), "two facts share a name"
    return facts


def first_ways() -> list[Fact]:
    """What people type first to hear a fact of this name; its answer stands in the other files."""
    return list(read_sections(FOLDER / FIRST_WAYS))


def fresh() -> list[Fact]:
    """Questions that only the evaluation asks; what they are about stands in the other files."""
    return list(read_sections(FOLDER / FRESH))
