"""Floating-point numbers as upstream MLIR prints and reads them, bit for bit.

Everything here works on the integer that holds a number's bits, so that no host rounding, NaN
quieting or missing host type can change a digit. Formats: the floating-point types of the StableHLO
specification (section "Types") with the special values each of them has.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache


class Specials(Enum):
    """How a format spells infinities and NaNs."""

    IEEE = auto()
    """All-ones exponent: infinity with an empty fraction, NaN otherwise."""
    NAN_ALL_ONES = auto()
    """No infinities; exponent and fraction all ones is NaN."""
    NAN_NEGATIVE_ZERO = auto()
    """No infinities and no negative zero; its pattern is NaN."""
    FINITE = auto()
    """Every pattern is a number."""


@dataclass(frozen=True, slots=True)
class FloatFormat:
    """A binary floating-point format: widths in bits, and its special values."""

    name: str
    exponent_bits: int
    fraction_bits: int
    bias: int
    specials: Specials = Specials.IEEE
    signed: bool = True
    has_zero: bool = True

    @property
    def width(self) -> int:
        """Bits of a number."""
        return self.signed + self.exponent_bits + self.fraction_bits

    @property
    def precision(self) -> int:
        """Bits of the significand with its leading one."""
        return self.fraction_bits + 1

    @property
    def least_exponent(self) -> int:
        """Power of two of the smallest normal number."""
        return 1 - self.bias if self.has_zero else -self.bias


_FORMATS = (
    FloatFormat("f64", 11, 52, 1023),
    FloatFormat("f32", 8, 23, 127),
    FloatFormat("f16", 5, 10, 15),
    FloatFormat("bf16", 8, 7, 127),
    FloatFormat("tf32", 8, 10, 127),
    FloatFormat("f8E3M4", 3, 4, 3),
    FloatFormat("f8E4M3", 4, 3, 7),
    FloatFormat("f8E4M3FN", 4, 3, 7, Specials.NAN_ALL_ONES),
    FloatFormat("f8E4M3FNUZ", 4, 3, 8, Specials.NAN_NEGATIVE_ZERO),
    FloatFormat("f8E4M3B11FNUZ", 4, 3, 11, Specials.NAN_NEGATIVE_ZERO),
    FloatFormat("f8E5M2", 5, 2, 15),
    FloatFormat("f8E5M2FNUZ", 5, 2, 16, Specials.NAN_NEGATIVE_ZERO),
    FloatFormat("f8E8M0FNU", 8, 0, 127, Specials.NAN_ALL_ONES, signed=False, has_zero=False),
    FloatFormat("f6E2M3FN", 2, 3, 1, Specials.FINITE),
    FloatFormat("f6E3M2FN", 3, 2, 3, Specials.FINITE),
    FloatFormat("f4E2M1FN", 2, 1, 1, Specials.FINITE),
)

FLOAT_FORMATS = {format.name: format for format in _FORMATS}
"""Every format by the name of its MLIR type."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """A finite number: ``(-1)**negative * significand * 2**exponent``."""

    negative: bool
    significand: int
    exponent: int


def _decode(bits: int, format: FloatFormat) -> _Parts | None:
    """The number that the bits stand for, or none for an infinity or NaN."""
    fraction_mask = (1 << format.fraction_bits) - 1
    exponent_mask = (1 << format.exponent_bits) - 1
    fraction = bits & fraction_mask
    field = bits >> format.fraction_bits & exponent_mask
    sign = bits >> format.fraction_bits + format.exponent_bits & 1 if format.signed else 0
    match format.specials:
        case Specials.IEEE if field == exponent_mask:
            return None
        case Specials.NAN_ALL_ONES if field == exponent_mask and fraction == fraction_mask:
            return None
        case Specials.NAN_NEGATIVE_ZERO if sign and not field and not fraction:
            return None
        case _:
            pass
    exponent = max(field, 1 if format.has_zero else 0) - format.bias - format.fraction_bits
    if field or not format.has_zero:
        fraction |= 1 << format.fraction_bits
    return _Parts(bool(sign), fraction, exponent)


def float_value(bits: int, format: FloatFormat) -> float:
    """The number that the bits of a format stand for.

    Raises ``ValueError`` for those of an infinity or NaN.
    """
    parts = _decode(bits, format)
    if parts is None:
        raise ValueError(f"0x{bits:X} is no finite {format.name}")
    return math.ldexp(-parts.significand if parts.negative else parts.significand, parts.exponent)


@lru_cache(maxsize=4096)
def float_text(bits: int, format: FloatFormat) -> str:
    """The literal upstream prints for a number given by its bits.

    Six significant digits in exponential form where they read back as the same number; else the
    shortest form that upstream's decimal conversion gives; else, and for infinities and NaNs, the
    bits in hexadecimal.
    """
    bits &= (1 << format.width) - 1
    parts = _decode(bits, format)
    if parts is not None:
        sign = "-" if parts.negative else ""
        if not parts.significand:
            return f"{sign}0.000000e+00"
        digits, power = _decimal(parts, format, 6)
        if _reads_back(int(digits), power, parts, format):
            shown = power + len(digits) - 1
            return f"{sign}{digits[0]}.{digits[1:]:0<6}e{'-' if shown < 0 else '+'}{abs(shown):02}"
        text = _default_form(parts, format)
        if "." in text:
            return sign + text
    return f"0x{bits:X}"


def _default_form(parts: _Parts, format: FloatFormat) -> str:
    """Upstream's default decimal form: positional while at most three zeros pad the digits."""
    available = _default_digits(format)
    digits, power = _decimal(parts, format, available)
    leading = power + len(digits) - 1
    padded = power > 3 or len(digits) + power > available
    if padded if power >= 0 else leading < -3:
        return f"{digits[0]}.{digits[1:] or '0'}E{'-' if leading < 0 else '+'}{abs(leading)}"
    if power >= 0:
        return digits + "0" * power
    if leading >= 0:
        return f"{digits[: leading + 1]}.{digits[leading + 1 :]}"
    return "0." + "0" * (-leading - 1) + digits


