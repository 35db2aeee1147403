"""``irkit.lower``: what it writes and what it says it did."""

from __future__ import annotations

import gc
import hashlib
import io
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from irkit import ArtifactError, Builder, BuildError, Policy, PolicyError, Value, hlo, lower, record
from irkit.weights import WeightError
from tests.irkit.refusals import SHORT, WAYS

WEIGHTS = {"w": np.arange(300, dtype=np.float32), "dead": np.ones(3, np.float32)}


def forward(b: Builder) -> dict[str, Value]:
    x = b.argument("x", (300,), "f32")
    b.parameter("dead")
    for number in range(6):
        with b.scope(f"part.{number}"):
            hlo.exponential(x)
            x = hlo.add(x, b.parameter("w"))
            x = hlo.if_(
                hlo.reduce(x, 0.0, [0], "add") > 0, lambda x=x: hlo.negate(x), lambda x=x: x
            )
    hlo.custom_call("trace", [x], result_types=[], has_side_effect=True)
    return {"sum": x, "twice": hlo.add(x, x)}


def expected(policy: Policy | None, form: str, outputs: list[str] | None = None) -> str:
    graph = record(forward, policy=policy, weights=WEIGHTS, constants=form).to_compute_graph()
    return graph.pruned_to_outputs(outputs).to_stablehlo().text


@WAYS
@pytest.mark.parametrize("form", ["argument", "inline", "resource", "external"])
def test_to_a_path_to_stdout_and_to_an_object(policy, form, tmp_path: Path, capfd) -> None:
    text = expected(None, form)
    settings = {"policy": policy, "weights": WEIGHTS, "constants": form}
    path = tmp_path / "out.mlir"
    results = [lower(forward, path, **settings), lower(forward, str(path), **settings)]
    assert path.read_bytes() == text.encode()
    assert [p.name for p in tmp_path.iterdir()] == ["out.mlir"]
    capfd.readouterr()
    results.append(lower(forward, "-", **settings))
    assert capfd.readouterr().out == text
    out = io.BytesIO()
    result = lower(forward, out, **settings)
    assert out.getvalue() == text.encode()
    assert {r.sha256 for r in results} == {hashlib.sha256(text.encode()).hexdigest()}
    assert result.sha256 == ""
    assert {r.output_bytes for r in (*results, result)} == {len(text.encode())}
    assert lower(forward, path, digest=False, **settings).sha256 == ""


def body_lines(text: str) -> list[str]:
    """The operations of @main, one a line, regions and the return left out."""
    return re.findall(r"^    (?:%\S+ = )?\"?(?:stablehlo|util)\.\S+.*$", text, flags=re.M)


