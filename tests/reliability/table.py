"""The README's reliability tables, from recorded figures and the list of findings."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.reliability.measured import Row

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
README = ROOT / "README.md"
MEASURED = HERE / "measured.json"
FINDINGS = HERE / "findings.yaml"
BEGIN = "<!-- reliability: written by `python -m tests.reliability` -->\n"
END = "<!-- reliability: end -->\n"


@dataclass(frozen=True)
class Finding:
    """A fault of irkit that was found by trying, and repaired."""

    found: str
    by: str
    fixed: str
    test: str
    """``path::name`` of a test that fails without the repair."""


def findings() -> list[Finding]:
    """What was found, in the order of the file."""
    return [Finding(**entry) for entry in yaml.safe_load(FINDINGS.read_text())]


def rows() -> list[Row]:
    """The recorded figures."""
    kinds = json.loads(MEASURED.read_text())
    return [Row(**row) for kind in kinds.values() for row in kind]


def section() -> str:
    """What stands between the marks."""
    return "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    yield "| what was tried | how often | lost | with |"
    yield "| --- | --- | --- | --- |"
    for row in rows():
        yield f"| {row.what} | {row.tried} | {row.lost} | {row.command} |"
    found = findings()
    by = ", ".join(f"{n} by {kind}" for kind, n in Counter(f.by for f in found).most_common())
    yield ""
    yield "<details>"
    yield f"<summary>Found and repaired: {len(found)} ({by})</summary>"
    yield ""
    yield "| found | now | test |"
    yield "| --- | --- | --- |"
    for finding in found:
        yield f"| {finding.found} | {finding.fixed} | `{finding.test}` |"
    yield ""
    yield "</details>"


def readme_with(section: str) -> str:
    """The README with its tables replaced."""
    text = README.read_text()
    before, mark, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise SystemExit(f"{README.name} has no lines {BEGIN.strip()} and {END.strip()}")
    return f"{before}{BEGIN}{section}{END}{after}"
