"""Upstream's print of programs, from a process that may die on one of them.

As a program it reads one JSON string a line and answers with ``[accepted, text]``.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import IO

_SPARSE_PASS = "builtin.module(sparse-tensor-codegen)"


class Upstream:
    """A process with jaxlib; it is started anew where a program brought it down."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Upstream:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process."""
        if self._process is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.communicate()
            self._process = None

    def end_abruptly(self) -> None:
        """Ends the process as a program that it dies of would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def printed(self, text: str) -> str | None:
        """The canonical text, or ``None`` where upstream refuses the program or dies of it."""
        answer = self._ask(text)
        if not answer:
            self.close()
            return None
        accepted, printed = json.loads(answer)
        return printed if accepted else None

    def _ask(self, text: str) -> str:
        requests, answers = self._pipes()
        try:
            requests.write(json.dumps(text) + "\n")
            requests.flush()
        except BrokenPipeError:
            return ""
        return answers.readline()

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        requests, answers = self._process.stdin, self._process.stdout
        if requests is None or answers is None:
            raise RuntimeError("the process has no pipes")
        return requests, answers


def _serve() -> None:
    import jaxlib.mlir._mlir_libs._mlirSparseTensorPasses  # noqa: F401  # pyright: ignore
    from jaxlib.mlir import ir, passmanager

    from tests.witness import upstream

    for line in sys.stdin:
        text = json.loads(line)
        try:
            # A context of its own for each: contexts rename the resources of later modules.
            with upstream.context():
                if "sparse_tensor" in text:
                    # Running a pass makes its context know the dialects that it needs.
                    empty = ir.Module.create(ir.Location.unknown()).operation
                    passmanager.PassManager.parse(_SPARSE_PASS).run(empty)
                answer = [True, str(ir.Module.parse(text))]
        except ir.MLIRError as error:
            answer = [False, str(error)]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _serve()
