"""Finds and loads models: by spec file, by name, from a Hugging Face folder, or from a module."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, cast

from irkit.errors import shown
from irkit.input_file import inside, read_bounded
from irkit.json_object import JsonError, parse_object
from irkit.models.parameters import TensorSpec
from irkit.spec_files import spec_folder, spec_names

if TYPE_CHECKING:
    from irkit.builder import Builder
    from irkit.models.config import AnySpec
    from irkit.outputs import ForwardResult
    from irkit.value import Value
    from irkit.yaml_file import YamlFile

Forward: TypeAlias = "Callable[[Builder], ForwardResult]"
"""What :func:`irkit.record` and :func:`irkit.lower` take."""

CONFIG_FILE = "config.json"
MAX_CONFIG_BYTES = 16 << 20


class _Family(Protocol):
    def tensors(self, spec: Any) -> dict[str, TensorSpec]: ...

    def forward(self, spec: Any, builder: Builder) -> dict[str, Value]: ...


@dataclass(frozen=True)
class Model:
    """A model whose forward can be lowered; ``irkit.lower(model.forward, ...)``."""

    spec: AnySpec
    """The validated file."""

    @property
    def name(self) -> str:
        """Shown in reports."""
        return self.spec.name

    @property
    def dtype(self) -> str:
        """Element type of weights and arithmetic: ``f32``, ``bf16`` or ``f16``."""
        return self.spec.dtype

    @property
    def hf_config(self) -> Mapping[str, Any]:
        """The keys of ``config.json`` that the family reads, with their defaults."""
        return self.spec.config.model_dump()

    @property
    def _family(self) -> _Family:
        module: Any = importlib.import_module(f"irkit.models.{self.spec.family}")
        return module

    def tensors(self) -> dict[str, TensorSpec]:
        """The tensors that the forward reads, by name, in the order in which it reads them."""
        return self._family.tensors(self.spec)

    def forward(self, builder: Builder) -> dict[str, Value]:
        """Records the forward; arguments and outputs are listed in the family's module."""
        return self._family.forward(self.spec, builder)


def known_models() -> list[str]:
    """Names of the specs that ship with irkit, sorted."""
    return spec_names("models")


def load_model(model: str | Path, **overrides: Any) -> Model:
    """Loads a model.

    ``model`` is the path of a spec (``my/llama.yaml``), the name of a spec that ships with irkit
    (``tinyllama-1.1b``), or a folder with a Hugging Face ``config.json`` (or that file). Overrides
    replace keys of the spec (``dtype="bf16"``, ``sequence=16``); the mapping ``config`` replaces
    single keys of the model's configuration.

    Raises :class:`~irkit.models.config.ModelSpecError` naming the file and the key at fault.
    """
    from irkit.models.config import ModelSpecError

    path = Path(model)
    if path.is_dir():
        path = _within(path, CONFIG_FILE, str(path), "")
    if path.suffix == ".json":
        return _from_hugging_face(path, overrides)
    if path.suffix in (".yaml", ".yml"):
        return _from_yaml(path, overrides)
    shipped = spec_folder("models") / f"{model}.yaml"
    if path.name != str(model) or not shipped.is_file():
        known = ", ".join(known_models())
        raise ModelSpecError(
            str(model), "", f"no such model; give a .yaml file, a folder, or one of: {known}"
        )
    return _from_yaml(shipped, overrides)


def resolve_model(text: str, **overrides: Any) -> Model | Forward:
    """What a command line names: all that :func:`load_model` takes, or ``package.module:function``.

    A function takes a builder and gives the outputs; it takes no overrides.
    Raises :class:`~irkit.models.config.ModelSpecError` where nothing is found.
    """
    if not names_function(text):
        return load_model(text, **overrides)
    module_name, _, function_name = text.rpartition(":")
    from irkit.models.config import ModelSpecError

    if overrides:
        keys = ", ".join(sorted(overrides))
        raise ModelSpecError(text, "", f"a function has no spec, so nothing to override: {keys}")
    try:
        found: Any = importlib.import_module(module_name)
        for part in function_name.split("."):
            found = getattr(found, part)
    except ModuleNotFoundError as error:
        raise ModelSpecError(text, "", f"no module named {error.name!r}") from None
    except AttributeError:
        raise ModelSpecError(text, "", f"module {module_name} has no {function_name!r}") from None
    if not callable(found):
        raise ModelSpecError(text, "", f"{function_name} is no function but {type(found).__name__}")
    return cast("Forward", found)


def names_function(text: str) -> bool:
    """Whether a command line means Python, not a file or a model's name."""
    module_name, colon, function_name = text.rpartition(":")
    python = bool(colon) and _dotted(module_name) and _dotted(function_name)
    return python and not Path(text).exists()


