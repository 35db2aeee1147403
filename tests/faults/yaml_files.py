"""Policy and model files that are hostile: one error with file, line and key, and nothing done."""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from irkit.errors import IRKitError
from tests.faults.case import Outcome, count
from tests.faults.process import loss, run

MEMORY = 3 << 30
"""Bytes of address space that a run may have; it starts with half a gigabyte."""

Kind = Literal["policy", "model"]

POLICY = "chunks: {end: bytes, bytes: 64KiB}\n"
CONFIG = (
    "vocab_size: 64, hidden_size: 16, intermediate_size: 32, num_hidden_layers: 1, "
    "num_attention_heads: 2, max_position_embeddings: 64"
)
MODEL = f"family: llama\nsequence: 4\nconfig: {{{CONFIG}}}\n"
RIGHT: dict[Kind, str] = {"policy": POLICY, "model": MODEL}

_LAUGHS = "a0: &a0 ha\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)

HOSTILE: dict[str, tuple[str | bytes, str]] = {
    "anchors that expand to 10**9": (_LAUGHS, "1:5: anchors and aliases are not allowed"),
    "an alias of itself": ("&a [*a]", "1:1: anchors and aliases"),
    "an alias of itself as key": ("&a {*a : 1}", "anchors and aliases"),
    "merge keys": ("base: 1\n<<: {chunks: {end: never}}", "2:1: top level: a key must be text"),
    "Python object": ("!!python/object/apply:os.system ['touch ran']", "1:1: the tag"),
    "Python name": ("chunks: !!python/name:os.system", "1:9: the tag"),
    "Python module": ("chunks: !!python/module:antigravity", "1:9: the tag"),
    "unknown tag": ("chunks: !x 1", "1:9: the tag !x is not allowed"),
    "tag of 10**5 characters": ("chunks: !" + "x" * 10**5, "1:9: the tag !xxx"),
    "binary": ("chunks: !!binary aGE=", "1:9: the tag"),
    "set": ("!!set {a, b}", "1:1: the tag"),
    "duplicate key": ("chunks: {}\nchunks: {}", "2:1: chunks: duplicate key, first given in"),
    "duplicate key below": ("chunks:\n  end: never\n  end: never", "3:3: chunks.end: duplicate"),
    "two documents": ("a: 1\n---\na: 1", "2:1: a second document"),
    "60,000 documents": ("---\n" * 60_000, "2:1: a second document"),
    "lists nested 10**5 deep": ("[" * 10**5, "1:17: nested deeper than 16"),
    "mappings nested 10**5 deep": ("{a: " * 60_000, "nested deeper than 16"),
    "blocks nested 300 deep": (
        "".join(" " * n + "a:\n" for n in range(300)),
        "nested deeper than 16",
    ),
    "items nested 300 deep": ("- " * 300, "nested deeper than 16"),
    "128,000 values": ("a: [" + "1," * 128_000 + "]", "more than 10000 keys and values"),
    "80,000 mappings": ("a: [" + "{}," * 80_000 + "]", "more than 10000 keys and values"),
    "20,000 keys": ("".join(f"k{n}: 1\n" for n in range(20_000)), "more than 10000 keys"),
    "no UTF-8": (b"name: \xff\xfe", "not UTF-8 at byte 6"),
    "UTF-16": ("a: 1".encode("utf-16"), "not UTF-8 at byte 0"),
    "surrogate in UTF-8": (b"name: \xed\xa0\x80", "not UTF-8 at byte 6"),
    "NUL": (b"name: a\0b", "special characters"),
    "terminal command": (b"name: \x1b[2J", "special characters"),
    "escaped terminal command as key": ('"\\e[2J\\a": 1\n"\\e[2J\\a": 1', "\ufffd[2J\ufffd: dup"),
    "escaped NUL as key": ('"\\0": 1\n"\\0": 1', "\ufffd: duplicate key"),
    "number as key": ("1: a", "1:1: top level: a key must be text"),
    "null as key": ("~: a", "1:1: top level: a key must be text"),
    "boolean as key": ("yes: a", "1:1: top level: a key must be text"),
    "list as key": ("? [a]\n: 1", "1:3: top level: a key must be text"),
    "mapping as key": ("{{a: 1}: 2}", "a key must be text"),
    "date as key": ("2020-01-01: 1", "a key must be text"),
    "key of 10**5 characters": (f"? {'k' * 10**5}\n: 1\n" * 2, "3:3: kkkkkkkk"),
    "integer of 10**5 digits": ("name: " + "9" * 10**5, "a number of 100000 characters"),
    "hexadecimal of 10**5 digits": ("name: 0x" + "f" * 10**5, "a number of 100002 characters"),
    "past 64 bits": ("name: 9223372036854775808", "1:7: name: 9223372036854775808 is past 64"),
    "octal": ("name: 010", "1:7: name: 010 is easily misread"),
    "sexagesimal": ("name: 1:30", "1:7: name: 1:30 is easily misread"),
    "sexagesimal of 10**5 parts": ("name: 1" + ":1" * 10**5, "a number of 200001 characters"),
    "sexagesimal past every float": ("name: 1" + ":1" * 10**4 + ".5", "a number of 20003"),
    "binary number": ("name: 0b11", "easily misread"),
    "tab": ("chunks:\n\tend: never", "2:1: "),
    "unknown directive": ("%FOO bar\n" * 1000, "expected '<document start>'"),
    "unclosed string": ('name: "' + "x" * 1000, "found unexpected end of stream"),
    "unknown escape": ('name: "\\q"', "found unknown escape character"),
    "empty": ("", "mapping"),
    "only comments": ("#\n" * 1000, "mapping"),
    "a number": ("3", "mapping"),
    "a list": ("[1]", "mapping"),
}  # fmt: skip


