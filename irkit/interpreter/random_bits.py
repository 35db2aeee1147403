"""Threefry-2x32 and Philox-4x32, arranged into tensors bit for bit as XLA does it.

Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011: 20 rounds of
Threefry, 10 of Philox. The paper leaves open how a state becomes key and counter and how the words
become a tensor; the specification calls both implementation-defined.

========  =====  ===========================================================================
state     size   meaning
========  =====  ===========================================================================
Threefry  2      key, counter (of 64 bits, one step a block of two words)
Philox    2      key, which is the upper half of the counter too; lower half of the counter
Philox    3      key; lower, then upper half of a counter of 128 bits
========  =====  ===========================================================================

A block of Philox has four words. Of an element narrower than 32 bits the upper bits of a word are
left out; an element of 64 bits has its first word below.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from irkit.interpreter.numbers import DType, bit_width, from_bits, quiet
from irkit.interpreter.values import Array

_THREEFRY_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_THREEFRY_PARITY = np.uint32(0x1BD11BDA)
_PHILOX_KEY_STEPS = (np.uint32(0x9E3779B9), np.uint32(0xBB67AE85))
_PHILOX_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_SHIFT_32 = np.uint64(32)


@quiet
def threefry_2x32(key: Sequence[Array], counter: Sequence[Array]) -> tuple[Array, Array]:
    """One block (two words) for each counter; keys and counters are pairs of ``uint32`` arrays."""
    schedule = (key[0], key[1], key[0] ^ key[1] ^ _THREEFRY_PARITY)
    x, y = counter[0] + schedule[0], counter[1] + schedule[1]
    for group in range(5):
        for distance in _THREEFRY_ROTATIONS[group % 2]:
            x = x + y
            y = x ^ (y << np.uint32(distance) | y >> np.uint32(32 - distance))
        x = x + schedule[(group + 1) % 3]
        y = y + schedule[(group + 2) % 3] + np.uint32(group + 1)
    return x, y


@quiet
def philox_4x32(key: Sequence[Array], counter: Sequence[Array]) -> tuple[Array, ...]:
    """One block (four words) for each counter of four ``uint32`` arrays; a key has two."""
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        low, high = _product(c0, _PHILOX_MULTIPLIERS[0])
        other_low, other_high = _product(c2, _PHILOX_MULTIPLIERS[1])
        c0, c1, c2, c3 = other_high ^ c1 ^ k0, other_low, high ^ c3 ^ k1, low
        k0, k1 = k0 + _PHILOX_KEY_STEPS[0], k1 + _PHILOX_KEY_STEPS[1]
    return c0, c1, c2, c3


def _product(word: Array, factor: np.uint64) -> tuple[Array, Array]:
    return _words(word.astype(np.uint64) * factor)


def _words(numbers: Array) -> tuple[Array, Array]:
    """The lower and the upper halves of ``uint64`` numbers."""
    return numbers.astype(np.uint32), (numbers >> _SHIFT_32).astype(np.uint32)


def _joined(low: Array, high: Array) -> Array:
    return low.astype(np.uint64) | high.astype(np.uint64) << _SHIFT_32


@quiet
def threefry_bits(state: Array, shape: Sequence[int], dtype: DType) -> tuple[Array, Array]:
    """The state (``uint64[2]``) afterwards, and elements of random bits.

    Up to 32 bits an element, the two words of a block go to neighbours along one dimension: the
    first one of an even size, or else the first of the largest.
    """
    key = _words(state[:1])
    counters = state[1:]
    if bit_width(dtype) > 32:
        count = math.prod(shape)
        words = threefry_2x32(key, _words(counters + np.arange(count, dtype=np.uint64)))
        output = _joined(*words).reshape(shape)
    else:
        half, axis = _halved(shape)
        count = math.prod(half)
        words = threefry_2x32(key, _words(counters + np.arange(count, dtype=np.uint64)))
        pairs = np.stack([word.reshape(half) for word in words], axis=axis + 1)
        full = list(half)
        full[axis] *= 2
        whole = pairs.reshape(full)
        output = whole[tuple(map(slice, shape))] if shape else whole[0]
    after = np.concatenate([state[:1], counters + np.uint64(count)])
    return after, _elements(output, dtype)


def _halved(shape: Sequence[int]) -> tuple[list[int], int]:
    """The shape of the blocks, and the dimension that was halved, rounding up."""
    if not shape:
        return [1], 0
    even = [d for d, size in enumerate(shape) if size % 2 == 0]
    axis = even[0] if even else max(range(len(shape)), key=lambda d: shape[d])
    half = list(shape)
    half[axis] = (half[axis] + 1) // 2
    return half, axis


@quiet
def philox_bits(state: Array, shape: Sequence[int], dtype: DType) -> tuple[Array, Array]:
    """The state (``uint64[2]`` or ``[3]``) afterwards, and elements of random bits in row-major
    order."""
    key = _words(state[:1])
    low, high = (state[1:2], state[2:3]) if len(state) == 3 else (state[1:2], state[:1])
    count = math.prod(shape)
    wide = bit_width(dtype) > 32
    blocks = -(-count // (2 if wide else 4))
    lows = low + np.arange(blocks, dtype=np.uint64)
    highs = high + (lows < low).astype(np.uint64)
    words = philox_4x32(key, (*_words(lows), *_words(highs)))
    if wide:
        words = (_joined(words[0], words[1]), _joined(words[2], words[3]))
    output = np.stack(words, axis=1).reshape(-1)[:count].reshape(shape)
    end = low + np.uint64(blocks)
    ends = (state[:1], end, high + (end < low).astype(np.uint64))
    return np.concatenate(ends)[: len(state)], _elements(output, dtype)


def _elements(bits: Array, dtype: DType) -> Array:
    """Random ``uint32`` or ``uint64`` numbers as elements of a type: their low bits."""
    low = bits & bits.dtype.type((1 << min(bit_width(dtype), 64)) - 1)
    return from_bits(low.astype(np.dtype(f"u{dtype.itemsize}")), dtype)
