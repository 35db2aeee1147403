"""Random floats of every type, printed and read by irkit and by jaxlib: ``python -m
benchmarks.float_text --count 100000``.

Of each type: random bits (all patterns of a type that has no more), specials, numbers below the
normal ones, and decimal literals of 1 to 20 digits. Both print constants of 100 elements, as lists;
what irkit prints must be what jaxlib prints, and what irkit reads must print alike.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from random import Random

from jax._src.interpreters.mlir import make_ir_context
from jaxlib.mlir import ir
from xdsl.context import Context
from xdsl.dialects.builtin import AnyFloat, Builtin, TensorType

from dialects.attribute_parser import AttributeParser
from dialects.attribute_text import attribute_text
from dialects.dense import dense_from_bytes
from dialects.element_storage import storage_size
from dialects.float_text import FLOAT_FORMATS, FloatFormat

PER_CONSTANT = 100
"""Upstream prints more elements than this in hexadecimal."""


@dataclass(frozen=True, slots=True)
class Result:
    """How many numbers of a type were compared, and how many differ."""

    type: str
    printed: int
    print_differences: int
    read: int
    read_differences: int
    examples: tuple[str, ...]


def patterns(format: FloatFormat, count: int, random: Random) -> list[int]:
    """Specials, numbers below the normal ones, then random bits; all bits of a small type."""
    if 1 << format.width <= count:
        return list(range(1 << format.width))
    top = 1 << format.width - 1
    fraction = (1 << format.fraction_bits) - 1
    infinity = ((1 << format.exponent_bits) - 1) << format.fraction_bits
    found = [0, top, infinity, infinity | 1, infinity | fraction, top | infinity, fraction, 1]
    found += [random.randrange(fraction) | random.choice((0, top)) for _ in range(count // 10)]
    found += [random.getrandbits(format.width) for _ in range(count - len(found))]
    return found


def decimals(format: FloatFormat, count: int, random: Random) -> Iterator[str]:
    """Literals around and beyond the range of the type."""
    bits = 1 << format.exponent_bits - 1
    reach = max(2, bits * 3 // 10 + 4)
    for _ in range(count):
        digits = str(random.getrandbits(64))[: random.randint(1, 20)]
        sign = random.choice(("", "-"))
        yield f"{sign}{digits[0]}.{digits[1:] or '0'}e{random.randint(-reach, reach)}"


def compare(name: str, count: int, seed: int = 0) -> Result:
    """Compares ``count`` numbers of the type called ``name``, in both directions.

    Must run in a context of :func:`jax._src.interpreters.mlir.make_ir_context`.
    """
    format, random = FLOAT_FORMATS[name], Random(f"{name} {seed}")
    element = _element(name)
    examples: list[str] = []
    bits = patterns(format, count, random)
    printed = 0
    for part in _parts(bits):
        type_ = TensorType(element, (len(part),))
        size = storage_size(element)
        data = b"".join(number.to_bytes(size, "little") for number in part)
        ours = attribute_text(dense_from_bytes(data, type_))
        theirs = str(ir.Attribute.parse(f'dense<"0x{data.hex()}"> : {attribute_text(type_)}'))
        printed += _count(ours, theirs, examples)
    literals = list(decimals(format, count, random))
    read = 0
    for part in _parts(literals):
        text = f"dense<[{', '.join(part)}]> : tensor<{len(part)}x{name}>"
        ours = attribute_text(AttributeParser(_context(), text).parse_attribute())
        read += _count(ours, str(ir.Attribute.parse(text)), examples)
    return Result(name, len(bits), printed, len(literals), read, tuple(examples[:5]))


def _parts(items: Sequence[int] | Sequence[str]) -> Iterator[Sequence[int] | Sequence[str]]:
    for start in range(0, len(items), PER_CONSTANT):
        yield items[start : start + PER_CONSTANT]


def _count(ours: str, theirs: str, examples: list[str]) -> int:
    if ours == theirs:
        return 0
    pairs = list(zip(ours.split(", "), theirs.split(", "), strict=False))
    differ = [f"{mine} for {other}" for mine, other in pairs if mine != other]
    examples += differ
    return max(len(differ), 1)


def _context() -> Context:
    context = Context()
    context.load_dialect(Builtin)
    return context


def _element(name: str) -> AnyFloat:
    type_ = AttributeParser(_context(), name).parse_type()
    if not isinstance(type_, AnyFloat):
        raise TypeError(f"{name} is no float type")
    return type_


def main() -> int:
    """Prints a line a type and a JSON summary; 1 where anything differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.float_text", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, help="numbers of each type")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--types", nargs="+", choices=FLOAT_FORMATS, default=list(FLOAT_FORMATS))
    arguments = parser.parse_args()
    results: list[Result] = []
    with make_ir_context():
        for name in arguments.types:
            found = compare(name, arguments.count, arguments.seed)
            results.append(found)
            print(
                f"{name:14} printed {found.printed:8}, different {found.print_differences}; "
                f"read {found.read:8}, different {found.read_differences}",
                *found.examples,
                file=sys.stderr,
                flush=True,
            )
    print(json.dumps([asdict(result) for result in results], indent=2))
    return int(any(r.print_differences or r.read_differences for r in results))


if __name__ == "__main__":
    sys.exit(main())
