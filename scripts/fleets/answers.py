"""What a request was answered so far, and how it differs from what it has to be answered."""

import dataclasses
import itertools
import time


@dataclasses.dataclass
class Answer:
    """Texts and tokens by choice and kind, ends by choice, and when each piece of it came."""

    texts: dict = dataclasses.field(default_factory=dict)
    # (token, log probability) of each, where the request asked for them
    tokens: dict = dataclasses.field(default_factory=dict)
    ends: dict = dataclasses.field(default_factory=dict)
    completion_tokens: int | None = None
    moments: list = dataclasses.field(default_factory=list)

    def add(self, place, text):
        if text:
            self.texts[place] = self.texts.get(place, "") + text
            self.moments.append(time.monotonic())

    def add_tokens(self, choice, tokens):
        self.tokens.setdefault(choice, []).extend(tokens)

    @property
    def token_count(self):
        return self.completion_tokens or sum(len(tokens) for tokens in self.tokens.values())


def deviations(seen, expected, is_whole):
    """What is lost, duplicated or altered; of an answer that broke off, only in what had come of it."""
    found = []
    for name in ("texts", "tokens"):
        ours, theirs = getattr(seen, name), getattr(expected, name)
        for place in sorted({*ours, *theirs}, key=str):
            found += compare(place, ours.get(place, ""), theirs.get(place, ""), is_whole)
    if is_whole and not found:
        for name in ("ends", "completion_tokens"):
            if getattr(seen, name) != getattr(expected, name):
                detail = f"{name}: {getattr(seen, name)} in place of {getattr(expected, name)}"
                found.append({"kind": "altered", "detail": detail})
    return found


def compare(place, seen, expected, is_whole):
    seen, expected = (list(units) for units in (seen, expected))
    if seen == expected or (not is_whole and seen == expected[: len(seen)]):
        return []
    pairs = itertools.zip_longest(seen, expected)
    at = next(index for index, (ours, theirs) in enumerate(pairs) if ours != theirs)
    ours, theirs = (units[max(0, at - 10) : at + 20] for units in (seen, expected))
    detail = f"{place} at {at}: {_show(ours)} in place of {_show(theirs)}"
    return [{"kind": _kind(seen, expected), "detail": detail}]


def _kind(seen, expected):
    if _is_within(seen, expected):
        return "lost"
    return "duplicated" if _is_within(expected, seen) else "altered"


def _is_within(part, whole):
    """Whether `part` is `whole` with something left out."""
    rest = iter(whole)
    return all(unit in rest for unit in part)


def _show(units):
    return repr("".join(units)) if all(isinstance(unit, str) for unit in units) else repr(units)
