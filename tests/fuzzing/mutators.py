"""Mutations that keep the form of an input, so that more of them get past the first check.

libFuzzer leaves mutation to a custom mutator wholly, so that of bytes is here, too.
"""

from __future__ import annotations

import ast
import io
import json
import random
import re
import zipfile
import zlib
from collections.abc import Callable

from tests.fuzzing.targets import FOLDER, Mutator, corpus, saved

_TOKEN = re.compile(
    rb'"(?:[^"\\\n]|\\.)*"|//[^\n]*|[%@#!^][\w$.-]+|[A-Za-z_][\w$.]*|\d+\.\d*(?:[eE][-+]?\d+)?|0x[0-9a-fA-F]+'
    rb"|\d+|->|::|\s+|.",
    re.DOTALL,
)
_NUMBERS = (
    *(b"0 1 2 3 4 -1 7 8 16 255 256 -128 32767 2147483647 2147483648 4294967296".split()),
    *(b"9223372036854775807 9223372036854775808 -9223372036854775808 18446744073709551616".split()),
    *(b"0.0 -0.0 1.0e-400 1.0e400 0x7FC00000 0xFF800000 0x 0x1 ? *".split()),
)
_TYPES = tuple(
    b"i1 i4 i8 ui8 si8 i16 i32 i64 i128 index f16 bf16 f32 f64 f8E4M3FN f4E2M1FN tf32 complex<f32> "
    b"tuple<> none !stablehlo.token !quant.uniform<i8:f32,1.0:17> tensor<f32> tensor<*xf32> "
    b"tensor<?xf32> tensor<0xf32> tensor<2xi1> tensor<1x1xi64> vector<2xf32> memref<2xf32>".split()
)
_MOST_EDITS = 4


