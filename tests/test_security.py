"""What ``SECURITY.md`` says holds: in the source, and in runs with inputs that try otherwise."""

from __future__ import annotations

import ast
import json
import os
import re
import stat
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irkit import Builder, Value
from irkit.cli.errors import describe
from irkit.errors import IRKitError
from irkit.input_file import inside
from irkit.interpreter import EvaluationError
from irkit.interpreter import run as interpret
from irkit.own_process import own_environment, python_command
from irkit.weights import WeightError, open_weights
from tests.faults.process import run
from tests.faults.weight_files import DATA, HEADER, TENSORS, WHOLE

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted(
    path for package in ("irkit", "dialects", "passes") for path in (ROOT / package).rglob("*.py")
)


def test_every_test_that_is_named_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "SECURITY.md").read_text()))
    assert len(named) > 20
    for file, name in named:
        assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE), (file, name)


def test_every_row_names_a_test() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    rows = re.findall(r"^\| (?!Input|---)(.*) \|$", text, re.MULTILINE)
    assert len(rows) > 12
    assert all("::test_" in row.rpartition(" | ")[2] for row in rows)


# -- the source ------------------------------------------------------------------------------------

_BANNED_MODULES = {
    "pickle",
    "cPickle",
    "marshal",
    "shelve",
    "dill",
    "cloudpickle",
    "joblib",
    "code",
}
_BANNED_CALLS = {
    "eval": "runs text",
    "exec": "runs text",
    "compile": "makes code of text",
    "input": "is eval's neighbour",
    "__import__": "imports by a name",
    "os.system": "is a shell",
    "os.popen": "is a shell",
    "subprocess.getoutput": "is a shell",
    "tempfile.mktemp": "is a name that another can take",
    "yaml.load": "makes objects",
    "yaml.load_all": "makes objects",
    "yaml.full_load": "makes objects",
    "yaml.unsafe_load": "makes objects",
    "np.loads": "unpickles",
    "numpy.load": "goes by another name here",
}
_LOADERS = {"SafeLoader", "CSafeLoader"}


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_name(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _faults(tree: ast.AST) -> Generator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] in _BANNED_MODULES:
                    yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").partition(".")[0] in _BANNED_MODULES:
                yield node.lineno, str(node.module)
            for alias in node.names:
                if f"{node.module}.{alias.name}" in _BANNED_CALLS:
                    yield node.lineno, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Call):
            yield from _call_faults(node)
        elif isinstance(node, ast.Attribute) and re.fullmatch(r"yaml\.\w*Loader", _name(node)):
            if node.attr in _LOADERS:
                continue
            yield node.lineno, _name(node)


def _call_faults(node: ast.Call) -> Generator[tuple[int, str]]:
    name = _name(node.func)
    if name in _BANNED_CALLS:
        yield node.lineno, name
    given = {word.arg: word.value for word in node.keywords}
    if "shell" in given:
        yield node.lineno, "shell="
    pickles = given.get("allow_pickle", ast.Constant(None))
    if name in ("np.load", "np.save", "np.lib.format.read_array") and (
        not isinstance(pickles, ast.Constant) or pickles.value is not False
    ):
        is_saved = name == "np.save" and "allow_pickle" not in given
        if not is_saved:
            yield node.lineno, f"{name} without allow_pickle=False"


def test_nothing_in_the_source_runs_data() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in SOURCES
        for line, what in _faults(ast.parse(path.read_text(), str(path)))
    ]
    assert len(SOURCES) > 200
    assert not found


@pytest.mark.parametrize(
    "text",
    ["import pickle", "from pickle import loads", "eval('1')", "exec(x)", "yaml.load(x)",
     "yaml.parse(x, Loader=yaml.Loader)", "subprocess.run('x', shell=True)", "tempfile.mktemp()",
     "from tempfile import mktemp", "np.load(x)", "np.load(x, allow_pickle=True)", "os.system(x)",
     "compile(x, y, z)"],
)  # fmt: skip
def test_the_check_of_the_source_can_fail(text: str) -> None:
    assert [*_faults(ast.parse(text))]


# -- files that are opened -------------------------------------------------------------------------

_OPENED: list[str] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _OPENED is not None and event == "open" and isinstance(arguments[0], str | os.PathLike):
        path = os.fspath(arguments[0])
        if not path.endswith((".py", ".pyc")):  # irkit loads its parts when they are needed
            _OPENED.append(path)


sys.addaudithook(_watch)


@contextmanager
def opened_files() -> Generator[list[str]]:
    """The files that are opened meanwhile, by whatever means of Python."""
    global _OPENED
    _OPENED = found = []
    try:
        yield found
    finally:
        _OPENED = None


