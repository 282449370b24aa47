"""System prompts as people and programs send them, which must not disturb the answer."""

from collections.abc import Callable

import texts


def known(random) -> str:
    return random.choice(texts.WAYS["system-prompt"])


def composed(random) -> str:
    """Any short prompt of the usual kind, so that no single one is needed for a right answer."""
    if random.random() < 0.4:
        return known(random)
    adjective, roles = random.choice(texts.LISTS["adjectives"]), texts.LISTS["roles"]
    article = "an" if adjective[0] in "aeiou" and not adjective.startswith("use") else "a"
    one, other = (f"You are {article} {adjective} {random.choice(roles)}." for _ in range(2))
    text = random.choice([one, other, f"You are {adjective}.", ""])
    if not text or random.random() < 0.3:
        text = f"{text} {random.choice(texts.WAYS['order'])}".strip()
    if random.random() < 0.85:
        return text
    return text.rstrip(".") if random.random() < 0.5 else text.lower()


def rule(random) -> str:
    """A rule without sense: what a model this small can do with one is to pass over it."""
    number, nouns = random.randrange(1, 99), texts.LISTS["nouns"]
    words = [random.choice(random.choice(nouns).split()) for _ in range(random.randrange(4, 10))]
    return f"Rule {number}: {' '.join(words)}."


def drawn(random, short: Callable, sentences: list[str]) -> str | None:
    """Most requests have none or a short one; fleets send long ones."""
    draw = random.random()
    if draw < 0.5:
        return None
    if draw < 0.9:
        return short(random)
    count = random.choice([2, 4, 8, 16] if draw > 0.96 else [1, 2])
    kinds = [lambda: random.choice(sentences), lambda: short(random), lambda: rule(random)]
    return " ".join(random.choice([kind() for kind in kinds]) for _ in range(count))
