"""Take one stream out of a compound file (MS-CFB), the container of an old workbook.

Every chain of sectors is followed with a bound: in a damaged file a chain may run in a
circle, which a reader without one follows until the memory is full.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_END, _FREE = 0xFFFFFFFE, 0xFFFFFFFF
_HEADER = 512
_ENTRY = 128
_MINI_SECTOR = 64
_MINI_STREAM = 4096
"""Streams shorter than this lie in sectors of 64 bytes within a stream of their own."""


def compound_stream(data: bytes, names: Sequence[str]) -> bytes:
    """Return the first stream of a compound file that has one of the names.

    Parameters
    ----------
    data
        The whole file, with the signature of a compound file.
    names
        Names of the stream, the likeliest first.

    Raises
    ------
    ValueError
        If the file is cut short or damaged, or has no such stream.

    References
    ----------
    Microsoft, [MS-CFB]: Compound File Binary File Format.
    """
    if len(data) < _HEADER:
        raise ValueError("its head is cut short")
    size = 1 << (struct.unpack_from("<H", data, 30)[0] & 0x0F)
    lengths = struct.unpack_from("<2I", data, 40) + struct.unpack_from("<I", data, 64)
    if size not in (512, 4096) or max(lengths) * size > len(data):
        raise ValueError("its head is damaged")
    sectors = _sectors(data[size:], size)
    table = _allocation(data, sectors)
    directory = _chained(sectors, table, struct.unpack_from("<I", data, 48)[0])
    root, *entries = _entries(directory, size, len(data))
    named = [entry for name in names for entry in entries if entry.name == name]
    if not named:
        raise ValueError("it holds no workbook")
    mini = _chained(sectors, table, root.start)[: root.length]
    mini_table = _numbers(_chained(sectors, table, struct.unpack_from("<I", data, 60)[0]))
    if named[0].length < _MINI_STREAM:
        sectors, table = _sectors(mini, _MINI_SECTOR), mini_table
    return _chained(sectors, table, named[0].start)[: named[0].length]


class _Entry(NamedTuple):
    name: str
    start: int
    length: int


def _sectors(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def _numbers(data: bytes) -> list[int]:
    return np.frombuffer(data[: len(data) // 4 * 4], "<u4").tolist()


def _allocation(data: bytes, sectors: list[bytes]) -> list[int]:
    """Return the allocation table: for each sector the next one of its chain."""
    parts = _numbers(data[76:_HEADER])
    following = struct.unpack_from("<I", data, 68)[0]
    for _ in sectors:
        if following in (_END, _FREE):
            break
        *more, following = _numbers(_sector(sectors, following))
        parts += more
    else:
        raise ValueError("its sectors run in a circle")
    return [n for part in parts if part != _FREE for n in _numbers(_sector(sectors, part))]


def _sector(sectors: list[bytes], number: int) -> bytes:
    if number >= len(sectors):
        raise ValueError("it ends too early")
    return sectors[number]


def _chained(sectors: list[bytes], table: list[int], start: int) -> bytes:
    """Return the sectors of one chain, joined."""
    parts, number = [], start
    while number != _END:
        if number >= len(table):
            raise ValueError("a chain of its sectors breaks off")
        if len(parts) > len(sectors):
            raise ValueError("its sectors run in a circle")
        parts.append(_sector(sectors, number))
        number = table[number]
    return b"".join(parts)


def _entries(directory: bytes, size: int, most: int) -> list[_Entry]:
    """Return the streams of a directory; the root entry comes first."""
    if not directory or len(directory) % _ENTRY:
        raise ValueError("its directory is cut short")
    found = []
    for at in range(0, len(directory), _ENTRY):
        name = directory[at : at + 64].decode("utf-16-le", errors="replace").partition("\0")[0]
        (start,) = struct.unpack_from("<I", directory, at + 116)
        (length,) = struct.unpack_from("<Q" if size == 4096 else "<I", directory, at + 120)
        found.append(_Entry(name, start, min(length, most)))
    return found
