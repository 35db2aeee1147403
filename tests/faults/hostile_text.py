"""Text of modules that nobody would write, by name: what is deep, long, large, or cut off.

Those of many megabytes are made when they are wanted, those of a gigabyte are streams.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

T = "tensor<4xf32>"
HEAD = f"module {{\n  func.func public @main(%x: {T}) -> {T} {{\n"
TAIL = f"    return %x : {T}\n  }}\n}}\n"
VALID = HEAD + TAIL

DEEP = 100_000
MILLION = 1_000_000
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Hostile:
    """One input; ``valid`` says whether it is refused, whatever the command."""

    make: Callable[[], bytes]
    valid: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """An input that is longer than any memory that it should take: a block again and again."""

    head: str
    block: bytes
    blocks: int
    valid: bool = False

    def __iter__(self) -> Iterator[bytes]:
        yield self.head.encode()
        for _ in range(self.blocks):
            yield self.block


def body(text: str | bytes) -> bytes:
    """A module whose function has these lines."""
    return HEAD.encode() + (text.encode() if isinstance(text, str) else text) + TAIL.encode()


def op(text: str) -> Callable[[], bytes]:
    """A module with one operation more."""
    return lambda: body(f"    {text}\n")


def attribute(text: str, type: str = T) -> Callable[[], bytes]:
    """A module with one attribute."""
    return op(f"%0 = stablehlo.abs %x {{a.b = {text}}} : {type}")


def constant(text: str) -> Callable[[], bytes]:
    """A module with one constant."""
    return op(f"%0 = stablehlo.constant dense<{text}")


def text(content: str) -> Callable[[], bytes]:
    """All of the text."""
    return content.encode


def arguments(count: int, separator: str) -> str:
    """Names and types."""
    return separator.join(f"%a{k}: {T}" for k in range(count))


def function(inside: str) -> bytes:
    """A function of these arguments."""
    return f"func.func @main({inside}) -> {T} {{\n  return %a0 : {T}\n}}\n".encode()


def section(content: str) -> Callable[[], bytes]:
    """A module with a constant of a resource, and this behind it."""
    line = f"    %c = stablehlo.constant dense_resource<w> : {T}\n"
    return lambda: body(line) + content.encode()


def expanding(sign: str, first: str, step: str) -> str:
    """Sixty aliases, each of which stands for the one before twice."""
    lines = [f"{sign}t0 = {first}"]
    lines += [f"{sign}t{k} = {step.replace('?', f'{sign}t{k - 1}')}" for k in range(1, 60)]
    return "\n".join(lines) + "\n"


def blob(data: str, key: str = "w") -> str:
    """A section with one resource."""
    opening = "{-#\n  dialect_resources: {\n    builtin: {\n"
    return f'{opening}      {key}: "{data}"\n    }}\n  }}\n#-}}\n'


OVERFLOWING = ("4294967296x4294967296", "x".join(["9223372036854775807"] * 8))
HUGE = "9" * MILLION

NESTED: dict[str, Hostile] = {
    "regions": Hostile(lambda: body('    "stablehlo.if"(%x) ({\n' * DEEP)),
    "regions on a line": Hostile(lambda: body('"stablehlo.if"(%x) ({' * DEEP)),
    "modules": Hostile(lambda: b"module {\n" * DEEP),
    "modules, closed": Hostile(lambda: b"module {\n" * DEEP + b"}\n" * DEEP),
    "tuples": Hostile(op(f"%0 = stablehlo.abs %x : {'tuple<' * DEEP}i1{'>' * DEEP}")),
    "tensors": Hostile(op(f"%0 = stablehlo.abs %x : {'tensor<' * DEEP}")),
    "futures": Hostile(op(f"%0 = stablehlo.abs %x : {'!stablehlo.future<' * DEEP}")),
    "function types": Hostile(attribute(f"{'(() -> ' * DEEP}i1{')' * DEEP}")),
    "lists": Hostile(attribute("[" * DEEP + "]" * DEEP)),
    "dictionaries": Hostile(attribute("{a=" * DEEP + "1" + "}" * DEEP)),
    "parentheses": Hostile(op(f"%0 = stablehlo.abs {'(' * DEEP}%x{')' * DEEP} : {T}")),
    "locations": Hostile(
        op(f"%0 = stablehlo.abs %x : {T} loc({'fused[' * DEEP}unknown{']' * DEEP})"), valid=True
    ),
    "named locations": Hostile(
        op(f"%0 = stablehlo.abs %x : {T} loc({DEEP * chr(34)}a" + '"('), valid=False
    ),
    "callsites": Hostile(
        op(f"%0 = stablehlo.abs %x : {T} loc({'callsite(unknown at ' * DEEP}unknown{')' * DEEP})"),
        valid=True,
    ),
    "a location's alias": Hostile(
        text(f"#loc = loc({'fused[' * DEEP}unknown{']' * DEEP})\n{VALID}"), valid=True
    ),
    "an affine map": Hostile(
        text(f"#map = affine_map<(d0) -> ({'(' * DEEP}d0{')' * DEEP})>\n{VALID}")
    ),
    "calls": Hostile(op(f"%0 = func.call @main(%x) : ({T}) -> {T}"), valid=True),
    "a constant": Hostile(constant(f"{'[' * DEEP}1.0{']' * DEEP}> : tensor<1xf32>")),
    "an unknown attribute": Hostile(attribute(f"#foo.bar<{'<' * DEEP}{'>' * DEEP}>")),
    "a symbol's path": Hostile(op(f"func.call @a{'::@a' * DEEP}() : () -> ()")),
    "resources": Hostile(section("{-# " + "dialect_resources: {" * DEEP)),
}

MANY: dict[str, Hostile] = {
    "10^6 arguments, a line": Hostile(lambda: function(arguments(MILLION, ", "))),
    "10^6 arguments, a line each": Hostile(lambda: function(arguments(MILLION, ",\n"))),
    "10^6 arguments of a block": Hostile(
        lambda: body(f'"stablehlo.case"(%x) ({{\n^a({arguments(MILLION, f",{chr(10)}")}):\n}})')
    ),
    "10^5 operands": Hostile(
        op(
            f"stablehlo.custom_call @f({', '.join(['%x'] * DEEP)}) : "
            f"({', '.join([T] * DEEP)}) -> ()"
        ),
        valid=True,
    ),
    "10^6 results": Hostile(op(f"%0:1000000 = stablehlo.abs %x : {T}")),
    "10^18 results": Hostile(op(f"%0:{10**18} = stablehlo.abs %x : {T}")),
    "results by a huge number": Hostile(op(f"%0:{HUGE} = stablehlo.abs %x : {T}")),
    "a huge index of a result": Hostile(op(f"%0 = stablehlo.abs %x#{HUGE} : {T}")),
    "10^5 names for a result": Hostile(
        op(f"{', '.join(f'%r{k}' for k in range(DEEP))} = stablehlo.abs %x : {T}")
    ),
    "10^5 attributes": Hostile(
        op(f"%0 = stablehlo.abs %x {{{','.join(f'a{k} = 1' for k in range(DEEP))}}} : {T}")
    ),
    "a list of 10^6 integers": Hostile(attribute(f"[{','.join(['1'] * MILLION)}]")),
    "an array of 10^6 integers": Hostile(attribute(f"array<i64: {','.join(['1'] * MILLION)}>")),
    "10^5 permuted dimensions": Hostile(
        op(f"%0 = stablehlo.transpose %x, dims = [{','.join(['0'] * DEEP)}] : ({T}) -> {T}")
    ),
    "10^5 functions of one name": Hostile(
        lambda: b"func.func private @f(tensor<f32>) -> tensor<f32>\n" * 10_000
    ),
    "10^4 blocks": Hostile(
        lambda: body(
            "".join(f"  ^b{k}:\n    %v{k} = stablehlo.abs %x : {T}\n" for k in range(9999))
        )
    ),
    "10^5 unknown operations": Hostile(
        lambda: body("".join(f"    %c{k} = stablehlo.o{k} %x : {T}\n" for k in range(DEEP)))
    ),
    "10^6 locations": Hostile(
        lambda: (
            VALID.encode() + b"".join(b'#loc%d = loc("a":%d:1)\n' % (k, k) for k in range(MILLION))
        ),
        valid=True,
    ),
}

SIZES: dict[str, Hostile] = {
    **{
        f"{kind} of {len(shape.split('x'))} dimensions that overflow": Hostile(make, valid=valid)
        for shape in OVERFLOWING
        for kind, make, valid in (
            ("a splat", constant(f"0> : tensor<{shape}xi8>"), True),
            ("a splat of 8 bytes", constant(f"0.0> : tensor<{shape}xf64>"), True),
            ("an empty list", constant(f"[]> : tensor<{shape}xi8>"), False),
            ("two digits", constant(f'"0x0000"> : tensor<{shape}xi8>'), False),
            ("an iota", op(f"%0 = stablehlo.iota dim = 0 : tensor<{shape}xi8>"), True),
            (
                "a resource",
                op(f"%0 = stablehlo.constant dense_resource<w> : tensor<{shape}xi8>"),
                True,
            ),
        )
    },
    **{
        f"an iota of {size} elements": Hostile(
            op(f"%0 = stablehlo.iota dim = 0 : tensor<{size}xf32>"), valid=True
        )
        for size in (2**50, 2**63 - 1)
    },
    "an iota of 2^50 elements, which a value says": Hostile(
        op(
            f"%n = stablehlo.constant dense<{2**50}> : tensor<1xi64>\n"
            "    %0 = stablehlo.dynamic_iota %n, dim = 0 : (tensor<1xi64>) -> tensor<?xf32>"
        ),
        valid=True,
    ),
    "a list for 10^12 elements": Hostile(constant("[1.0, 2.0]> : tensor<1000000000000xf32>")),
    "a long list for 10^12 elements": Hostile(
        constant(f"[{','.join(['1.0'] * 9999)}]> : tensor<1000000000000xf32>")
    ),
    "a long list for no elements": Hostile(
        constant(f"[{','.join(['1.0'] * 9999)}]> : tensor<0x1000000000xf32>")
    ),
    "a dimension of 40 digits": Hostile(op(f"%0 = stablehlo.abs %x : tensor<{'9' * 40}xf32>")),
    "a dimension of 10^6 digits": Hostile(op(f"%0 = stablehlo.abs %x : tensor<{HUGE}xf32>")),
    "a constant's dimension of 40 digits": Hostile(constant(f"1.0> : tensor<{'9' * 40}xf32>")),
    "10^5 dimensions": Hostile(op(f"%0 = stablehlo.iota dim = 0 : tensor<{'1x' * DEEP}i8>")),
    "a splat of 10^5 dimensions": Hostile(constant(f"1> : tensor<{'1x' * DEEP}i8>")),
    "an integer of 10^6 bits": Hostile(constant("1> : tensor<4xi1000000>")),
    "integers of 10^7 bits": Hostile(
        constant(f"[{','.join('1' * 1000)}]> : tensor<1000xi9999999>")
    ),
    "an integer of 10^17 bits": Hostile(constant("[1, -1]> : tensor<2xi323232323232323232>")),
    "an integer of 10^(10^6) bits": Hostile(constant(f"1> : tensor<4xi{HUGE}>")),
    "an argument of 10^17 bits": Hostile(
        op("%0 = stablehlo.abs %x : tensor<4xi323232323232323232>")
    ),
    "a constant shape of 10^12": Hostile(
        op(
            "%0 = stablehlo.constant dense<1> : tensor<1000000000000xi64>\n"
            f"    %1 = stablehlo.dynamic_reshape %x, %0 : ({T}, tensor<1000000000000xi64>) -> {T}"
        )
    ),
    "10^13 replica groups": Hostile(
        op(
            '%1 = "stablehlo.all_gather"(%x) <{all_gather_dim = 0 : i64, replica_groups = '
            f"dense<0> : tensor<1000000x10000000xi64>}}> : ({T}) -> tensor<40000000xf32>"
        )
    ),
    "padding that overflows": Hostile(
        op(
            "%c = stablehlo.constant dense<0.0> : tensor<f32>\n    %1 = stablehlo.pad %x, %c, "
            f"low = [{2**63 - 1}], high = [{2**63 - 1}], interior = [{2**63 - 1}] "
            f": ({T}, tensor<f32>) -> {T}"
        )
    ),
}

_NAME = "a" * MILLION

NAMES: dict[str, Hostile] = {
    "of a value": Hostile(op(f"%{_NAME} = stablehlo.abs %x : {T}"), valid=True),
    "of a value nowhere defined": Hostile(op(f"%0 = stablehlo.abs %{_NAME} : {T}")),
    "of a callee": Hostile(op(f"func.call @{_NAME}() : () -> ()")),
    "of two functions": Hostile(text(f"func.func private @{_NAME}()\n" * 2)),
    "of a module": Hostile(text(f"module @{_NAME} {{\n}}\n"), valid=True),
    "of an attribute": Hostile(op(f"%0 = stablehlo.abs %x {{{_NAME}}} : {T}"), valid=True),
    "of an attribute, twice": Hostile(op(f"%0 = stablehlo.abs %x {{{_NAME}, {_NAME}}} : {T}")),
    "of a dialect": Hostile(op(f"%0 = {_NAME}.b %x : {T}")),
    "of an operation": Hostile(op(f"%0 = stablehlo.{_NAME} %x : {T}")),
    "of a generic operation": Hostile(op(f'%0 = "{_NAME}.b"(%x) : ({T}) -> {T}')),
    "of a type": Hostile(op(f"%0 = stablehlo.abs %x : {_NAME}")),
    "of a dialect's type": Hostile(op(f"%0 = stablehlo.abs %x : !{_NAME}.b")),
    "of a dialect's attribute": Hostile(attribute(f"#{_NAME}.b<1>")),
    "of a block": Hostile(op(f"^{_NAME}:")),
    "of an alias": Hostile(text(f"!{_NAME} = {T}\n{VALID}"), valid=True),
    "of no alias": Hostile(op(f"%0 = stablehlo.abs %x : !{_NAME}")),
    "of a resource": Hostile(section(blob("0x", _NAME))),
    "in a string": Hostile(attribute(f'"{_NAME}"'), valid=True),
    "in a string, of a wrong operation": Hostile(attribute(f'"{_NAME}"', "tensor<4xf64>")),
}

ENCODINGS: dict[str, Hostile] = {
    "no UTF-8": Hostile(lambda: body(b"    %0 = stablehlo.abs %\xff : t\n")),
    "no UTF-8 in a string": Hostile(lambda: body(b'    %0 = stablehlo.abs %x {a = "\xff"} : t\n')),
    "no UTF-8 in a comment": Hostile(lambda: b"// \xff\n" + VALID.encode()),
    "a character cut off": Hostile(lambda: VALID.encode() + b"// \xe2\x82"),
    "a surrogate": Hostile(lambda: body(b'    %0 = stablehlo.abs %x {a = "\xed\xa0\x80"} : t\n')),
    "what stands for a literal": Hostile(
        lambda: body(b'stablehlo.constant dense<"\xed\xb0\x80h10\xed\xb0\x810\xed\xb0\x82"> : t\n')
    ),
    "UTF-16": Hostile(lambda: VALID.encode("utf-16")),
    "a byte order mark": Hostile(lambda: b"\xef\xbb\xbf" + VALID.encode()),
    "NUL": Hostile(lambda: body(b"    %0 = stablehlo.abs\0 %x : t\n")),
    "nothing but NUL": Hostile(lambda: bytes(10 * MIB)),
    "random bytes": Hostile(lambda: random.Random(0).randbytes(MIB)),
    "CR LF": Hostile(lambda: VALID.replace("\n", "\r\n").encode(), valid=True),
    "a no-break space": Hostile(op("\xa0%0 = stablehlo.abs %x : tensor<4xf32>")),
    "a line separator": Hostile(op("\u2028%0 = stablehlo.abs %x : tensor<4xf32>")),
    "a digit of another script": Hostile(op("%0 = stablehlo.abs %x : tensor<\u0664xf32>")),
    "a superscript digit": Hostile(attribute("1\u00b2 : i64")),
}

UNFINISHED: dict[str, Hostile] = {
    "a string": Hostile(attribute('"c')),
    "a string at the end": Hostile(lambda: f'{HEAD}    %0 = stablehlo.abs %x {{a = "c'.encode()),
    "an escape": Hostile(attribute('"\\')),
    "an unknown escape": Hostile(attribute('"\\q"')),
    "a long string of digits": Hostile(constant(f'"0x{"AB" * MIB}')),
    "a block": Hostile(lambda: f"{HEAD}    %0 = stablehlo.abs %x : {T}\n  }}\n}}\n".encode()),
    "a region": Hostile(op(f'%0 = "stablehlo.case"(%x) ({{\n    }}) : ({T}) -> {T}')),
    "a function": Hostile(HEAD.encode),
    "a module": Hostile(VALID.removesuffix("}\n").encode),
    "an operation": Hostile(f"{HEAD}    %0 = stablehlo.abs %x".encode),
    "a location": Hostile(f"{VALID}loc(\n".encode),
    "the resources": Hostile(section("{-#")),
    "a resource": Hostile(section(blob("0x04000000").partition('"\n')[0])),
    "a long resource": Hostile(section(blob(f"0x{'00' * MIB}").partition('"\n')[0])),
    "the section of resources": Hostile(section(blob("0x04000000").removesuffix("#-}\n"))),
    "10^6 brackets": Hostile(lambda: b"{" * MILLION),
    "10^6 brackets, a line each": Hostile(lambda: b"{\n" * MILLION),
    "10^6 brackets in a function": Hostile(lambda: body("x(\n" * MILLION)),
    "10^5 brackets of all kinds": Hostile(attribute("([{<" * DEEP)),
    "10^6 strings": Hostile(lambda: body('"\n' * MILLION)),
}

ORDER: dict[str, Hostile] = {
    "closed, not opened": Hostile(lambda: b"}" * MILLION),
    "closed, not opened, a line each": Hostile(lambda: b"}\n" * MILLION),
    "10^6 percent signs": Hostile(lambda: body("%" * MILLION + "\n")),
    "10^6 exclamation marks": Hostile(lambda: b"!\n" * MILLION),
    "10^6 aliases without value": Hostile(lambda: b"#a\n" * MILLION),
    "10^6 slashes": Hostile(lambda: b"/\n" * MILLION),
    "a use before the definition": Hostile(
        op(f"%0 = stablehlo.abs %1 : {T}\n    %1 = stablehlo.abs %x : {T}")
    ),
    "a shape before its definition": Hostile(
        op(f"%0 = stablehlo.dynamic_reshape %x, %1 : ({T}, tensor<1xi64>) -> {T}")
    ),
    "10^5 uses before definitions": Hostile(
        lambda: body("".join(f"    %{k} = stablehlo.abs %{k + 1} : {T}\n" for k in range(DEEP)))
    ),
    "10^5 uses of nothing": Hostile(lambda: body(f"    %0 = stablehlo.abs %z : {T}\n" * DEEP)),
    "10^5 definitions of one name": Hostile(
        lambda: body(f"    %x = stablehlo.abs %x : {T}\n" * DEEP)
    ),
    "two functions of one name": Hostile(text("func.func private @f()\nfunc.func private @f()\n")),
    "two blocks of one name": Hostile(op("^a:\n  ^a:")),
    "10^5 wrong operations": Hostile(lambda: body(f"    %0 = stablehlo.bogus %x : {T}\n" * DEEP)),
    "text behind a location's alias": Hostile(text(f"#loc = loc(unknown) garbage\n{VALID}")),
}

NUMBERS: dict[str, Hostile] = {
    "an integer": Hostile(attribute(HUGE)),
    "an integer, hexadecimal": Hostile(attribute(f"0x{'F' * MILLION}")),
    "an element": Hostile(constant(f"[{HUGE}]> : tensor<1xi64>")),
    "a fraction": Hostile(attribute(f"1.{HUGE}")),
    "a float": Hostile(attribute(f"{HUGE}.0")),
    "an exponent": Hostile(attribute(f"1.0e{HUGE}")),
    "a float of 8 bits": Hostile(constant(f"1.{HUGE}> : tensor<4xf8E4M3FN>")),
    "the exponent of a float of 16 bits": Hostile(constant(f"1.0e{HUGE}> : tensor<4xf16>")),
    "an exponent of 9 digits": Hostile(constant("1.0e-999999999> : tensor<4xbf16>"), valid=True),
}

CONSTANTS: dict[str, Hostile] = {
    "too few elements": Hostile(constant("[1.0, 2.0]> : tensor<4xf32>")),
    "too many elements": Hostile(constant(f"[{','.join(['1.0'] * DEEP)}]> : tensor<4xf32>")),
    "rows of different lengths": Hostile(constant("[[1.0, 2.0], [1.0]]> : tensor<2x2xf32>")),
    "half a byte": Hostile(constant('"0x000"> : tensor<4xf32>')),
    "half a byte, long": Hostile(constant(f'"0x{"0" * 99_999}"> : tensor<4xf32>')),
    "no digits": Hostile(constant(f'"0x{"G" * 99_998}"> : tensor<4xf32>')),
    "too many digits": Hostile(constant(f'"0x{"01" * 99_998}"> : tensor<4xf32>')),
    "a resource of half a byte": Hostile(section(blob(f"0x04000000{'0' * 31}"))),
    "a resource without alignment": Hostile(section(blob("0x04"))),
    "an alignment of 0": Hostile(section(blob("0x00000000")), valid=True),
    "two sections": Hostile(section(blob("0x0400000000000000") * 2), valid=True),
    "a section of nobody": Hostile(section("{-#\n  foo: { a: { b: true } }\n#-}\n")),
    "no section": Hostile(section(""), valid=True),
}

ALIASES: dict[str, Hostile] = {
    "of each other": Hostile(text(f"!a = !b\n!b = !a\n{VALID}")),
    "of itself": Hostile(text(f"!a = tuple<!a>\n{VALID}")),
    "twice": Hostile(text(f"!a = i1\n!a = i2\n{VALID}")),
    "that double a type": Hostile(
        lambda: (
            expanding("!", "i1", "tuple<?, ?>").encode()
            + b"func.func @main(%x: !t59) -> !t59 {\n  return %x : !t59\n}\n"
        )
    ),
    "that double a function's type": Hostile(
        lambda: expanding("!", "i1", "(?, ?) -> ?").encode() + attribute("!t59")()
    ),
    "that double an attribute": Hostile(
        lambda: expanding("#", "1 : i1", "[?, ?]").encode() + attribute("#t59")()
    ),
    "that double a wrong operation's type": Hostile(
        lambda: expanding("!", "i1", "tuple<?, ?>").encode() + attribute("1", "!t59")()
    ),
    "in a long chain": Hostile(
        lambda: (
            b"!t0 = i1\n"
            + b"".join(b"!t%d = tuple<!t%d>\n" % (k, k - 1) for k in range(1, 10_000))
            + VALID.encode()
        )
    ),
    "for a map of 10^5 terms": Hostile(
        text(f"#map = affine_map<(d0) -> ({' + '.join(['d0'] * DEEP)})>\n{VALID}")
    ),
    "for a map of 10^6 results": Hostile(
        text(f"#map = affine_map<(d0) -> ({', '.join(['d0'] * MILLION)})>\n{VALID}")
    ),
    "for a product of 20,000 numbers": Hostile(
        text(f"#map = affine_map<(d0) -> ({' * '.join(['999999999999'] * 20_000)})>\n{VALID}")
    ),
    "for a division by zero": Hostile(
        text(f"#map = affine_map<(d0) -> (d0 floordiv 0, 7 mod 0)>\n{VALID}")
    ),
}

GROUPS: dict[str, dict[str, Hostile]] = {
    "nested 10^5 deep": NESTED,
    "many": MANY,
    "sizes": SIZES,
    "names of 10^6 characters": NAMES,
    "encodings": ENCODINGS,
    "unfinished": UNFINISHED,
    "order": ORDER,
    "numbers of 10^6 digits": NUMBERS,
    "constants": CONSTANTS,
    "aliases": ALIASES,
}

STREAMS: dict[str, Stream] = {
    "a line": Stream(HEAD, b"x" * MIB, 1024),
    "a comment": Stream("// ", b"x" * MIB, 1024),
    "comments": Stream(
        "",
        b"// comment   and so on, for a whole gigabyte of them, 64 bytes.\n" * 16384,
        1024,
        valid=True,
    ),
    "blank lines": Stream("", b"\n" * MIB, 1024, valid=True),
    "a string": Stream(f'{HEAD}    %0 = stablehlo.abs %x {{a = "', b"a" * MIB, 1024),
    "a constant's digits": Stream(
        f'{HEAD}    %0 = stablehlo.constant dense<"0x', b"AB" * (MIB // 2), 1024
    ),
    "a string of digits": Stream(
        f'{HEAD}    %0 = stablehlo.abs %x {{a = "0x', b"AB" * (MIB // 2), 1024
    ),
}
"""A gigabyte each."""
