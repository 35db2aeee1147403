"""Upstream MLIR, in jaxlib's bindings, as a worker: it may abort on what it should refuse."""

from __future__ import annotations

from typing import Any

from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir, passmanager

from irkit.testing.workers.serving import serve
from irkit.testing.workers.worker import Json

PRUNE = "builtin.module(trivial-dce)"


def answer(question: Json) -> Json:
    """Of each text ``{"text", "prune"}``: ``{"printed"}``, or ``{"refused": message}``.

    ``prune`` runs upstream's dead-code elimination first; ``quiet`` leaves the printed text out.
    """
    return [*map(_answer, question)]


def _answer(item: Json) -> Json:
    # The bindings have no types.
    mlir: Any = ir
    # A context remembers the names of resources, and makes those of the next module unique.
    with make_ir_context() as context:
        # What a thread of the verifier reports waits for the lock of the one that waits for it.
        context.enable_multithreading(False)
        try:
            module = mlir.Module.parse(item["text"])
        except mlir.MLIRError as error:
            return {"refused": str(error)}
        if item.get("prune"):
            manager: Any = passmanager
            manager.PassManager.parse(PRUNE).run(module.operation)
        return {"printed": "" if item.get("quiet") else str(module)}


if __name__ == "__main__":
    serve(answer)