def _policy(chunks: str, words: str) -> tuple[str, str]:
    return f"chunks: {{end: bytes, bytes: {chunks}}}", words


POLICIES: dict[str, tuple[str, str]] = {
    "NaN": _policy(".nan", "1:22: chunks.bytes: nan is not a size"),
    "infinity": _policy(".inf", "chunks.bytes: inf is not a size"),
    "negative": _policy("-1", "chunks.bytes: a size can not be negative"),
    "negative with a unit": _policy("-64MiB", "can not be negative"),
    "nothing": _policy("0", "chunks.bytes"),
    "64 m": _policy("64 m", "unknown unit 'm'"),
    "64 Mi": _policy("64 Mi", "unknown unit 'mi'"),
    "6.4e1MiB": _policy("6.4e1MiB", "'6.4e1MiB' is not a size"),
    "1e3": _policy("1e3", "'1e3' is not a size"),
    "1.5 MiB": _policy("1.5 MiB", "'1.5 MiB' is not a size"),
    "0x10 MiB": _policy("0x10 MiB", "'0x10 MiB' is not a size"),
    "other digits": _policy("٦٤MiB", "is not a size"),
    "true": _policy("true", "True is not a size"),
    "a list of sizes": _policy("[1]", "[1] is not a size"),
    "past 64 bits with a unit": _policy("999999999999999999TiB", "past 64 bits"),
    "10**5 digits as text": _policy(f"'{'9' * 10**5}'", "is not a size"),
    "unit of 10**5 letters": _policy("1" + "k" * 10**5, "unknown unit 'kkk"),
    "operations as text": ("chunks: {end: operations, operations: '3'}", "chunks.operations"),
    "operations as fraction": ("chunks: {end: operations, operations: 3.0}", "chunks.operations"),
    "no operations": ("chunks: {end: operations, operations: 0}", "chunks.operations"),
    "unknown key": ("chunks: {end: never, __class__: 1}", "chunks.__class__: unknown key"),
    "method as key": ("chunks: {end: never}\nmodel_validate: 1", "2:1: model_validate: unknown"),
    "log in a folder that is not there": (
        "chunks: {end: operations, operations: 2}\nlog: {place: disk, directory: /none/x}",
        "/none/x",
    ),
    "10**5 characters for a choice": (f"chunks: {{end: {'x' * 10**5}}}", "chunks.end"),
}