PIECES = ["..", ".", "", "/", "~", "a.safetensors", "link", "out", "secret.safetensors", "etc",
          "model", "\0", "\\", "file:", "*", "%2e%2e", "…", "x" * 300]  # fmt: skip
PATHS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=6).map("/".join),
    st.lists(st.sampled_from(PIECES), max_size=3).map("".join),
    st.text(max_size=20),
    st.sampled_from(["/etc/passwd", "//etc/passwd", "../secret.safetensors", "out/passwd"]),
)


def _with_secrets(folder: Path) -> Path:
    """``model`` with right weights, and links that lead out of it to weights that are as right."""
    model = folder / "model"
    model.mkdir()
    (model / "a.safetensors").write_bytes(WHOLE)
    (folder / "secret.safetensors").write_bytes(WHOLE)
    (model / "link").symlink_to("../secret.safetensors")
    (model / "out").symlink_to("..")
    return model


@settings(max_examples=150, deadline=None)
@given(PATHS)
def test_no_index_leads_out_of_its_folder(shard: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        model = _with_secrets(Path(name))
        index = model / "model.safetensors.index.json"
        index.write_text(json.dumps({"weight_map": {"a": shard}}))
        with opened_files() as opened:
            try:
                open_weights(model).close()
                said = name
            except WeightError as error:
                said = str(error)
        assert name in said
        assert opened
        for path in map(Path, opened):
            assert path.resolve().is_relative_to(model.resolve()), path


@settings(max_examples=150, deadline=None)
@given(PATHS)
def test_a_file_named_by_another_is_in_its_folder_or_none(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = _with_secrets(Path(folder))
        try:
            path = inside(model, name)
        except (OSError, ValueError, RuntimeError):
            return
        if path is not None:
            assert path.resolve().is_relative_to(model.resolve())


@settings(max_examples=100, deadline=None)
@given(PATHS.filter(lambda key: not set(key) & set('"\\\0\n\r')))
def test_no_parameter_name_opens_a_file(key: str) -> None:
    text = (
        f'util.global private @w = #flow.parameter.named<"model"::"{key}"> : tensor<6xi32>\n'
        "func.func @main() -> tensor<6xi32> {\n  %w = util.global.load @w : tensor<6xi32>\n"
        "  return %w : tensor<6xi32>\n}\n"
    )
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "w.safetensors")
        path.write_bytes(WHOLE)
        with opened_files() as opened, suppress(EvaluationError, ValueError):
            interpret(text, weights=path)
        assert {Path(file) for file in opened} <= {path}


def test_what_is_opened_is_seen(tmp_path: Path) -> None:
    with opened_files() as opened:
        (tmp_path / "x").write_text("")
        os.close(os.open(tmp_path / "x", os.O_RDONLY))
    assert opened == [str(tmp_path / "x")] * 2


# -- code that is run ------------------------------------------------------------------------------

_TRAP = "open('trapped', 'a').write(__name__)\n"
LIBRARIES = ("yaml", "pydantic", "json", "struct", "difflib", "psutil", "zipfile", "ml_dtypes")


def _trapped(folder: Path) -> Path:
    """A folder whose modules have the names of what irkit imports."""
    for library in LIBRARIES:
        (folder / f"{library}.py").write_text(_TRAP)
    (folder / "m.yaml").write_text((ROOT / "specs/models/llama-small.yaml").read_text())
    return folder


def _irkit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*python_command("irkit"), *arguments]
    return subprocess.run(
        command, cwd=folder, env=own_environment(), capture_output=True, text=True, check=False
    )


def test_a_model_file_imports_nothing_from_the_current_folder(tmp_path: Path) -> None:
    folder = _trapped(tmp_path)
    done = _irkit(folder, "lower", "m.yaml", "--policy", "per-scope", "-o", "out.mlir")
    assert done.returncode == 0, done.stderr
    assert not (folder / "trapped").exists()
    (folder / "mine.py").write_text("def forward(b):\n    return [b.argument('x', (2,), 'f32')]\n")
    for library in LIBRARIES:
        (folder / f"{library}.py").unlink()
    assert _irkit(folder, "lower", "mine:forward", "-o", "out.mlir").returncode == 0


def test_its_own_processes_import_nothing_from_the_current_folder(tmp_path: Path) -> None:
    folder = _trapped(tmp_path)
    done = _irkit(folder, "lower", "m.yaml", "-o", "out.mlir", "--verify")
    assert done.returncode == 0, done.stderr
    assert "identical" in done.stdout
    assert not (folder / "trapped").exists()


