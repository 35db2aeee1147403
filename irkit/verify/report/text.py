"""The result as text: each tier's word, a unified diff around the first difference, the verdict."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from irkit.verify.checker import Report
from irkit.verify.report.excerpt import lines_around
from irkit.verify.verdict import Finding, Tier, Verdict


def finding_text(finding: Finding) -> str:
    """``tier 2 (graph): equal: ...`` with the seconds that it took."""
    said = f"tier {finding.tier.shown}: {finding.verdict.value}: {finding.summary}"
    return f"{said} [{finding.seconds:.2f} s]"


def verdict_text(report: Report) -> str:
    """The last line: the verdict and what it rests on."""
    found = report.decisive
    if found is None:
        tried = ", ".join(str(finding.tier.value) for finding in report.findings)
        return f"undecided: tiers {tried} could not tell"
    verdict = found.verdict.value
    if report.pruned and found.verdict is Verdict.EQUAL:
        verdict = "soundly pruned"
    said = f"{verdict}, by tier {found.tier.shown}"
    if found.verdict is not Verdict.DIFFERENT and found.tier > report.required:
        wanted = f"tier {report.required.shown} or stronger"
        said += f"; that is not enough: {wanted} is required (--require-tier)"
    return said


def replay_text(report: Report) -> Iterator[str]:
    """What to run to see the difference, a line a command; nothing where there is no such thing."""
    if report.replay:
        yield "to see it again:"
        yield from (f"  {command}" for command in report.replay)


def diff_text(report: Report, most_lines: int) -> Iterator[str]:
    """A unified diff of the lines around the first difference of the texts, if there is one."""
    lines = _first_lines(report)
    if lines is None or not most_lines:
        return
    sides = (report.pair.left, report.pair.right)
    (a, left), (b, right) = (
        lines_around(path, line, most_lines) for path, line in zip(sides, lines, strict=True)
    )
    shown = unified_diff(left, right, str(sides[0]), str(sides[1]), lineterm="", n=2)
    for line in shown:
        yield _moved(line, a, b)


def _first_lines(report: Report) -> tuple[int, int] | None:
    """Where the texts part: for the strictest tier that says so, in lines from 1."""
    found: tuple[int, int] | None = None
    for finding in report.findings:
        details = finding.details
        if finding.tier is Tier.BYTES and isinstance(line := details.get("line"), int):
            found = line, line
        left, right = details.get("left_line"), details.get("right_line")
        if finding.tier is Tier.NAMES and isinstance(left, int) and isinstance(right, int):
            found = left, right
    return found


def _moved(line: str, left: int, right: int) -> str:
    """A hunk's header with the numbers of the files' lines instead of those of the excerpts."""
    if not line.startswith("@@"):
        return line
    _, old, new, _ = line.split(" ")
    return f"@@ -{_shifted(old, left)} +{_shifted(new, right)} @@"


def _shifted(span: str, first: int) -> str:
    start, comma, count = span[1:].partition(",")
    return f"{int(start) + first - 1}{comma}{count}"