def _model(words: str, **config: str) -> tuple[str, str]:
    lines = "".join(f"  {key}: {value}\n" for key, value in config.items())
    known = "".join(
        f"  {pair}\n" for pair in CONFIG.split(", ") if pair.partition(":")[0] not in config
    )
    return f"family: llama\nsequence: 4\nconfig:\n{known}{lines}", words


MODELS: dict[str, tuple[str, str]] = {
    "NaN": _model("config.rms_norm_eps", rms_norm_eps=".nan"),
    "infinity": _model("config.rms_norm_eps: input should be a finite", rms_norm_eps=".inf"),
    "negative": _model("config.hidden_size", hidden_size="-16"),
    "no width": _model("config.hidden_size", hidden_size="0"),
    "fraction": _model("config.hidden_size", hidden_size="16.5"),
    "boolean": _model("config.num_hidden_layers: should be a number", num_hidden_layers="true"),
    "10**9 layers": _model("config.num_hidden_layers", num_hidden_layers="1000000000"),
    "width past 32 bits": _model("config.hidden_size", hidden_size="4294967296"),
    "head of 10**9": _model("config.head_dim", head_dim="1000000000"),
    "base whose power overflows": _model("config.rope_theta", rope_theta="4.0e-324"),
    "heads that do not divide": _model("num_key_value_heads", num_key_value_heads="3"),
    "config above": ("family: llama\nconfig: ../config.json", "2:1: config: '../config.json' is"),
    "absolute config": ("family: llama\nconfig: /etc/passwd", "2:1: config: '/etc/passwd' is no"),
    "device as config": ("family: llama\nconfig: /dev/zero", "config: '/dev/zero' is no file"),
    "config with NUL": ('family: llama\nconfig: "a\\0b"', "is no file in"),
    "config of 10**5 characters": (f"family: llama\nconfig: {'x' * 10**5}", "is no file in"),
    "unknown family": ("family: __main__", "1:1: family: '__main__' is not one of"),
    "family that goes up": ("family: ../../x", "family: '../../x' is not one of"),
    "family as list": ("family: [llama]", "family: ['llama'] is not one of"),
    "prefix of 10**5 characters": (MODEL + f"prefix: {'x' * 10**5}\n", "4:1: prefix"),
    "unknown key": (MODEL + "__init__: 1\n", "4:1: __init__: is not a key"),
    "override of a method": (MODEL + "model_config: {}\n", "model_config: is not a key"),
}  # fmt: skip

CONFIG_JSON: dict[str, tuple[bytes, str]] = {
    "no JSON": (b"{", "is invalid"),
    "nested 10**6 deep": (b'{"a":' + b"[" * 10**6, "nested too deep"),
    "number of 10**5 digits": (b'{"a": ' + b"9" * 10**5 + b"}", "too many digits"),
    "duplicate key": (b'{"model_type": "llama", "model_type": "gpt2"}', "stands twice"),
    "no UTF-8": (b'{"\xff": 1}', "is not UTF-8"),
    "dtype as list": (b'{"model_type": "llama", "torch_dtype": ["x"]}', "config.vocab_size"),
    "infinity": (b'{"model_type": "llama", "rms_norm_eps": Infinity}', "config."),
    "family as object": (b'{"model_type": {}}', "model_type: {} is not one of"),
    "no object": (b"[]", "is no object"),
}


@dataclass(frozen=True)
class Fault:
    """A file in a folder of its own, and what the error says."""

    name: str
    kind: Kind
    put: Callable[[Path], Path]
    """Makes the file and gives its path."""
    words: str


def _bytes(content: str | bytes, name: str) -> Callable[[Path], Path]:
    data = content.encode() if isinstance(content, str) else content

    def put(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data)
        return path

    return put


def _file(make: Callable[[Path], object]) -> Callable[[Path], Path]:
    def put(folder: Path) -> Path:
        path = folder / "x.yaml"
        make(path)
        return path

    return put