def mutate(data: bytes, most: int, chance: random.Random) -> bytes:
    """Some bytes changed, dropped, doubled or put in."""
    out = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(len(out) + 1)
        count = chance.choice((1, 1, 2, 4, 16))
        match chance.randrange(7):
            case 0 if at < len(out):
                out[at] ^= 1 << chance.randrange(8)
            case 1 if at < len(out):
                out[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            case 2:
                del out[at : at + count]
            case 3:
                out[at:at] = out[at : at + count] * chance.choice((1, 2, 8))
            case 4:
                start = chance.randrange(len(out) + 1)
                out[at:at] = out[start : start + count]
            case 5:
                out[at : at + len(str(count))] = chance.choice(_NUMBERS)
            case _:
                out[at:at] = chance.randbytes(count)
    return bytes(out[:most])


def dictionary_words(name: str) -> list[bytes]:
    """The entries of a dictionary for libFuzzer."""
    lines = (FOLDER / name).read_text().splitlines()
    return [ast.literal_eval(f"b{line}") for line in lines if line.startswith('"')]


class Lines:
    """Lines and tokens of the corpus, to be put into other inputs."""

    def __init__(self, name: str) -> None:
        texts = [
            path.read_bytes()
            for folder in (corpus(name), saved(name))
            for path in sorted(folder.glob("*"))
        ]
        self.lines = sorted({line for text in texts for line in text.splitlines(keepends=True)})
        self.tokens = sorted({t for text in texts for t in _TOKEN.findall(text) if len(t) < 100})
        # An operation and what it nests, to the line that closes it.
        self.pieces = sorted({piece for text in texts for piece in _pieces(text)})


def _pieces(text: bytes) -> list[bytes]:
    found: list[bytes] = []
    lines = text.splitlines(keepends=True)
    for start, line in enumerate(lines):
        depth, piece = 0, b""
        for more in lines[start : start + 12]:
            piece += more
            depth += more.count(b"{") - more.count(b"}")
            if depth <= 0:
                break
        if depth == 0 and line.count(b"{") != line.count(b"}"):
            found.append(piece)
    return found


def mlir_mutator() -> Mutator:
    """Edits of tokens and lines, nine times in ten."""
    known = Lines("reader")
    known.tokens += dictionary_words("mlir.dict")

    def mutator(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if not data or chance.random() < 0.1:
            return mutate(data, most, chance)
        for _ in range(chance.randint(1, _MOST_EDITS)):
            edit = chance.choice(_EDITS)
            data = edit(data, known, chance)
        return data[:most]

    return mutator


Edit = Callable[[bytes, Lines, random.Random], bytes]


def _change_token(data: bytes, known: Lines, chance: random.Random) -> bytes:
    tokens = _TOKEN.findall(data)
    if not tokens:
        return data
    at = chance.randrange(len(tokens))
    old = tokens[at]
    if old[:1].isdigit() or old[:1] == b"-":
        new = chance.choice(_NUMBERS)
    elif re.fullmatch(rb"[a-z]+\d+\w*|index|complex|tensor|none", old):
        new = chance.choice(_TYPES)
    else:
        new = chance.choice(known.tokens or [b""])
    tokens[at] = new
    return b"".join(tokens)


def _same_kind(data: bytes, known: Lines, chance: random.Random) -> bytes:
    """A token instead of another one of this input, or of the corpus, that begins alike."""
    tokens = _TOKEN.findall(data)
    places = [k for k, token in enumerate(tokens) if not token.isspace()]
    if not places:
        return data
    at = chance.choice(places)
    alike = [t for t in tokens if t[:1] == tokens[at][:1]]
    if chance.random() < 0.5:
        alike = [t for t in known.tokens if t[:1] == tokens[at][:1]] or alike
    tokens[at] = chance.choice(alike)
    return b"".join(tokens)


def _drop_tokens(data: bytes, known: Lines, chance: random.Random) -> bytes:
    tokens = _TOKEN.findall(data)
    at = chance.randrange(len(tokens) + 1)
    del tokens[at : at + chance.choice((1, 1, 1, 2, 3, 8))]
    return b"".join(tokens)


def _double_tokens(data: bytes, known: Lines, chance: random.Random) -> bytes:
    tokens = _TOKEN.findall(data)
    at = chance.randrange(len(tokens) + 1)
    part = tokens[at : at + chance.choice((1, 2, 3, 6, 12))]
    where = chance.choice((at, chance.randrange(len(tokens) + 1)))
    tokens[where:where] = part * chance.choice((1, 1, 2, 5))
    return b"".join(tokens)


def _add_token(data: bytes, known: Lines, chance: random.Random) -> bytes:
    tokens = _TOKEN.findall(data)
    new = chance.choice(chance.choice((known.tokens or [b""], _NUMBERS, _TYPES)))
    tokens.insert(chance.randrange(len(tokens) + 1), new)
    return b"".join(tokens)


def _move_line(data: bytes, known: Lines, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    line = lines.pop(chance.randrange(len(lines)))
    lines.insert(chance.randrange(len(lines) + 1), line)
    return b"".join(lines)


def _double_line(data: bytes, known: Lines, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    if not lines:
        return data
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(lines))
    return b"".join(lines)


def _drop_lines(data: bytes, known: Lines, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    at = chance.randrange(len(lines) + 1)
    del lines[at : at + chance.choice((1, 1, 2, 4))]
    return b"".join(lines)


def _foreign_line(data: bytes, known: Lines, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    source = known.lines if chance.random() < 0.6 else known.pieces
    if not source:
        return data
    lines.insert(chance.randrange(len(lines) + 1), chance.choice(source))
    return b"".join(lines)


def _break_lines(data: bytes, known: Lines, chance: random.Random) -> bytes:
    """Blanks where there were none, or others."""
    tokens = _TOKEN.findall(data)
    blank = chance.choice((b"\n", b"\r\n", b" ", b"\t", b" // c\n", b"\r", b"\f", b"\xc2\xa0", b""))
    at = chance.randrange(len(tokens) + 1)
    if at < len(tokens) and tokens[at].isspace():
        tokens[at] = blank
    else:
        tokens.insert(at, blank)
    return b"".join(tokens)


_EDITS: tuple[Edit, ...] = (
    _change_token,
    _change_token,
    _same_kind,
    _same_kind,
    _drop_tokens,
    _double_tokens,
    _add_token,
    _move_line,
    _double_line,
    _drop_lines,
    _foreign_line,
    _foreign_line,
    _break_lines,
)


def safetensors_mutator() -> Mutator:
    """Changes the header or the data; most times the length of the header fits again."""

    def mutator(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        length = int.from_bytes(data[:8], "little")
        if len(data) < 8 or length > len(data) - 8 or chance.random() < 0.1:
            return mutate(data, most, chance)
        header, rest = data[8 : 8 + length], data[8 + length :]
        if chance.random() < 0.8:
            header = mutate(header, max(1, most - 8 - len(rest)), chance)
        else:
            rest = mutate(rest, max(1, most - 8 - len(header)), chance)
        if chance.random() < 0.3:
            rest = _as_long_as_said(header, rest)
        return (len(header).to_bytes(8, "little") + header + rest)[:most]

    return mutator


def _as_long_as_said(header: bytes, rest: bytes) -> bytes:
    """Data of the length that the header gives, if that is short."""
    try:
        ends = [entry["data_offsets"][1] for entry in json.loads(header).values()]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return rest
    wanted = max((end for end in ends if isinstance(end, int)), default=0)
    return rest[:wanted].ljust(wanted, b"x") if 0 <= wanted <= 1024 else rest


def npz_mutator() -> Mutator:
    """Changes a member of the archive, whose checksums fit again; or the bytes of the archive."""

    def mutator(data: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.5:
            return mutate(data, most, chance)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = [(entry, archive.read(entry)) for entry in archive.infolist()[:8]]
        except (zipfile.BadZipFile, ValueError, OSError, EOFError, RuntimeError, MemoryError):
            return mutate(data, most, chance)
        except (NotImplementedError, zlib.error):
            return mutate(data, most, chance)
        if not members:
            return mutate(data, most, chance)
        at = chance.randrange(len(members))
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for k, (entry, content) in enumerate(members):
                kind = entry.compress_type
                if k == at:
                    content = mutate(content, most, chance)
                    kind = chance.choice((kind, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
                archive.writestr(entry.filename, content, kind)
        return out.getvalue()[:most]

    return mutator
