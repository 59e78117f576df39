"""An office's own rule, read from a TOML file."""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from cchc_analysis.columns import InputError
from cchc_analysis.lateness.built_in import RULES
from cchc_analysis.lateness.rule import TEXTS, Rule, problem


def read_rule(path: str | Path) -> Rule:
    """Read an office's own counting rule from a TOML file of the fields of :class:`Rule`.

    A rule makes the same dossiers look better or worse: state in ``vi`` and ``en`` what it
    does and where it is laid down, since reports print these texts beside its figures.

    Parameters
    ----------
    path
        UTF-8 text. ``name``, ``vi``, ``en``, ``withdrawn``, ``suspended``, ``undated``,
        ``finished_by`` and ``bases`` are required; the other fields keep their defaults.

    Returns
    -------
    Rule
        To be passed as ``rule`` to the counting functions.

    Raises
    ------
    InputError
        If the file cannot be read as TOML, a field is missing or unknown, or holds something
        else than it may; if the name is that of a built-in rule.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "rule.toml")
    ...     _ = path.write_text('''
    ... name = "by_return"
    ... vi = "Đồng hồ dừng khi trả kết quả."
    ... en = "The clock ends when the result is handed over."
    ... withdrawn = "apart"
    ... suspended = "apart"
    ... undated = "apart"
    ... finished_by = "date"
    ... bases = ["period"]
    ... ends = "returned"
    ... finished_statuses = [10]
    ... ''', encoding="utf-8")
    ...     read_rule(path).ends
    'returned'
    """
    stated = _read_toml(Path(path))
    known = {field.name: field for field in fields(Rule)}
    for key in stated:
        if key not in known:
            raise problem(str(path), "key", key, f"one of {', '.join(known)}")
    for name, field in known.items():
        if field.default is MISSING and name not in stated:
            raise problem(str(path), name, None, "a value; this key is required")
    if str(stated["name"]) in RULES:
        raise problem(str(path), "name", stated["name"], "a name that no built-in rule has")
    texts = {name: stated[name] for name in TEXTS if isinstance(stated[name], str)}
    composed = {name: unicodedata.normalize("NFC", text) for name, text in texts.items()}
    lists = {name: tuple(v) for name, v in stated.items() if isinstance(v, list)}
    try:
        return Rule(**{**stated, **composed, **lists})
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _read_toml(path: Path) -> dict[str, Any]:
    """Return the keys of a TOML file; editors that write a byte order mark are forgiven."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError, RecursionError) as error:  # a number too long is a ValueError
        raise InputError(
            f"{path}: cannot be read as TOML in UTF-8 ({str(error).splitlines()[0]})"
        ) from None
