"""Upstream MLIR through jaxlib's bindings."""

from __future__ import annotations

from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir, passmanager


def printed(text: str) -> str:
    """``text`` parsed, verified and printed by upstream."""
    with make_ir_context():
        return str(ir.Module.parse(text))


def without_dead_code(text: str) -> str:
    """``text`` after upstream's ``trivial-dce``."""
    with make_ir_context():
        module = ir.Module.parse(text)
        passmanager.PassManager.parse("builtin.module(trivial-dce)").run(module.operation)
        return str(module)
