"""Medians with their spread, and tables of them."""

import statistics


class Spread:
    def __init__(self, values):
        self.values = list(values)
        self.median = statistics.median(self.values)
        self.least = min(self.values)
        self.most = max(self.values)

    def text(self, digits=1, unit=""):
        if len(self.values) == 1:
            return f"{self.median:.{digits}f}{unit}"
        return f"{self.median:.{digits}f}{unit} ({self.least:.{digits}f}–{self.most:.{digits}f})"

    def json(self):
        return {"median": self.median, "min": self.least, "max": self.most, "samples": self.values}


def ratios(ours, theirs):
    """Round by round, so that what changes from round to round meets both."""
    return Spread([our / their for our, their in zip(ours, theirs)])


def table(rows):
    """Columns as wide as their widest cell; the first is left-aligned."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths)]
        lines.append("  ".join([row[0].ljust(widths[0]), *cells[1:]]).rstrip())
    return "\n".join(lines)
