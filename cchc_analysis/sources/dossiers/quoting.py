"""Write values and recurring tests into SQL text."""

from __future__ import annotations


def literal(value: str) -> str:
    """Return ``value`` as an SQL string literal.

    Examples
    --------
    >>> literal("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"


def plain(text: str) -> str:
    r"""Return the SQL of ``text`` in lower case, without marks, with single spaces.

    Examples
    --------
    >>> plain("c0")
    "trim(regexp_replace(strip_accents(lower(nfc_normalize(c0))), '\\s+', ' ', 'g'))"
    """
    return rf"trim(regexp_replace(strip_accents(lower(nfc_normalize({text}))), '\s+', ' ', 'g'))"
