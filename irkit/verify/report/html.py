"""The result as one HTML page: both texts side by side, operations that are equal linked."""

from __future__ import annotations

from html import escape
from pathlib import Path

from dialects.reader import ParsedModule
from irkit.errors import IRKitError
from irkit.verify.checker import Report
from irkit.verify.graph.divergence import Matched, match
from irkit.verify.report.excerpt import lines_around
from irkit.verify.report.text import finding_text, verdict_text

_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5em; color: #1c2128; background: #fff; }
pre { font: 12px/1.5 ui-monospace, monospace; margin: 0; }
.findings { white-space: pre-wrap; background: #f3f4f6; padding: 0.8em; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 1em; margin-top: 1em; }
.side { overflow: auto; max-height: 80vh; border: 1px solid #d0d7de; }
.side h2 { font-size: 14px; margin: 0; padding: 0.4em 0.6em; background: #f3f4f6; }
.line { display: block; padding: 0 0.6em; white-space: pre; }
.line b { color: #6e7781; font-weight: normal; display: inline-block; width: 4em; }
.only { background: #ffebe9; }
.first { background: #ff8182; }
.matched a { color: inherit; text-decoration: none; }
.matched:target, .matched:hover { background: #ddf4ff; }
"""


def html_text(report: Report, most_lines: int) -> str:
    """A page without scripts or references to other files; at most ``most_lines`` a side."""
    links, marks = _links(report)
    sides = [
        _side(path, place, links[place], marks[place], most_lines)
        for place, path in enumerate((report.pair.left, report.pair.right))
    ]
    findings = "\n".join(map(finding_text, report.findings))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>irkit-verify: '
        f"{escape(report.verdict.value)}</title><style>{_STYLE}</style></head>\n<body>\n"
        f"<h1>{escape(verdict_text(report))}</h1>\n"
        f'<pre class="findings">{escape(findings)}</pre>\n'
        f'<div class="sides">\n{"".join(sides)}</div>\n</body></html>\n'
    )


Lines = dict[int, int]


def _links(report: Report) -> tuple[tuple[Lines, Lines], tuple[list[int], list[int]]]:
    """The lines of either side that hold equal operations, and those that hold others."""
    try:
        left, right = report.pair.modules
        found = match(left.module, right.module, left.resources, right.resources)
    except IRKitError:
        # A page can be made of any two files.
        return ({}, {}), ([], [])
    forth: Lines = {}
    back: Lines = {}
    for a, b in found.pairs:
        lines = left.position(a)[0], right.position(b)[0]
        forth.setdefault(*lines)
        back.setdefault(*reversed(lines))
    return (forth, back), (_unmatched(left, right, found))


def _unmatched(
    left: ParsedModule, right: ParsedModule, found: Matched
) -> tuple[list[int], list[int]]:
    return (
        [left.position(op)[0] for op in found.left],
        [right.position(op)[0] for op in found.right],
    )


def _side(path: Path, place: int, links: Lines, marks: list[int], most_lines: int) -> str:
    middle = marks[0] if marks else 1
    first, lines = lines_around(path, middle, most_lines)
    shown = "".join(
        _line(number, text, place, links.get(number), marks)
        for number, text in enumerate(lines, first)
    )
    return f'<div class="side"><h2>{escape(str(path))}</h2><pre>{shown}</pre></div>\n'


def _line(number: int, text: str, place: int, other: int | None, marks: list[int]) -> str:
    kind = "line"
    body = escape(text)
    if number in marks:
        kind += " first" if number == marks[0] else " only"
    elif other is not None:
        kind += " matched"
        body = f'<a href="#{"lr"[1 - place]}{other}">{body}</a>'
    return f'<span class="{kind}" id="{"lr"[place]}{number}"><b>{number}</b>{body}</span>'