def _long(path: Path) -> None:
    with path.open("wb") as file:
        file.write(POLICY.encode())
        for _ in range(100):
            file.write(b"#" * (1 << 20))


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "100 MB": (_long, "larger than 256 KiB"),
    "a TB of holes": (_sparse, "larger than 256 KiB"),
    "pipe": (os.mkfifo, "is not a regular file"),
    "link to a device": (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
    "link to itself": (lambda path: path.symlink_to(path.name), "Too many levels"),
    "missing": (lambda path: None, "No such file"),
}


def faults() -> Iterator[Fault]:
    """All of them."""
    kinds: tuple[Kind, Kind] = ("policy", "model")
    for kind in kinds:
        for name, (content, words) in HOSTILE.items():
            said = words.replace("mapping", "mapping of keys") if kind == "model" else words
            yield Fault(f"{kind}: {name}", kind, _bytes(content, "x.yaml"), said)
        for name, (make, words) in FILES.items():
            yield Fault(f"{kind}: {name}", kind, _file(make), words)
    yield Fault("policy: folder", "policy", _file(lambda path: path.mkdir()), "Is a directory")
    yield Fault("model: folder", "model", _file(lambda path: path.mkdir()), "No such file")
    for name, (content, words) in POLICIES.items():
        yield Fault(f"policy value: {name}", "policy", _bytes(content, "x.yaml"), words)
    for name, (content, words) in MODELS.items():
        yield Fault(f"model value: {name}", "model", _bytes(content, "x.yaml"), words)
    for name, (content_bytes, words) in CONFIG_JSON.items():
        yield Fault(f"config.json: {name}", "model", _bytes(content_bytes, "config.json"), words)
    pipe = Fault("config.json: pipe", "model", _pipe_as_config, "is not a regular file")
    yield from (pipe, Fault("config.json: link out", "model", _linked_config, "is no file in"))


def _pipe_as_config(folder: Path) -> Path:
    os.mkfifo(folder / "config.json")
    return folder / "config.json"


def _linked_config(folder: Path) -> Path:
    (folder / "m").mkdir()
    (folder / "m" / "config.json").symlink_to("/etc/passwd")
    return folder / "m"


def _bounded_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def in_a_process(fault: Fault) -> str | None:
    """What is lost when ``irkit lower`` meets the fault."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = fault.put(folder)
        before = sorted(p.name for p in folder.iterdir())
        model = str(path) if fault.kind == "model" else "llama-small"
        policy = ["--policy", str(path)] if fault.kind == "policy" else []
        arguments = ["lower", model, *policy, "-o", "out.mlir"]
        ended, left = run(folder, arguments, before=_bounded_memory)
        found = loss(ended, left, 2, fault.words)
        if found is None and name not in ended.err and fault.words not in ("/none/x",):
            found = f"does not name the file: {ended.err[:300]!r}"
        if found is None and len(ended.err) > 2000:
            found = f"an error of {len(ended.err)} characters"
        if found is None and sorted(p.name for p in folder.iterdir()) != before:
            found = "left a file"
    return f"{fault.name}: {found}" if found else None


def by_the_api(fault: Fault) -> str | None:
    """What is lost when the file is loaded."""
    from irkit.models import load_model
    from irkit.policy_file import load_policy

    with tempfile.TemporaryDirectory() as name:
        path = fault.put(Path(name))
        try:
            (load_policy if fault.kind == "policy" else load_model)(path)
        except IRKitError as error:
            said = str(error)
            words = fault.words.strip("\ufffd").partition("\ufffd")[0]
            if words in said and "\n" not in said and len(said) < 2000 and name in said:
                return None
            return f"{fault.name}: {said[:300]!r}"
        return f"{fault.name}: loaded"


def run_yaml(number: int) -> Outcome:
    """Every fault in both ways."""
    by_api = (fault for fault in faults() if fault.words != "/none/x")

    def trials() -> Iterator[str | None]:
        yield from map(in_a_process, faults())
        yield from map(by_the_api, by_api)

    return count("hostile policy and model files", trials())
