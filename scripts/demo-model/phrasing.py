"""Turns one written question into many: alternatives, polite words, upper and lower case, typing errors."""

import re

# Wrapped around a topic ("a lane"). Sloppy grammar ("what is lanes") is wanted: people type like that.
TOPIC_PATTERNS = [
    "(what is|what's|whats|what are|what exactly is) {}",
    "(what is|what are) {}( in Millrace| here|)",
    "in Millrace(,|) what (is|are) {}",
    "(explain|describe|define) {}( to me|)",
    "(tell me|talk) about {}",
    "(tell me|say) (something|a bit|more|a little) about {}",
    "(can|could) you (explain|describe|tell me about) {}",
    "(can|could) you (explain|tell me) what {} (is|are|means)",
    "what (does|do) {} (mean|do)",
    "what do you know about {}",
    "what is meant by {}",
    "(how does|how do) {} work",
    "what (is|are) {} (for|good for|used for)",
    "i (do not|don't|dont) understand {}",
    "i (want|would like) to (know|learn|understand|hear) (about|more about) {}",
    "(give me|i need) (a short|the|a|an) (explanation|definition|description) of {}",
    "(the |)(meaning|definition|purpose) of {}",
    "help me understand {}",
    "remind me what {} (is|are|means)",
    "do you know (what {} (is|are)|about {}|{})",
    "why (is there|are there|do we need|do you have|does Millrace have) {}",
    "what about {}",
    "and {}",
    "{}",
    "{}",
    "{} (explained|meaning|definition|please)",
    "(what is|what's) the (deal|story|idea|point) (with|of|behind) {}",
    "(a few|some|a couple of) words (about|on) {}",
    "{}: what (is|are|does) (it|that|they)( mean|)",
    "(could|can|would) you say (something|a word|a bit) (about|on) {}",
    "i (have heard|heard|read|saw something) (of|about) {}(, what is (it|that)|)",
    "i (am|'m) curious about {}",
    "(i wonder|i ask myself) (about|what) {}( is| means|)",
    "(info|information|details|facts) (on|about) {}",
    "(give me|show me) (info|information|details) (on|about) {}",
    "how would you (explain|describe|define) {}",
    "(is there such a thing as|there is) {}",
]

OPENINGS = ["hi, ", "hey, ", "hello, ", "ok, ", "please ", "so ", "so, ", "quick question: ", "um, ", "well, ", "now ", "hello! ", "ok "]
ASKING = ["tell me, ", "can you tell me ", "do you know ", "i wonder ", "my question: ", "one more question: ", "i want to know ", "could you say ", "please tell me ", "next: "]
ENDINGS = [" please", " thanks", ", please", " please?", " now", " then", " for me"]
SMALL_WORDS = set("a an the is are do does can i we you to of for in it this that my what how".split())
QUESTION = re.compile(
    r"(in millrace,? )?(what|whats|who|why|how|where|when|which|can|could|do|does|is|are|will|may|should)\b", re.I
)


def expand(pattern: str, random) -> str:
    """Picks one of each (a|b|c), innermost first."""
    while "(" in pattern:
        pattern = re.sub(r"\(([^()]*)\)", lambda m: random.choice(m.group(1).split("|")), pattern)
    return re.sub(r" +", " ", pattern).strip()


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
        text = random.choice(["Request {}: ", "Question {}: ", "#{} ", "{}. ", "user {}: ", "[{}] "]).format(random.randrange(1, 1000)) + text
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


SYLLABLES = "ba be bo bra ca co cu da de di do du fa fe fi fo ga ge go gra ha he hi ho ja jo ka ke ki ko la le li lo lu ma me mi mo mu na ne ni no nu pa pe pi po ra re ri ro ru sa se si so su ta te ti to tra tu va ve vi vo wa we wi za ze zi zo".split()


def invented_word(random) -> str:
    """A word nobody knows, so that "unknown" is learnt as such and copying is learnt letter by letter."""
    return "".join(random.choice(SYLLABLES) for _ in range(random.randrange(2, 5))) + random.choice(["", "", "n", "r", "s", "l", "x", "m"])
