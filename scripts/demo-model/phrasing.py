"""Turns one written question into many: alternatives, polite words, upper and lower case, typing errors."""

import re

import texts

OPENINGS = [
    "hi, ",
    "hey, ",
    "hello, ",
    "ok, ",
    "please ",
    "so ",
    "so, ",
    "quick question: ",
    "um, ",
    "well, ",
    "now ",
    "hello! ",
    "ok ",
]
ASKING = [
    "tell me, ",
    "can you tell me ",
    "do you know ",
    "i wonder ",
    "my question: ",
    "one more question: ",
    "i want to know ",
    "could you say ",
    "please tell me ",
    "next: ",
]
ENDINGS = [" please", " thanks", ", please", " please?", " now", " then", " for me"]
SMALL_WORDS = set("a an the is are do does can i we you to of for in it this that my what how".split())
QUESTION = re.compile(
    r"(in millrace,? )?(what|whats|who|why|how|where|when|which|can|could|do|does|is|are|will|may|should)\b",
    re.I,
)


def expand(pattern: str, random) -> str:
    """Picks one of each (a|b|c), innermost first."""
    while "(" in pattern:
        pattern = re.sub(r"\(([^()]*)\)", lambda m: random.choice(m.group(1).split("|")), pattern)
    return re.sub(r" +", " ", pattern).strip()


def way(name: str, random) -> str:
    """One of the ways to ask for something; its braces are still to be filled in."""
    ways = texts.WAYS[name]
    return expand(ways[0] if len(ways) == 1 else random.choice(ways), random)


def mistype(text: str, random) -> str:
    """One slip in one longer word: two letters swapped, one dropped, or one doubled."""
    places = [m for m in re.finditer(r"[A-Za-z]{4,}", text)]
    if not places:
        return text
    place = random.choice(places)
    word, at = place.group(), random.randrange(1, len(place.group()) - 1)
    slip = random.randrange(3)
    if slip == 0:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif slip == 1:
        word = word[:at] + word[at + 1 :]
    else:
        word = word[:at] + word[at] + word[at:]
    return text[: place.start()] + word + text[place.end() :]


def shorten(text: str, random) -> str:
    """Leaves out one small word, as people in a hurry do."""
    words = text.split(" ")
    small = [at for at, word in enumerate(words) if word.lower() in SMALL_WORDS]
    if len(words) < 4 or not small:
        return text
    del words[random.choice(small)]
    return " ".join(words)


def surround(text: str, random) -> str:
    """Adds polite words and punctuation as people do, or leaves them out as people do."""
    asks = QUESTION.match(text) is not None
    if random.random() < 0.2:
        text = random.choice(OPENINGS + ASKING if asks else OPENINGS) + text
    elif random.random() < 0.03:  # as load tests and bots do
        text = (
            random.choice(["Request {}: ", "Question {}: ", "#{} ", "{}. ", "user {}: ", "[{}] "]).format(
                random.randrange(1, 1000)
            )
            + text
        )
    if random.random() < 0.1:
        text += random.choice(ENDINGS)
    draw = random.random()
    if draw < 0.5:
        text += "?" if asks else random.choice(["", ".", ".", "!"])
    elif draw < 0.6:
        text += random.choice(["?", "??", "!", " ?", "..."])
    return text


def recase(text: str, random) -> str:
    draw = random.random()
    if draw < 0.45:
        return text[:1].upper() + text[1:]
    if draw < 0.6:
        return text.lower()
    if draw < 0.63:
        return text.upper()
    return text


def vary(text: str, random) -> str:
    """The whole treatment for a question whose words need not be copied into the answer."""
    if random.random() < 0.08:
        text = shorten(text, random)
    text = surround(text, random)
    if random.random() < 0.12:
        text = mistype(text, random)
    return recase(text, random)


def plain(text: str, random) -> str:
    """Only what every keyboard does to a question: upper and lower case, and the mark at its end."""
    marks = (
        ["?", "?", "?", "", "", ".", "??", "!"]
        if QUESTION.search(text)
        else ["", "", "", "!", "!", ".", ".", "!!", "...", "?"]
    )
    cases = [str.lower, str.upper, str.title, str.strip]
    draw = random.random()
    text = random.choice(cases)(text) if draw < 0.3 else text[:1].upper() + text[1:] if draw < 0.8 else text
    return text + random.choice(marks)


def invented_word(random) -> str:
    """A word nobody knows, so that "unknown" is learnt as such and copying is learnt letter by letter."""
    return "".join(
        random.choice(texts.LISTS["syllables"]) for _ in range(random.randrange(2, 5))
    ) + random.choice(["", "", "n", "r", "s", "l", "x", "m"])
