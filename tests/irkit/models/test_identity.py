"""One text for each model and form, whatever the policy and the hash seed; upstream agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.identity import FORMS, MODELS, generate, in_process
from irkit import Policy, record
from irkit.models.registry import load_model
from tests.witness import iree, upstream

CHUNKED = Policy(name="chunks of 13", chunk_end="operations", operations=13)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated weights of every small model."""
    folder = tmp_path_factory.mktemp("weights")
    for model in MODELS:
        generate(model, folder)
    return folder


def text(model: str, form: str, weights: Path, *, prune: bool) -> str:
    source = None if form == "argument" else weights / f"{model}.safetensors"
    forward = load_model(model).forward
    graph = record(forward, policy=CHUNKED, weights=source, constants=form).to_compute_graph()
    return (graph.pruned_to_outputs() if prune else graph).to_stablehlo().text


@pytest.mark.parametrize("hash_seed", ["1", "2"])
@pytest.mark.parametrize("model", MODELS)
def test_every_policy_gives_the_reference_text(model: str, hash_seed: str, weights: Path) -> None:
    arguments = ["--models", model, "--sizes", "3", "--weights", str(weights)]
    found = in_process(hash_seed, arguments)
    assert len(found) == len(FORMS)
    assert all(len(digests) == 1 for digests in found.values()), found
    assert {count for digests in found.values() for count in digests.values()} == {8}


@pytest.mark.parametrize("form", ["argument", "inline", "resource"])
@pytest.mark.parametrize("model", MODELS)
def test_jaxlib_prints_it_back_and_prunes_alike(model: str, form: str, weights: Path) -> None:
    whole = text(model, form, weights, prune=False)
    pruned = text(model, form, weights, prune=True)
    assert upstream.printed(pruned) == pruned
    assert upstream.without_dead_code(whole) == pruned


def test_iree_prints_external_back_and_prunes_alike(weights: Path, tmp_path: Path) -> None:
    whole = [text(model, "external", weights, prune=False) for model in MODELS]
    pruned = [text(model, "external", weights, prune=True) for model in MODELS]
    assert iree.printed(pruned) == pruned
    assert iree.without_dead_code(whole, tmp_path) == pruned


@pytest.mark.parametrize("policy", [None, CHUNKED], ids=["buffered", "streamed"])
def test_a_forward_with_many_outputs_pruned_to_its_logits(policy: Policy | None) -> None:
    """Hidden states and attention maps are returned; the caller keeps the logits."""
    model = load_model("llama-small", all_hidden=True)
    graph = record(model.forward, policy=policy).to_compute_graph()
    pruned = graph.pruned_to_outputs(["logits"])
    layers = model.hf_config["num_hidden_layers"]
    assert len(graph.outputs) == 1 + (layers + 1) + layers
    assert pruned.outputs == ("logits",)
    alone = record(load_model("llama-small").forward).to_compute_graph().pruned_to_outputs()
    assert graph.num_nodes > pruned.num_nodes == alone.num_nodes
