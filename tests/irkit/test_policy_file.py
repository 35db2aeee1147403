"""Policy files: shipped ones load, wrong ones are refused with file, line and key."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from irkit.errors import IRKitError
from irkit.policy import BUILTIN_POLICIES, KEYS, Policy, PolicyError
from irkit.policy_file import load_policy, parse_size
from irkit.spec_files import spec_folder, spec_names
from irkit.yaml_file import YamlError


@pytest.fixture
def write(tmp_path: Path):
    def put(text: str) -> Path:
        path = tmp_path / "policy.yaml"
        path.write_text(text)
        return path

    return put


@pytest.mark.parametrize("name", BUILTIN_POLICIES)
def test_shipped_files_say_what_the_constructors_do(name: str):
    assert load_policy(name) == BUILTIN_POLICIES[name]()


def test_every_shipped_file_has_a_constructor_and_comments():
    assert set(spec_names("policies")) == set(BUILTIN_POLICIES)
    for path in spec_folder("policies").glob("*.yaml"):
        assert path.read_text().startswith("# ")


def test_every_key(write, tmp_path: Path):
    policy = load_policy(
        write(
            "name: mine\ndescription: all of it\n"
            "chunks: {end: bytes, bytes: 2 MB, max_operations: 10}\n"
            f"log: {{place: memory, memory_limit: 64KiB, directory: {tmp_path}}}\n"
            "live_outs: discovered\n"
            "constants: {form: external, threshold: 1kB}\n"
        )
    )
    assert policy == Policy(
        name="mine",
        chunk_end="bytes",
        chunk_bytes=2_000_000,
        max_operations=10,
        log_memory_limit=65536,
        log_directory=tmp_path,
        constants_form="external",
        constants_threshold=1000,
    )


def test_a_date_is_the_text_that_it_is(write):
    assert load_policy(write("chunks: {end: never}\nname: 2024-01-01")).name == "2024-01-01"


def test_the_name_is_the_files_where_not_given(write):
    assert load_policy(write("chunks: {end: never}")).name == "policy"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("chunks: {end: scope}", "1:1: chunks.scope", "is needed"),
        ("chunks: {end: never, scoped: a}", "1:22: chunks.scoped", "did you mean scope?"),
        ("chunks: {end: never}\nzzz: 1", "2:1: zzz", "known here: name, description, chunks"),
        ("chunks:\n  end: bytes\n  bytes: 64 MeB", "3:3: chunks.bytes", "unknown unit 'meb'"),
        ("chunks: {end: bytes, bytes: .nan}", "1:22: chunks.bytes", "nan is not a size"),
        ("chunks: {end: bytes, bytes: -3}", "1:22: chunks.bytes", "can not be negative"),
        ("chunks: {end: bytes, bytes: 1.5}", "1:22: chunks.bytes", "1.5 is not a size"),
        ("chunks: {end: bytes, bytes: 64 MiB 2}", "1:22: chunks.bytes", "is not a size"),
        ("chunks: {end: sometimes}", "1:10: chunks.end", "not 'sometimes'"),
        ("chunks: {end: operations, operations: yes}", "1:27: chunks.operations", "not True"),
        ("chunks: {end: operations, operations: 0}", "1:27: chunks.operations", "not 0"),
        ("chunks: 3", "1:1: chunks", "a mapping of keys, not 3"),
        ("name: x", "1:1: chunks", "is needed"),
        (
            "chunks: {end: never, max_operations: 4096}",
            "1:22: chunks.max_operations",
            "contradicts chunks.end never",
        ),
        (
            "chunks: {end: operations, operations: 3}\nlog: {place: disk, memory_limit: 32MiB}",
            "2:20: log.memory_limit",
            "contradicts log.place disk",
        ),
        (
            "chunks: {end: scope, scope: a}\nlive_outs: declared\nlog:\n  place: memory",
            "4:3: log.place",
            "contradicts live_outs declared",
        ),
        ("chunks: {end: never}\nchunks: {end: never}", "2:1: chunks", "duplicate key"),
        ("a: &x 1\nb: *x", "1:4", "anchors and aliases"),
        (
            "chunks: {end: operations, operations: 3}\nmemory: {limit: 1GiB}",
            "2:10: memory.limit",
            "needs chunks.end bytes, not operations",
        ),
        ("chunks: {end: never}\nname: 2024-01-01\nzzz: 1", "3:1: zzz", "known here"),
        ("a: *x", "1:4", "anchors and aliases"),
        ("chunks: !!python/name:os.x 3", "1:9", "python/name:os.x is not allowed"),
        ("[" * 40, "1:17", "nested deeper than 16"),
        ("a: 1\n---\nb: 1", "2:1", "a second document"),
        ("chunks:\n\tend: x", "2:1", "cannot start any token"),
        ("? [a]\n: 1", "1:3", "a key must be text"),
        ("", "1:1", "a policy is a mapping"),
    ],
)
def test_refused_with_line_and_key(write, text: str, place: str, words: str):
    path = write(text)
    with pytest.raises(IRKitError) as caught:
        load_policy(path)
    message = str(caught.value)
    assert message.startswith(f"{path}:{place}: ")
    assert words in message
    assert "\n" not in message


def test_unknown_policies_are_answered_with_the_known(tmp_path: Path):
    with pytest.raises(PolicyError, match="per-scope"):
        load_policy("per-scop")
    with pytest.raises(YamlError, match="No such file"):
        load_policy(tmp_path / "none.yaml")


def test_large_and_binary_files_are_refused(write, tmp_path: Path):
    with pytest.raises(YamlError, match="larger than 256 KiB"):
        load_policy(write("# " + "x" * (300 << 10)))
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"name: \xff\xfe")
    with pytest.raises(YamlError, match="not UTF-8 at byte 6"):
        load_policy(binary)
    with pytest.raises(YamlError, match="special characters"):
        load_policy(write("name: \x00"))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (65536, 65536),
        ("65536", 65536),
        ("64KiB", 65536),
        ("64 MB", 64_000_000),
        ("1 gib", 1 << 30),
        ("2TiB", 2 << 40),
        ("7B", 7),
        ("0", 0),
    ],
)
def test_sizes(text: object, size: int):
    assert parse_size(text) == size


@given(st.text(max_size=12) | st.floats() | st.none() | st.lists(st.integers(), max_size=2))
@settings(max_examples=100, deadline=None)
def test_what_is_no_size_is_refused_and_nothing_else_happens(text: object):
    with contextlib.suppress(ValueError):
        assert parse_size(text) >= 0


@given(st.text(alphabet="chunks: {}[]\n\"'&*!|>-#%@`end,0", max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_text_gets_past_the_errors_of_its_own(
    tmp_path_factory: pytest.TempPathFactory, text: str
):
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_text(text)
    with contextlib.suppress(IRKitError):
        assert load_policy(path).name


def test_every_field_of_a_policy_has_a_key():
    assert KEYS.keys() == Policy.__dataclass_fields__.keys()
