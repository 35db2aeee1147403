"""Wrong and right programs as variations of a text, judged by irkit and by upstream."""

from __future__ import annotations

import re
from functools import lru_cache

from jaxlib.mlir import ir, passmanager

from dialects.module_text import module_text
from dialects.reader import check_module, parse_module
from tests.witness import upstream

_ID = re.compile(r"\((\w+)\) ")


@lru_cache(maxsize=1)
def _context() -> ir.Context:
    return upstream.context()


def upstream_text(text: str, *, prune: bool = False) -> str:
    """Upstream's print of a program, after ``trivial-dce`` if asked.

    Raises ``ir.MLIRError`` where upstream refuses it.
    """
    with _context():
        module = ir.Module.parse(text)
        if prune:
            pipeline = passmanager.PassManager.parse("builtin.module(trivial-dce)")
            pipeline.run(module.operation)
        return str(module)


def upstream_accepts(text: str) -> bool:
    """Whether upstream parses and verifies a program."""
    try:
        upstream_text(text)
    except ir.MLIRError:
        return False
    return True


def faults(text: str) -> list[str]:
    """Our faults of a program."""
    return [str(fault) for fault in check_module(text)]


def our_text(text: str) -> str:
    """Our print of a program, which must have no fault."""
    assert faults(text) == []
    parsed = parse_module(text)
    return module_text(parsed.module, parsed.resources)


def refusal(text: str) -> str:
    """The id of the first violated constraint of a program, or its first fault without one."""
    found = faults(text)
    assert found != []
    ids = [match[1] for match in map(_ID.search, found) if match]
    return ids[0] if ids else found[0]


def mutated(program: str, old: str, new: str) -> str:
    """The program with one phrase changed wherever it stands."""
    assert old in program, (old, program)
    return program.replace(old, new)
