"""``iree-opt``: upstream MLIR with the dialects that jaxlib leaves out (``quant``, ``util``)."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

from irkit.testing.properties.outcome import WitnessError
from irkit.testing.workers.worker import Json

_SEPARATOR = "// -----\n"
_DEAD_CODE = """
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %funcs = transform.structured.match ops{["func.func"]} in %root
      : (!transform.any_op) -> !transform.any_op
    transform.apply_dce to %funcs : !transform.any_op
    transform.yield
  }
}
"""
_ERROR = re.compile(r"^<stdin>:(\d+):\d+: error: .*$", re.MULTILINE)
_GLOBAL = "  util.global private "
_LOAD = "util.global.load "


def iree_opt() -> str | None:
    """The path of ``iree-opt``, beside this Python or on the search path."""
    beside = Path(sys.executable).with_name("iree-opt")
    return str(beside) if beside.exists() else shutil.which("iree-opt")


def answers(
    tool: str, texts: Sequence[str], library: Path, seconds: float, *, prune: bool
) -> list[Json]:
    """Of each text ``{"printed"}`` or ``{"refused": message}``.

    With ``prune`` after MLIR's dead-code elimination, for which a file is written to ``library``,
    and without the globals that nothing loads then. Raises :class:`WitnessError` where the tool
    crashed, on any of them, or took ten times ``seconds``.
    """
    options: list[str] = []
    if prune:
        library.write_text(_DEAD_CODE)
        interpreter = f"iree-transform-dialect-interpreter{{library-file-name={library}}}"
        options = [f"--pass-pipeline=builtin.module({interpreter})"]
    try:
        done = subprocess.run(
            [tool, "--split-input-file", *options, "-"],
            input=_SEPARATOR.join(texts).encode(),
            capture_output=True,
            check=False,
            timeout=10 * seconds,
        )
    except subprocess.TimeoutExpired:
        raise WitnessError(f"iree-opt: no answer within {10 * seconds:g} s") from None
    said = done.stderr.decode(errors="replace")
    parts = done.stdout.decode(errors="replace").split(_SEPARATOR)
    if done.returncode not in (0, 1) or len(parts) != len(texts):
        raise WitnessError(f"iree-opt: ended with {done.returncode}: {said[-2000:]}")
    firsts = [*accumulate((text.count("\n") + 1 for text in texts), initial=1)]
    found: list[Json] = []
    for part, (first, last) in zip(parts, pairwise(firsts), strict=True):
        if part.strip():
            # iree-opt ends each module with an empty line.
            text = part.removesuffix("\n\n") + "\n"
            found.append({"printed": _without_unread_globals(text) if prune else text})
        else:
            found.append({"refused": _message(said, first, last)})
    return found


def _message(said: str, first: int, last: int) -> str:
    """The first error about a text of these lines."""
    for match in _ERROR.finditer(said):
        if first <= int(match[1]) < last:
            return match[0]
    return said.strip()[:1000] or "refused without a message"


def _without_unread_globals(text: str) -> str:
    """The text without the private globals that no load names; apply_dce looks into functions."""
    lines = text.splitlines(keepends=True)
    read = {
        line.partition(_LOAD)[2].rpartition(" : ")[0].strip() for line in lines if _LOAD in line
    }
    return "".join(
        line
        for line in lines
        if not line.startswith(_GLOBAL)
        or line.removeprefix(_GLOBAL).partition(" = #flow.parameter")[0] in read
    )