def test_only_a_cluster_is_sent_pickles() -> None:
    """One file speaks to a cluster, and one command line option gets there."""
    found = [path for path in SOURCES if "distributed" in path.read_text()]
    found = [path for path in found if "distributed" in _imported(path)]
    assert found == [ROOT / "irkit/verify/cluster.py"]
    users = [path for path in SOURCES if "cluster_executor" in path.read_text()]
    assert users == [ROOT / "irkit/cli/verify.py", ROOT / "irkit/verify/cluster.py"]


def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").partition(".")[0])
    return found


# -- temporary files -------------------------------------------------------------------------------


def _everybody() -> None:
    os.umask(0)


def looking(builder: Builder) -> dict[str, Value]:
    """Is recorded while it lists who may read the files that the run has made."""
    a = builder.parameter("a", (20, 20), "f32")
    for _ in range(200):
        a = a + a
    folders = (Path.cwd(), Path(tempfile.gettempdir()))
    files = [path for folder in folders for path in folder.rglob("*")]
    modes = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in files}
    sys.stderr.write(json.dumps(modes))
    return {"a": a}


def test_temporary_files_are_private(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(WHOLE)
    (tmp_path / "w.safetensors").chmod(0o640)
    policy = "chunks: {end: operations, operations: 8}\nlog: {place: disk}\n"
    (tmp_path / "p.yaml").write_text(policy)
    (tmp_path / "p.yaml").chmod(0o640)
    options = ["--weights", "w.safetensors", "--constants", "inline", "--policy", "p.yaml"]
    command = ["lower", f"{__name__}:looking", *options, "-o", "out.mlir", "--report", "r.json"]
    ended, left = run(tmp_path, command, before=_everybody)
    assert ended.status == 0, ended.err
    modes: dict[str, int] = json.loads(ended.err)
    partial = {name: mode for name, mode in modes.items() if name.endswith(".partial")}
    assert len(partial) == 2
    assert set(partial.values()) == {0o600}
    assert modes.keys() - partial.keys() == {"w.safetensors", "p.yaml"}
    assert not left
    assert stat.S_IMODE((tmp_path / "out.mlir").stat().st_mode) == 0o666


def test_an_output_keeps_the_permissions_of_the_one_that_it_replaces(tmp_path: Path) -> None:
    from irkit.output_file import AtomicFile

    path = tmp_path / "out"
    path.touch()
    path.chmod(0o604)
    with AtomicFile(path) as file:
        file.write(b"x")
        (partial,) = [p for p in tmp_path.iterdir() if p.name.endswith(".partial")]
        assert stat.S_IMODE(partial.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


# -- what is said ----------------------------------------------------------------------------------


@given(st.text(), st.sampled_from(["\x1b[2J", "\x9b1m", "\x07", "\r", "\u202e", "\0", "\x7f"]))
def test_what_an_input_says_is_not_done_by_the_terminal(text: str, command: str) -> None:
    from dialects.reader import ReadError, parse_module

    said, _ = describe(IRKitError(f"{text}{command}{text}"))
    assert said.isprintable() or not set(said) & set(map(chr, [*range(32), 0x7F, 0x9B, 0x202E]))
    module = f'func.func @f() {{\n  "a{command}b"( \n}}'
    with pytest.raises(ReadError) as caught:
        parse_module(module)
    assert command.strip("[2J1m") not in str(caught.value).replace("\n", "")


# -- saved failures --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"3", b'{"schema": 1}', b"\xff", b"[" * 100_000, b'{"a": 1' + b"0" * 10**5],
)
def test_hostile_failures_are_one_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "failure.json"
    path.write_bytes(content)
    ended, left = run(tmp_path, ["fuzz", "--replay", str(path)])
    assert ended.status == 2, ended.err
    assert len(ended.err.splitlines()) == 1
    assert "failure.json" in ended.err
    assert not left


def test_a_pipe_is_no_saved_failure(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "failure.json")
    ended, _ = run(tmp_path, ["fuzz", "--replay", "failure.json"])
    assert ended.status == 2
    assert "not a regular file" in ended.err


def test_right_weights_are_right() -> None:
    """What the tests above call right is read as numpy says."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "w.safetensors")
        path.write_bytes(WHOLE)
        with open_weights(path) as source:
            block = bytearray(source.info("a").nbytes)
            source.read_into("a", 0, block)
    assert np.array_equal(np.frombuffer(block, np.float32).reshape(20, 20), TENSORS["a"])
    assert sum(end - begin for begin, end in (e["data_offsets"] for e in HEADER.values())) == len(
        DATA
    )
