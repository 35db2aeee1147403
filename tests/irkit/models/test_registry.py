"""Model files: what loads, and what is refused with the key at fault."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from irkit.models import check_against_folder, known_models, load_model, resolve_model
from irkit.models.config import ModelSpecError
from irkit.spec_files import spec_folder

LLAMA = {
    "model_type": "llama",
    "architectures": ["LlamaForCausalLM"],
    "vocab_size": 320,
    "hidden_size": 96,
    "intermediate_size": 256,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-5,
    "rope_theta": 10000.0,
    "torch_dtype": "bfloat16",
    "transformers_version": "4.48.0",
}


def weight_count(name: str) -> int:
    return sum(math.prod(spec.shape) for spec in load_model(name).tensors().values())


def edited(tmp_path: Path, old: str, new: str) -> Path:
    """llama-small with one place of its text replaced."""
    text = (spec_folder("models") / "llama-small.yaml").read_text()
    assert old in text
    path = tmp_path / "edited.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


def config_folder(tmp_path: Path, **changes: object) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA | changes))
    return tmp_path


@pytest.mark.parametrize("name", known_models())
def test_shipped_model_loads(name: str) -> None:
    model = load_model(name)
    assert model.name == name
    assert model.tensors()


@pytest.mark.parametrize(
    ("name", "count"),
    [
        # As transformers counts the parameters of the published checkpoints.
        ("tinyllama-1.1b", 1_100_048_384),
        ("gpt2", 124_439_808),
        ("bert-base", 109_514_298),
    ],
)
def test_published_model_has_its_number_of_weights(name: str, count: int) -> None:
    assert weight_count(name) == count


@pytest.mark.parametrize("name", [name for name in known_models() if "-small" in name])
def test_small_model_is_under_two_megabytes(name: str) -> None:
    assert 4 * weight_count(name) < 2_000_000


def test_overrides_replace_keys() -> None:
    model = load_model("llama-small", dtype="bf16", sequence=5, config={"num_hidden_layers": 1})
    assert (model.dtype, model.spec.sequence) == ("bf16", 5)
    assert model.hf_config["num_hidden_layers"] == 1
    assert {spec.dtype for spec in model.tensors().values()} == {"bf16"}


def test_hugging_face_folder_equals_the_spec(tmp_path: Path) -> None:
    folder = config_folder(tmp_path)
    model = load_model(folder, sequence=16)
    spec = load_model("llama-small", dtype="bf16", config={"initializer_range": 0.02})
    assert model.dtype == "bf16"
    assert model.tensors() == spec.tensors()
    assert model.hf_config == spec.hf_config


def test_rope_parameters_of_newer_configs_are_read(tmp_path: Path) -> None:
    rope = {"rope_theta": 500000.0, "rope_type": "default"}
    changed = {"rope_theta": None, "rope_parameters": rope}
    folder = config_folder(tmp_path)
    data = {k: v for k, v in (LLAMA | changed).items() if v is not None}
    (folder / "config.json").write_text(json.dumps(data))
    assert load_model(folder, sequence=16).hf_config["rope_theta"] == 500000.0


def test_spec_may_name_a_config_file(tmp_path: Path) -> None:
    config_folder(tmp_path)
    path = tmp_path / "mine.yaml"
    path.write_text("sequence: 16\nconfig: config.json\n")
    model = load_model(path)
    assert (model.name, model.spec.family) == ("mine", "llama")


def test_weights_folder_with_another_configuration_is_refused(tmp_path: Path) -> None:
    folder = config_folder(tmp_path)
    check_against_folder(load_model("llama-small"), folder)
    config_folder(tmp_path, rope_theta=5000.0)
    with pytest.raises(ModelSpecError, match=r"config.json: rope_theta: is 5000.0, but llama-sm"):
        check_against_folder(load_model("llama-small"), folder)
    config_folder(tmp_path, model_type="gpt2")
    with pytest.raises(ModelSpecError, match="model_type: is gpt2, but llama-small is llama"):
        check_against_folder(load_model("llama-small"), folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("family: llama", "family: lama", r":2:1: family: 'lama' is not one of: llama, gpt2, bert"),
        ("family: llama\n", "", r"family: is needed; one of: llama"),
        ("dtype: f32", "dtype: f8", r":4:1: dtype: input should be 'f32', 'bf16' or 'f16', not"),
        ("batch: 2", "batch: 0", r":5:1: batch: input should be greater than or equal to 1, not 0"),
        ("batch: 2", "heads: 2", r":5:1: heads: is not a key of this family"),
        ("  vocab_size: 320\n", "", r"config.vocab_size: is needed"),
        ("hidden_size: 96", "hidden_size: wide", r"config.hidden_size: input should be a valid in"),
        ("key_value_heads: 2", "key_value_heads: 4", r"num_key_value_heads 4 does not divide num_"),
        ("hidden_size: 96", "hidden_size: 90", r"config: head_dim 15 is odd"),
        ("sequence: 16", "sequence: 65", r"65 positions are more than config.max_position_embe"),
        ("sequence: 16", "sequence: 16\ncache: 8", r"cache 8 is shorter than sequence 16"),
        ("batch: 2", "batch: 2\nbatch: 3", r":6:1: batch: duplicate key, first given in line 5"),
        (
            "\nconfig:",
            "\nconfig: 3\nsettings:",
            r":7:1: config: input should be a valid dictionary",
        ),
        ("  rope_theta", "  rope_scaling: {type: linear}\n  rope_theta", r"config.rope_scaling: "),
    ],
)
def test_wrong_spec_is_refused_at_its_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = edited(tmp_path, old, new)
    with pytest.raises(ModelSpecError, match=message) as caught:
        load_model(path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("llama-smal", r"llama-smal: no such model; .* one of: bert-base, .*tinyllama-1.1b"),
        ("nothing.yaml", r"nothing.yaml: can not be read: No such file"),
        ("no_such_module:forward", r"no module named 'no_such_module'"),
        ("math:no_such_name", r"module math has no 'no_such_name'"),
        ("math:pi", r"pi is no function but float"),
    ],
)
def test_unknown_model_is_refused(text: str, message: str) -> None:
    with pytest.raises(ModelSpecError, match=message):
        resolve_model(text)


def test_function_of_a_module_resolves_and_takes_no_overrides() -> None:
    assert resolve_model("math:sqrt") is math.sqrt
    with pytest.raises(ModelSpecError, match="nothing to override: dtype"):
        resolve_model("math:sqrt", dtype="f32")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "the JSON is invalid"),
        ("[]", "the JSON is no object"),
        ('{"model_type": "mamba"}', "model_type: 'mamba' is not one of: llama, gpt2, bert, whi"),
        (
            json.dumps(LLAMA | {"rope_parameters": {"rope_type": "linear", "factor": 2.0}}),
            r"config.rope_scaling: .*'rope_type': 'linear', 'factor': 2.0",
        ),
        (
            json.dumps(LLAMA | {"rope_parameters": {"factor": 2.0}}),
            r"config.rope_scaling: .*'rope_type': 'default', 'factor': 2.0",
        ),
        (json.dumps(LLAMA | {"hidden_act": "relu"}), "config.hidden_act: input should be 'silu'"),
    ],
)
def test_wrong_hugging_face_config_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ModelSpecError, match=message):
        load_model(tmp_path)


def test_importing_irkit_imports_no_pydantic() -> None:
    code = "import sys, irkit, irkit.models; print('pydantic' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
