"""How far a long loop has come: a line on stderr, rewritten in place, in terminal or notebook.

Quick work says nothing. A page of a report never shows the line: pages leave streams out.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

_QUIET_SECONDS = 2.0
_EVERY_SECONDS = 1.0


def steps(iterable: Iterable[Item], *, total: int | None, said: str) -> Iterator[Item]:
    """Yield the items, and say on stderr how many are done once that takes more than 2 seconds.

    Counts steps, not time: where later steps are slower, half of them are not half the wait.

    Parameters
    ----------
    iterable
        What is worked through.
    total
        How many items there will be (items); None if that is not known before the end.
    said
        What is being done, a few words.

    Yields
    ------
    object
        The items as they are; nothing for an empty iterable.

    Notes
    -----
    At most a line a second. It ends in a carriage return, so that the next one, and whatever
    is printed after a failure, takes its place.

    Examples
    --------
    >>> [2 * week for week in steps([1, 2, 3], total=3, said="weeks tested")]
    [2, 4, 6]
    """
    told = False
    due = time.monotonic() + _QUIET_SECONDS
    of_total = "" if total is None else f" of {total:,}"
    done = 0
    for item in iterable:
        yield item
        done += 1
        if time.monotonic() >= due:
            print(f"{said}: {done:,}{of_total}", end="\r", file=sys.stderr, flush=True)
            told, due = True, time.monotonic() + _EVERY_SECONDS
    if told:
        print(f"{said}: {done:,}{of_total}", file=sys.stderr, flush=True)
