"""What the shipped models are lowered to, without running it."""

from __future__ import annotations

from io import BytesIO

import pytest
from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir

import irkit
from irkit.models import Model, known_models, load_model
from irkit.policy import BUILTIN_POLICIES

SMALL = [name for name in known_models() if "-small" in name]
MODELS = pytest.mark.parametrize("name", [*SMALL, "minilm", "tinyllama-1.1b"])
POLICIES = sorted(BUILTIN_POLICIES)


def text(model: Model, policy: str = "buffered", outputs: list[str] | None = None) -> str:
    """The module with weights as arguments."""
    out = BytesIO()
    irkit.lower(model.forward, out, policy=policy, constants="argument", outputs=outputs)
    return out.getvalue().decode()


def all_hidden(name: str) -> Model:
    return load_model(name, all_hidden=True)


@MODELS
def test_every_policy_gives_the_buffered_bytes(name: str) -> None:
    """The declared one too, so each scope declares what later ones read, and nothing more."""
    for model in (load_model(name), all_hidden(name)):
        reference = text(model)
        for policy in POLICIES:
            assert text(model, policy) == reference


@MODELS
def test_text_is_what_upstream_prints(name: str) -> None:
    printed = text(all_hidden(name))
    with make_ir_context():
        assert f"{ir.Module.parse(printed)}" == printed


@MODELS
def test_hidden_outputs_that_nobody_keeps_leave_no_trace(name: str) -> None:
    model = load_model(name)
    names: list[str] = []

    def forward(builder: irkit.Builder) -> dict[str, irkit.Value]:
        outputs = model.forward(builder)
        names.extend(outputs)
        return outputs

    irkit.record(forward).to_compute_graph()
    assert text(all_hidden(name), "per-scope", names) == text(model)


def test_tinyllama_with_all_hidden_states_is_pruned_to_its_logits() -> None:
    """Logits, 23 hidden states and 22 attention maps; only the casts and reshapes are dead."""
    model = all_hidden("tinyllama-1.1b")
    graph = irkit.record(model.forward, constants="argument").to_compute_graph()
    pruned = graph.pruned_to_outputs(["logits"])
    assert (len(graph.outputs), len(pruned.outputs)) == (46, 1)
    assert graph.num_nodes - pruned.num_nodes == 23 + 2 * 22
