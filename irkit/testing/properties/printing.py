"""What is printed reads back as what it was, in both syntaxes."""

from __future__ import annotations

from dialects.module_text import module_text
from dialects.reader import ParsedModule, faults, parse_module
from irkit.reading.check import check_file
from irkit.reading.rewrite import format_file
from irkit.testing.case import Case
from irkit.testing.properties.outcome import PropertyError, require_same
from irkit.testing.properties.witnesses import Witnesses
from irkit.verify.graph.module import module_digests
from irkit.verify.options import Options
from irkit.verify.pair import Pair
from irkit.verify.tiers import names
from irkit.verify.verdict import Verdict


def check(case: Case, witnesses: Witnesses) -> None:
    """The pretty and the generic text are read without a fault, by both readers, print each other,
    and have one digest; ``irkit fmt`` and tier 1 agree."""
    text = case.text()
    pretty = _read("the pretty text", text)
    require_same("the text", text, "what it reads as", _printed(pretty))
    generic_text = _printed(pretty, generic=True)
    generic = _read("the generic text", generic_text)
    require_same("the text", text, "what its generic form reads as", _printed(generic))
    again = _printed(generic, generic=True)
    require_same("the generic text", generic_text, "what it reads as", again)
    digests = [module_digests(parsed.module, parsed.resources) for parsed in (pretty, generic)]
    if digests[0] != digests[1]:
        raise PropertyError("the pretty and the generic text have different digests")
    _files(text, generic_text, witnesses)


def _files(text: str, generic: str, witnesses: Witnesses) -> None:
    paths = [witnesses.path(f"{name}.mlir") for name in ("pretty", "generic", "formatted")]
    paths[0].write_text(text)
    paths[1].write_text(generic)
    for path in paths[:2]:
        for fault in check_file(path):
            raise PropertyError(f"irkit check: {fault}")
        format_file(path, paths[2])
        require_same("the text", text, f"irkit fmt of {path.stem}", paths[2].read_text())
    found = names.judge(Pair(paths[0], paths[2]), Options())
    if found.verdict is not Verdict.EQUAL:
        raise PropertyError(f"tier 1 says of the text and itself: {found.summary}")


def _read(what: str, text: str) -> ParsedModule:
    parsed = parse_module(text, what)
    for fault in faults(parsed):
        raise PropertyError(str(fault))
    return parsed


def _printed(parsed: ParsedModule, *, generic: bool = False) -> str:
    return module_text(parsed.module, parsed.resources, generic=generic)
