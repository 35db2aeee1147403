"""Upstream MLIR through jaxlib's bindings."""

from __future__ import annotations

from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir, passmanager


def context() -> ir.Context:
    """A context without threads: what one of the verifier's reports would wait, for ever, for the
    lock of the thread that waits for it."""
    made = make_ir_context()
    made.enable_multithreading(False)
    return made


def printed(text: str) -> str:
    """``text`` parsed, verified and printed by upstream."""
    with context():
        return str(ir.Module.parse(text))


def without_dead_code(text: str, *, allow_unregistered: bool = False) -> str:
    """``text`` after upstream's ``trivial-dce``."""
    with context() as made:
        made.allow_unregistered_dialects = allow_unregistered
        module = ir.Module.parse(text)
        passmanager.PassManager.parse("builtin.module(trivial-dce)").run(module.operation)
        return str(module)
