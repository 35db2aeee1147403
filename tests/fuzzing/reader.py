"""Text of modules: an error with its place, or a module that both readers print alike."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from dialects.diagnostics import Diagnostic, ReadError
from dialects.module_text import module_text, write_module
from dialects.reader import ParsedModule, faults, parse_module
from irkit.reading.check import check_file
from irkit.reading.rewrite import format_file, prune_file
from tests.irkit.reading.two_readers import rewriting_agrees

# Of these faults the one reader knows more than the other.
_KNOWN_APART = (
    "is used before it is defined",
    "is used, but not defined",
    "must be the last operation of its block",
)


def run(data: bytes) -> None:
    """Both readers take the same texts, and what is valid is printed so that it reads back."""
    _read(data, allow_unregistered=False)


def run_unregistered(data: bytes) -> None:
    """As :func:`run`, where operations, types and attributes of unknown dialects are kept."""
    _read(data, allow_unregistered=True)


def _read(data: bytes, *, allow_unregistered: bool) -> None:
    with TemporaryDirectory() as name:
        path, target = Path(name, "in.mlir"), Path(name, "out.mlir")
        path.write_bytes(data)
        found = list(check_file(path, "m.mlir", allow_unregistered=allow_unregistered))
        assert all(map(_is_clear, found)), f"not clear: {[*map(str, found)]}"
        try:
            parsed = parse_module(data, "m.mlir", allow_unregistered=allow_unregistered)
        except ReadError as error:
            refused = error.diagnostic
        else:
            refused = None
        if refused is not None:
            assert _is_clear(refused), f"not clear: {refused}"
            assert found, f"only one reader refuses it: {refused}"
            for rewrite in (format_file, prune_file):
                _refuses(rewrite, path, target, allow_unregistered=allow_unregistered)
            return
        whole = faults(parsed)
        assert bool(whole) == bool(found), f"faults differ: {_shown(whole)} against {_shown(found)}"
        apart = any(words in fault.message for fault in whole + found for words in _KNOWN_APART)
        if not apart:
            assert whole == found, f"faults differ: {_shown(whole)} against {_shown(found)}"
        if not allow_unregistered and not apart:
            difference = rewriting_agrees(data, Path(name))
            assert difference is None, f"text differs: {difference}"
        if whole:
            _refuses(prune_file, path, target, allow_unregistered=allow_unregistered)
            return
        text = module_text(parsed.module, parsed.resources)
        format_file(path, target, allow_unregistered=allow_unregistered)
        assert target.read_text() == text, "formatted otherwise"
        prune_file(path, target, allow_unregistered=allow_unregistered)
        pruned = target.read_text()
        prune_file(target, target, allow_unregistered=allow_unregistered)
        assert target.read_text() == pruned, "pruned further"
    _printed_again(text, text, allow_unregistered=allow_unregistered)
    _printed_again(_generic(parsed), text, allow_unregistered=allow_unregistered)


def _is_clear(fault: Diagnostic) -> bool:
    return (
        len(fault.message.strip()) > 5
        and "\n" not in fault.message
        and fault.line >= 1
        and fault.column >= 1
        and fault.snippet.endswith("^")
    )


def _shown(found: list[Diagnostic]) -> list[str]:
    return [*map(str, found)]


def _refuses(rewrite: object, path: Path, target: Path, *, allow_unregistered: bool) -> None:
    """Nothing is written, and nothing is left, where a text is refused."""
    assert callable(rewrite)
    target.unlink(missing_ok=True)
    try:
        rewrite(path, target, allow_unregistered=allow_unregistered)
    except ReadError as error:
        found = error.diagnostic
    else:
        raise AssertionError("rewritten, though it is not valid")
    assert _is_clear(found), f"not clear: {found}"
    assert [*path.parent.iterdir()] == [path], "something is left"


def _generic(parsed: ParsedModule) -> str:
    pieces: list[str] = []
    write_module(parsed.module, pieces.append, parsed.resources, generic=True)
    return "".join(pieces)


def _printed_again(text: str, expected: str, *, allow_unregistered: bool) -> None:
    again = parse_module(text, allow_unregistered=allow_unregistered)
    found = faults(again)
    assert not found, f"what is printed is not valid: {_shown(found)}"
    assert module_text(again.module, again.resources) == expected, "no fixed point"
