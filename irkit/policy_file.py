"""Policy files: their schema, and reading one into a :class:`~irkit.policy.Policy`."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from irkit.errors import shown
from irkit.policy import (
    KEYS,
    ChunkEnd,
    ConstantsForm,
    LiveOuts,
    LogPlace,
    Policy,
    PolicyError,
    check_contradictions,
)
from irkit.spec_files import spec_folder, spec_names
from irkit.yaml_file import YamlFile, read_yaml

_UNITS = {"": 1, "b": 1} | {
    f"{letter}{suffix}": base ** (power + 1)
    for power, letter in enumerate("kmgt")
    for suffix, base in (("b", 1000), ("ib", 1024))
}


def parse_size(value: object) -> int:
    """Bytes from ``65536``, ``"64MiB"`` or ``"64 MB"``.

    Units are B, kB, MB, GB, TB (powers of 1000) and KiB, MiB, GiB, TiB (powers of 1024). Raises
    ``ValueError`` for anything else, negative and fractional numbers included.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        number, unit = value, ""
    elif isinstance(value, str):
        match = re.fullmatch(r"\s*([+-]?[0-9]{1,18})\s*([A-Za-z]*)\s*", value)
        if match is None:
            raise ValueError(
                f"{shown(value)} is not a size: give bytes, or a number with a unit, 64MiB"
            )
        number, unit = int(match[1]), match[2].lower()
    else:
        raise ValueError(f"{shown(value)} is not a size: give whole bytes, or a number with a unit")
    if unit not in _UNITS:
        raise ValueError(
            f"unknown unit {shown(unit)} in {shown(value)}: use B, kB, MB, GB, KiB, MiB or GiB"
        )
    if number < 0:
        raise ValueError(f"a size can not be negative: {value!r}")
    size = number * _UNITS[unit]
    if size >= 1 << 63:
        raise ValueError(f"{value!r} is past 64 bits")
    return size


Size = Annotated[int, BeforeValidator(parse_size)]
Count = Annotated[int, Field(ge=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ChunksSection(_Section):
    """``chunks:`` where chunks end."""

    end: ChunkEnd = Field(description="What ends a chunk: never, scope, operations or bytes.")
    scope: str | None = Field(None, description="end scope: pattern of dotted scope names.")
    operations: Count | None = Field(None, description="end operations: operations in a chunk.")
    bytes: Size | None = Field(None, description="end bytes: estimated bytes of the open chunk.")
    max_operations: Count | None = Field(None, description="Hard bound on a chunk's operations.")


class LogSection(_Section):
    """``log:`` where closed chunks wait for the outputs."""

    place: LogPlace | None = Field(None, description="memory or disk.")
    memory_limit: Size | None = Field(None, description="Bytes after which it moves to disk.")
    directory: str | None = Field(None, description="Folder of the log on disk.")


class MemorySection(_Section):
    """``memory:`` what the process may hold."""

    limit: Size | None = Field(None, description="end bytes: resident bytes while lowering.")


class ConstantsSection(_Section):
    """``constants:`` how parameters are stored."""

    form: ConstantsForm | None = Field(None, description="argument, inline, resource or external.")
    threshold: Size | None = Field(None, description="resource, external: smaller ones are inline.")


class PolicyFile(_Section):
    """A policy file, section by section; :class:`~irkit.policy.Policy` says what each key does."""

    name: str | None = Field(None, description="Shown in reports; the file's name if not given.")
    description: str | None = Field(None, description="For readers of the file.")
    chunks: ChunksSection
    log: LogSection = LogSection()  # pyright: ignore[reportCallIssue]
    memory: MemorySection = MemorySection()  # pyright: ignore[reportCallIssue]
    live_outs: LiveOuts | None = Field(None, description="discovered or declared.")
    constants: ConstantsSection = ConstantsSection()  # pyright: ignore[reportCallIssue]

    def policy(self, default_name: str) -> Policy:
        """The policy of this file. Raises :class:`~irkit.policy.PolicyError`."""
        given: dict[str, Any] = {"name": default_name}
        for name, key in KEYS.items():
            value: Any = self
            for part in key.split("."):
                value = getattr(value, part)
            if value is not None:
                given[name] = value
        if self.log.directory is not None:
            given["log_directory"] = Path(self.log.directory)
        policy = Policy(**given)
        check_contradictions(policy, given.keys())
        return policy


def load_policy(name_or_path: str | Path) -> Policy:
    """Reads a shipped policy by name (``per-scope``) or a policy file by path.

    Raises :class:`~irkit.policy.PolicyError`, whose message has the file, line and key, and
    :class:`~irkit.yaml_file.YamlError` for what is no plain YAML.
    """
    return parse_policy(read_yaml(find_policy(name_or_path)))


def find_policy(name_or_path: str | Path) -> Path:
    """The file of a shipped policy's name, or the path itself."""
    text = str(name_or_path)
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text) or Path(text).is_file():
        return Path(text)
    known = spec_names("policies")
    if text not in known:
        raise PolicyError("", f"no policy {text!r}: neither a file nor one of {', '.join(known)}")
    return spec_folder("policies") / f"{text}.yaml"


def parse_policy(file: YamlFile) -> Policy:
    """Validates the data of a policy file."""
    data = cast(object, file.data)
    if not isinstance(data, dict):
        raise PolicyError("", f"{file.where(())}: a policy is a mapping of keys, such as `chunks:`")
    try:
        return PolicyFile.model_validate(data).policy(file.path.stem)
    except ValidationError as error:
        first, *more = error.errors(include_url=False)
        key = first["loc"]
        message = _message(first["type"], first["msg"], key, first["input"])
        if more:
            message += f" (and {len(more)} more)"
    except PolicyError as error:
        key = tuple(error.key.split("."))
        message = error.message
    raise PolicyError(".".join(f"{part!s:.80}" for part in key), message, file.where(key))


def _message(kind: str, text: str, key: tuple[int | str, ...], given: object) -> str:
    if kind == "missing":
        return "is needed, and not given"
    if kind == "model_type":
        return f"should be a mapping of keys, not {shown(given)}"
    if kind == "value_error":
        return text.removeprefix("Value error, ")
    if kind != "extra_forbidden":
        return f"{text.removeprefix('Input ')}, not {shown(given)}"
    section: type[BaseModel] = PolicyFile
    for part in key[:-1]:
        # Only sections have keys.
        section = cast("type[BaseModel]", section.model_fields[str(part)].annotation)
    known = list(section.model_fields)
    close = difflib.get_close_matches(str(key[-1]), known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
    return f"unknown key; {hint}"
