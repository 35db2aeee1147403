"""IREE's tools, for the form that only IREE reads."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

SEPARATOR = "// -----\n"

DEAD_CODE = """
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %funcs = transform.structured.match ops{["func.func"]} in %root
      : (!transform.any_op) -> !transform.any_op
    transform.apply_dce to %funcs : !transform.any_op
    transform.yield
  }
}
"""
"""MLIR's dead-code elimination on every function; iree-opt has no ``trivial-dce``."""


def tool(name: str) -> str:
    """The path of an IREE tool of this environment."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed: pip install irkit[test]")
    return found


def printed(texts: list[str], *options: str) -> list[str]:
    """Each module parsed, verified and printed by ``iree-opt``, in one process."""
    done = subprocess.run(
        [tool("iree-opt"), "--split-input-file", *options, "-"],
        input=SEPARATOR.join(texts),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    # iree-opt ends each module with an empty line.
    return [part.removesuffix("\n\n") + "\n" for part in done.stdout.split(SEPARATOR)]


def without_dead_code(texts: list[str], folder: Path) -> list[str]:
    """Each module after MLIR's dead-code elimination and the removal of unread globals."""
    library = folder / "dead_code.mlir"
    library.write_text(DEAD_CODE)
    interpreter = f"iree-transform-dialect-interpreter{{library-file-name={library}}}"
    return printed(texts, f"--pass-pipeline=builtin.module({interpreter},symbol-dce)")
