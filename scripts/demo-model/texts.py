"""What stands in `corpus/` beside the facts: ways to ask, and lists of words."""

from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"


def read(name: str) -> dict[str, list[str]]:
    """The lines under each [heading] of a file."""
    sections, lines = {}, []
    for line in (FOLDER / name).read_text().splitlines():
        if line.startswith("["):
            lines = sections[line.strip("[]")] = []
        elif line and not line.startswith("#"):
            lines.append(line)
    return sections


WAYS = read("ways.txt")
LISTS = {
    name: [item.strip() for line in lines for item in line.split(",")]
    for name, lines in read("lists.txt").items()
}
