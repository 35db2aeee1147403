"""The judge shares no code with what it judges."""

from __future__ import annotations

import subprocess
import sys

import pytest

JUDGED = (
    "passes",
    "irkit.artifact",
    "irkit.buffered",
    "irkit.builder",
    "irkit.emit",
    "irkit.hlo",
    "irkit.lowering",
    "irkit.recorder",
    "irkit.recording",
    "irkit.streaming",
    "irkit.tape",
    "irkit.whole_tape",
)
"""What records, prunes, logs and emits."""
THE_READERS = {"passes", "passes.bounded_cache"}
"""What the reader has of it: a cache with a bound."""


def loaded(*modules: str) -> set[str]:
    """The modules in a process that imported these."""
    code = f"import sys, {', '.join(modules)}\nprint(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(out.stdout.split())


def test_comparing_texts_loads_nothing_else_of_irkit() -> None:
    found = loaded("irkit.verify.bytes", "irkit.verify.names", "irkit.verify.policies")
    assert not [m for m in found if m.partition(".")[0] in ("dialects", "passes", "xdsl", "numpy")]
    mine = {m for m in found if m.partition(".")[0] == "irkit"}
    own = {"irkit", "irkit.errors", "irkit.own_process", "irkit.spec_files"}
    assert {m for m in mine if not m.startswith("irkit.verify")} == own


@pytest.mark.parametrize("tier", ["bytes", "names", "graph", "rules", "trials", "smt"])
def test_no_tier_loads_what_records_prunes_logs_or_emits(tier: str) -> None:
    modules = [f"irkit.verify.tiers.{tier}", "irkit.verify.checker"]
    if tier == "rules":
        modules.append("irkit.verify.rules.saturation")
    if tier == "smt":
        modules.append("irkit.verify.smt.query")
    found = loaded(*modules)
    judged = {m for m in found if m.startswith(tuple(f"{j}." for j in JUDGED)) or m in JUDGED}
    assert judged <= THE_READERS