def check_against_folder(model: Model, folder: Path) -> None:
    """Checks a model against the ``config.json`` beside its weights, if there is one.

    Raises :class:`~irkit.models.config.ModelSpecError` at the first key in which they differ.
    """
    from irkit.models.config import ModelSpecError

    path = folder / CONFIG_FILE
    if not path.is_file():
        return
    path = _within(folder, CONFIG_FILE, str(path), "")
    family, theirs = _hugging_face_config(path)
    if family != model.spec.family:
        raise ModelSpecError(
            str(path), "model_type", f"is {family}, but {model.name} is {model.spec.family}"
        )
    ours = model.hf_config
    for key, value in theirs.items():
        if key in ours and key not in _TRAINING_ONLY and ours[key] != value:
            raise ModelSpecError(
                str(path), key, f"is {shown(value)}, but {model.name} has {shown(ours[key])}"
            )


_TRAINING_ONLY = frozenset({"initializer_range", "init_std"})


def _dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _from_yaml(path: Path, overrides: Mapping[str, Any]) -> Model:
    from irkit.models.config import ModelSpecError
    from irkit.yaml_file import YamlError, read_yaml

    try:
        file = read_yaml(path)
    except YamlError as error:
        raise ModelSpecError(str(error), "", "") from None
    data = {"name": path.stem} | _mapping(path, file.data)
    if isinstance(data.get("config"), str):
        named = _within(path.parent, data["config"], file.where(["config"]), "config")
        family, config = _hugging_face_config(named)
        data = {"family": family, **data, "config": config}
    return _validated(str(path), data, overrides, file)


def _within(folder: Path, name: str, place: str, key: str) -> Path:
    """A file that another file names; it may not lie outside the folder of that one."""
    from irkit.models.config import ModelSpecError

    try:
        path = inside(folder, name)
    except (OSError, ValueError, RuntimeError) as error:
        why = error.strerror if isinstance(error, OSError) else "no name, or a circle of links"
        raise ModelSpecError(place, key, f"{shown(name)} can not be found: {why}") from None
    if path is None:
        raise ModelSpecError(place, key, f"{shown(name)} is no file in {folder}")
    return path


def _from_hugging_face(path: Path, overrides: Mapping[str, Any]) -> Model:
    family, config = _hugging_face_config(path)
    data = {"name": path.resolve().parent.name, "family": family, "config": config}
    data |= _stored_dtype(path)
    return _validated(str(path), data, overrides, None)


def _validated(
    source: str, data: dict[str, Any], overrides: Mapping[str, Any], file: YamlFile | None
) -> Model:
    from irkit.models.config import validate_spec

    given = {key: value for key, value in overrides.items() if value is not None}
    config = given.pop("config", {})
    if not isinstance(config, Mapping):
        from irkit.models.config import ModelSpecError

        raise ModelSpecError(
            source, "config", f"an override replaces single keys, not {shown(config)}"
        )
    if config and isinstance(data.get("config"), dict):
        data["config"] = {**data["config"], **config}
    where = None if file is None else file.where
    return Model(validate_spec(source, data | given, where))


def _read_json(path: Path) -> dict[str, Any]:
    from irkit.models.config import ModelSpecError

    try:
        return parse_object(read_bounded(path, MAX_CONFIG_BYTES))
    except OSError as error:
        raise ModelSpecError(str(path), "", f"can not be read: {error.strerror}") from None
    except JsonError as fault:
        place = str(path) if fault.offset is None else f"{path} at byte {fault.offset}"
        raise ModelSpecError(place, "", f"the JSON {fault.problem}") from None


def _mapping(path: Path, data: object) -> dict[str, Any]:
    from irkit.models.config import ModelSpecError

    if not isinstance(data, dict):
        raise ModelSpecError(str(path), "", "is not a mapping of keys to values")
    return cast("dict[str, Any]", data)


def _hugging_face_config(path: Path) -> tuple[str, dict[str, Any]]:
    """The family, and the keys that it reads."""
    from irkit.models.config import CONFIGS, ModelSpecError, config_keys

    data = _read_json(path)
    family = data.get("model_type")
    if not isinstance(family, str) or family not in CONFIGS:
        known = ", ".join(CONFIGS)
        raise ModelSpecError(str(path), "model_type", f"{shown(family)} is not one of: {known}")
    return family, {key: data[key] for key in config_keys(family) if key in data}


def _stored_dtype(path: Path) -> dict[str, str]:
    names = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
    data = _read_json(path)
    stored = data.get("dtype") or data.get("torch_dtype")
    return {"dtype": names[stored]} if isinstance(stored, str) and stored in names else {}