def _default_digits(format: FloatFormat) -> int:
    """Digits that identify every number of the format (Steele and White's bound, as rounded)."""
    return 2 + format.precision * 59 // 196


def _decimal(parts: _Parts, format: FloatFormat, digits: int) -> tuple[str, int]:
    """``(d, p)`` with the number about ``d * 10**p``, ``d`` without trailing zeros.

    Surplus digits are first cut in bulk, which forgets what was below them, and then rounded half
    up: what upstream does, and not always the nearest.
    """
    significand, power = parts.significand, 0
    trailing = (significand & -significand).bit_length() - 1
    significand >>= trailing
    exponent = parts.exponent + trailing
    if exponent > 0:
        significand <<= exponent
    elif exponent < 0:
        significand *= 5**-exponent
        power = exponent
    surplus_bits = significand.bit_length() - (digits * 196 + 58) // 59
    if surplus_bits > 0 and (cut := surplus_bits * 59 // 196):
        significand //= 10**cut
        power += cut
    text = str(significand)
    if len(text.rstrip("0")) > digits:
        power += len(text) - digits
        text = str(int(text[:digits]) + (text[digits] >= "5"))
    stripped = text.rstrip("0")
    return stripped, power + len(text) - len(stripped)


def _reads_back(digits: int, power: int, parts: _Parts, format: FloatFormat) -> bool:
    """Whether ``digits * 10**power`` rounds (to nearest, ties to even) to the number."""
    significand, exponent = parts.significand, parts.exponent
    # In units of a quarter of the last place: both sides become integers.
    text, unit = digits, 1
    if power >= 0:
        text *= 10**power
    else:
        unit *= 10**-power
    if exponent - 2 >= 0:
        unit <<= exponent - 2
    else:
        text <<= 2 - exponent
    distance = text - 4 * significand * unit
    even = not significand & 1
    if distance >= 0:
        half = 2 * unit
    else:
        normalized = significand == 1 << format.fraction_bits
        smallest = exponent + format.fraction_bits == format.least_exponent
        half = unit if normalized and not smallest else 2 * unit
        distance = -distance
    return distance < half or (even and distance == half)


def float_bits(value: float, format: FloatFormat) -> int:
    """The bits of a host double rounded to the format, ties to even, as upstream reads a literal.

    Too large a number becomes an infinity, a NaN, or the largest number, whichever the format has.
    """
    (host,) = struct.unpack("<Q", struct.pack("<d", value))
    if format.name == "f64":
        return host
    sign_bit = format.fraction_bits + format.exponent_bits
    negative = host >> 63
    # Upstream has a sign for the format without one, too: it falls on the exponent's highest bit.
    sign = negative << (sign_bit if format.signed else sign_bit - 1)
    parts = _decode(host, FLOAT_FORMATS["f64"])
    if parts is None:
        return _nan(sign, host, format) if value != value else _overflow(sign, format)
    if not parts.significand:
        signless = format.specials is Specials.NAN_NEGATIVE_ZERO or not format.has_zero
        return 0 if signless else sign
    leading = parts.exponent + parts.significand.bit_length() - 1
    exponent = max(leading, format.least_exponent) - format.fraction_bits
    significand = _round_half_even(parts.significand, exponent - parts.exponent)
    if significand >> format.precision:
        significand >>= 1
        exponent += 1
    if not significand >> format.fraction_bits:
        if not format.has_zero:
            return 0
        if not significand and format.specials is Specials.NAN_NEGATIVE_ZERO:
            return 0
        return sign | significand
    field = exponent + format.fraction_bits + format.bias
    fraction = significand & (1 << format.fraction_bits) - 1
    bits = field << format.fraction_bits | fraction
    if field >> format.exponent_bits or _decode(bits, format) is None:
        return _overflow(sign, format)
    return sign | bits


def nan_of(bits: int, format: FloatFormat) -> float | None:
    """A host NaN from which :func:`float_bits` gives these bits back, if they are a NaN's.

    Converting the number itself would make a signalling NaN quiet.
    """
    fraction = bits & (1 << format.fraction_bits) - 1
    if format.specials is not Specials.IEEE or not fraction or _decode(bits, format) is not None:
        return None
    sign = bits >> format.width - 1 << 63
    host = sign | 0x7FF << 52 | fraction << 52 - format.fraction_bits
    return struct.unpack("<d", struct.pack("<Q", host))[0]


def _round_half_even(significand: int, shift: int) -> int:
    """The significand without its last bits, of which there is one at least."""
    quotient = significand >> shift
    rest = significand & (1 << shift) - 1
    half = 1 << shift - 1
    return quotient + (rest > half or (rest == half and quotient & 1))


def _nan(sign: int, host: int, format: FloatFormat) -> int:
    """A NaN with as much of the host's payload as fits."""
    if format.specials is not Specials.IEEE:
        return _overflow(sign, format)
    payload = (host & (1 << 52) - 1) >> 52 - format.fraction_bits
    return _overflow(sign, format) | (payload or 1 << format.fraction_bits - 1)


def _overflow(sign: int, format: FloatFormat) -> int:
    """What stands for a number that is too large."""
    ones = (1 << format.exponent_bits + format.fraction_bits) - 1
    match format.specials:
        case Specials.IEEE:
            return sign | ones >> format.fraction_bits << format.fraction_bits
        case Specials.NAN_NEGATIVE_ZERO:
            return ones + 1
        case _:
            return sign | ones