@pytest.mark.parametrize("form", ["argument", "inline"])
@pytest.mark.parametrize("outputs", [None, ["twice"]])
def test_the_result_counts_what_the_texts_hold(form, outputs) -> None:
    graph = record(forward, weights=WEIGHTS, constants=form).to_compute_graph()
    whole = body_lines(graph.to_stablehlo().text)
    kept = body_lines(expected(None, form, outputs))
    policy = Policy(name="three", chunk_end="operations", operations=3)
    for chosen in (None, policy):
        out = io.BytesIO()
        result = lower(
            forward, out, policy=chosen, weights=WEIGHTS, constants=form, outputs=outputs
        )
        assert result.ops_recorded == len(whole) == graph.num_nodes
        assert result.ops_emitted == len(kept)
        assert result.ops_pruned == len(whole) - len(kept) > 0
        assert result.form == form
    assert (result.policy, result.chunks) == ("three", -(-len(whole) // 3))
    assert result.widest_cut >= 1
    assert result.log_bytes > 100


def test_phases_follow_each_other() -> None:
    for policy, names in (
        (None, ["record", "prune", "print", "write"]),
        (SHORT, ["record", "sweep", "emit"]),
    ):
        phases = lower(forward, io.BytesIO(), policy=policy, weights=WEIGHTS).phases
        assert [name for name, _, _ in phases] == names
        times = [time for _, begin, end in phases for time in (begin, end)]
        assert times == sorted(times)


class Noted:
    """Notes what happens."""

    def __init__(self) -> None:
        self.scopes: list[str] = []
        self.totals: list[int] = []

    def scope(self, name: str) -> None:
        self.scopes.append(name)

    def written(self, total: int) -> None:
        self.totals.append(total)


@WAYS
def test_progress_is_told(policy, tmp_path: Path) -> None:
    for out in (io.BytesIO(), tmp_path / "o"):
        noted = Noted()
        result = lower(forward, out, policy=policy, weights=WEIGHTS, progress=noted)
        assert noted.scopes == [f"part.{i}" for i in range(6)]
        assert noted.totals == sorted(noted.totals)
        assert noted.totals[-1] == result.output_bytes > 0


def failing(b: Builder) -> Value:
    x = forward(b)["sum"]
    raise LookupError(str(x))


class Broken:
    """A weight source whose bytes can not be read."""

    names = ("w", "dead")

    def __contains__(self, name: object) -> bool:
        return name in WEIGHTS

    def info(self, name: str):
        from irkit.weights import TensorInfo

        return TensorInfo(WEIGHTS[name].shape, WEIGHTS[name].dtype)

    def read_into(self, name: str, offset: int, buffer: object) -> None:
        raise WeightError("broken", "the disk is gone", tensor=name)

    def close(self) -> None: ...


@WAYS
@pytest.mark.parametrize(
    ("program", "settings", "error"),
    [
        (failing, {"weights": WEIGHTS}, LookupError),
        (forward, {"weights": WEIGHTS, "outputs": ["logits"]}, BuildError),
        (forward, {"weights": Broken(), "constants": "inline"}, WeightError),
        (forward, {"constants": "inline"}, ArtifactError),
        (forward, {"weights": WEIGHTS, "name": "\ud800"}, BuildError),
        (lambda b: None, {}, BuildError),
    ],
)
def test_a_failed_run_leaves_nothing(policy, program, settings, error, tmp_path: Path) -> None:
    path = tmp_path / "out.mlir"
    with pytest.raises(error):
        lower(program, path, policy=policy, **settings)
    assert list(tmp_path.iterdir()) == []
    path.write_text("before")
    with pytest.raises(error):
        lower(program, path, policy=policy, **settings)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("out.mlir", "before")]


def test_an_output_that_fails_half_way_is_the_callers_error() -> None:
    class Full:
        written = 0

        def write(self, data: bytes) -> None:
            self.written += len(data)
            if self.written > 1000:
                raise OSError(28, "No space left on device")

    for policy in (None, SHORT):
        with pytest.raises(OSError, match="No space left"):
            lower(forward, Full(), policy=policy, weights=WEIGHTS, constants="inline")


def files_in(folder: Path) -> int:
    """How many open files of this process lie in ``folder``, deleted ones included."""
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # the descriptor that lists them
            count += str(entry.readlink()).startswith(str(folder))
    return count


@pytest.fixture
def no_collector():
    """What is freed here is freed at once."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
@pytest.mark.parametrize("outcome", ["done", "failed", "graph dropped", "recording failed"])
def test_logs_and_weight_files_are_closed(outcome, tmp_path: Path) -> None:
    """Files of the log and of weights that irkit opened: closed without the cyclic collector."""
    np.savez(tmp_path / "w.npz", **WEIGHTS)
    policy = Policy(chunk_end="operations", operations=2, log="disk", log_directory=tmp_path)
    settings = {"policy": policy, "weights": tmp_path / "w.npz", "constants": "inline"}

    match outcome:
        case "done":
            lower(forward, io.BytesIO(), **settings)
        case "failed":
            with pytest.raises(LookupError):
                lower(failing, io.BytesIO(), **settings)
        case "graph dropped":
            text = record(forward, **settings).to_compute_graph().to_stablehlo()
            assert text.text.startswith("module @main")
            assert files_in(tmp_path) >= 3
            del text
        case _:
            with pytest.raises(LookupError):
                record(failing, **settings).to_compute_graph().to_stablehlo()
    assert files_in(tmp_path) == 0


def test_an_opened_source_stays_the_callers(tmp_path: Path) -> None:
    from irkit import open_weights

    np.savez(tmp_path / "w.npz", **WEIGHTS)
    with open_weights(tmp_path / "w.npz") as source:
        for policy in (None, SHORT):
            lower(forward, io.BytesIO(), policy=policy, weights=source, constants="inline")
        assert source.info("w").shape == (300,)
        source.read_into("w", 0, bytearray(8))


def test_a_log_that_can_not_be_made_is_one_clear_error(tmp_path: Path) -> None:
    from irkit import LogError

    policy = Policy(chunk_end="operations", operations=2, log="disk",
                    log_directory=tmp_path / "missing")  # fmt: skip
    with pytest.raises(LogError, match=r"the op log can not be created in .*missing: No such file"):
        lower(forward, tmp_path / "out", policy=policy, weights=WEIGHTS)
    assert list(tmp_path.iterdir()) == []


def test_contradictions_are_policy_errors() -> None:
    with pytest.raises(PolicyError, match=r"live_outs: declared needs chunks\.end scope"):
        Policy(chunk_end="operations", operations=3, live_outs="declared")
