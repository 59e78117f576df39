"""The portal's saved answers: which screen one is, and its rows as they stand there.

Field names as seen in public captures of August to October 2026. A screen is recognised by
the fields it has, never by the name of its file. Nothing is judged here.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from cchc_analysis.columns import InputError

Row = dict[str, Any]

TOTAL = "TOTAL"
_HEADS = ("parent", "overview")
_LISTS = ("children", "evaluation", "provinces")
_GROUP_SCORES = ("groupScores", "scores")
_COUNTRY = "Cả nước"

_CLASSES = {
    "PROVINCE": "department",  # as a level: the province's departments
    "PROVINCIAL_DEPARTMENT": "department",
    "COMMUNE": "commune",
    "COMMUNE_PEOPLE_COMMITTEE": "commune",
}

# metric: fields of its numerator (added) and of its denominator
_COUNTS = {
    "ON_TIME": (("totalOnTime",), "totalReceived"),
    "SERVICES_OFFERED": (("partialCount", "fullCount"), "authorityCount"),
    "SERVICES_USED": (("onlineDossierCount",), "onlineServiceTotal"),
    "ONLINE_CHANNEL": (("channelOnlineSum",), "channelTotalSum"),
    "PAY_DOSSIERS": (("totalDossierOnlinePaymentSuccess",), "totalDossierFinancialObligation"),
    "PAY_FORMALITIES": (("totalDossierOnlineFormalityPaymentSuccess",), "totalFeeFormality"),
    "PAY_INTEGRATED": (("totalFeeDossierFormality",), "totalFeeFormality"),
}
# field that only this screen has: group, metrics
_COUNTED = {
    "totalReceived": ("TDGQ", ("ON_TIME",)),
    "authorityCount": ("CLGQ", ("SERVICES_OFFERED", "SERVICES_USED", "ONLINE_CHANNEL")),
    "totalDossierFinancialObligation": (
        "TTTT",
        ("PAY_DOSSIERS", "PAY_FORMALITIES", "PAY_INTEGRATED"),
    ),
}


@cache
def metric_groups() -> dict[str, str]:
    """Return the group of every known metric code."""
    text = files("cchc_analysis").joinpath("reference/qd766.toml").read_text("utf-8")
    return {code: entry["group"] for code, entry in tomllib.loads(text)["metrics"].items()}


@cache
def group_codes() -> tuple[str, ...]:
    """Return the codes of the groups."""
    text = files("cchc_analysis").joinpath("reference/qd766.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["groups"])


@cache
def labels() -> frozenset[str]:
    """Return everything that may stand for a metric: components, groups, the total."""
    return frozenset((*metric_groups(), *group_codes(), TOTAL))


def read_answer(path: Path) -> list[Row]:
    """Return the rows of one saved answer.

    Raises
    ------
    InputError
        If it is not JSON in UTF-8, not an answer of the portal that says OK, or of a screen
        that is not known.
    """
    answer = _load(path)
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or answer.get("code") != "OK":
        raise InputError(
            f"{path.name}: not an answer of the portal's evaluation screens, which begin with "
            '{"code": "OK", "data": {...; save the whole answer again'
        )
    units = list(_units(data))
    rows_of = _screen(units)
    if rows_of is None:
        raise InputError(
            f"{path.name}: no evaluation screen that is known; known are progress, transparency, "
            "online services, payment, digitisation, satisfaction and the totals"
        )
    return [
        {**_unit(item, head), **row, "place": _place(number, row["metric"])}
        for number, (head, item) in enumerate(units)
        for row in rows_of(item)
    ]


def _place(number: int, metric: object) -> str:
    """Return where a row stands, without repeating what may be anything."""
    known = isinstance(metric, str) and metric in labels()
    return f"unit {number}, {metric}" if known else f"unit {number}"


def _load(path: Path) -> object:
    """Read a JSON file; what JSON does not allow is refused."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text, parse_constant=_refuse_constant)
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0][:80]
        raise InputError(
            f"{path.name}: not JSON in UTF-8 ({reason}); save the answer of the screen again"
        ) from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _units(data: dict[str, Any]) -> Iterator[tuple[bool, dict[str, Any]]]:
    """Yield the unit above (True) and those below it."""
    for name in _HEADS:
        if isinstance(data.get(name), dict):
            yield True, data[name]
            break
    for name in _LISTS:
        if isinstance(data.get(name), list):
            yield from ((False, item if isinstance(item, dict) else {}) for item in data[name])
            break


def _screen(units: list[tuple[bool, dict[str, Any]]]) -> Callable[[Row], list[Row]] | None:
    """Return the function that takes the rows of this screen's units."""
    found = {name for _, item in units for name in item}
    for field, (group, metrics) in _COUNTED.items():
        if field in found:
            return lambda item: _counted(item, group, metrics)
    if "metrics" in found:
        group = _group_of_metrics(units)
        return lambda item: _listed(item, group)
    if found & {*_GROUP_SCORES, *group_codes()}:
        return _totals
    return None


def _unit(item: dict[str, Any], head: bool) -> Row:
    """Return what the portal says of the unit of a row."""
    level = item.get("level") or item.get("departmentType")
    code = item.get("departmentCode")
    class_ = _CLASSES.get(level) if isinstance(level, str) else None
    if (
        head
        or item.get("departmentType") == "PROVINCE"
        or (isinstance(code, str) and "." not in code)
    ):
        class_ = "country" if item.get("departmentName") == _COUNTRY else "province"
    return {
        "unit": code,
        "department_id": item.get("departmentId"),
        "unit_name": item.get("departmentName"),
        "unit_class": class_,
    }


def _counted(item: dict[str, Any], group: str, metrics: tuple[str, ...]) -> list[Row]:
    """Return the rows of a screen whose counts stand in fields of the unit."""
    rows = []
    for metric in metrics:
        above, below = _COUNTS[metric]
        if below in item:
            parts = [item.get(name) for name in above]
            rows.append({"metric": metric, "numerator": _sum(parts), "denominator": item[below]})
    whole = _whole(item, group)
    if group == "TDGQ" and rows:  # one component is the group: its score is the group's
        rows[0] |= {name: whole[name] for name in ("ratio", "published_score", "maximum")}
    return [*rows, whole]


def _listed(item: dict[str, Any], group: str) -> list[Row]:
    """Return the rows of a screen with a list of metrics for each unit."""
    listed = _list(item, "metrics")
    rows = [
        {
            "metric": metric.get("code"),
            "numerator": metric.get("numerator"),
            "denominator": metric.get("denominator"),
            "ratio": metric.get("ratio"),
            "published_score": metric.get("score"),
            "maximum": metric.get("maxScore"),
            "note": metric.get("dataQualityStatus"),
        }
        for metric in (one if isinstance(one, dict) else {} for one in listed)
    ]
    return [*rows, _whole(item, group)]


def _totals(item: dict[str, Any]) -> list[Row]:
    """Return the rows of the screen of totals: six groups and their sum."""
    nested = next((item[name] for name in _GROUP_SCORES if isinstance(item.get(name), dict)), item)
    rows = [
        {"metric": code, "published_score": nested[code]}
        for code in group_codes()
        if code in nested
    ]
    return [*rows, _whole(item, TOTAL)]


def _whole(item: dict[str, Any], label: str) -> Row:
    """Return the row of a group, or of the total."""
    score = item["totalScore"] if "totalScore" in item else item.get("score")
    return {
        "metric": label,
        "ratio": item.get("ratio"),
        "published_score": score,
        "maximum": item.get("totalMaxScore", item.get("maxScore")),
    }


def _group_of_metrics(units: list[tuple[bool, dict[str, Any]]]) -> str:
    """Return the group to which the metrics of a screen belong."""
    known = metric_groups()
    for _, item in units:
        for metric in _list(item, "metrics"):
            code = metric.get("code") if isinstance(metric, dict) else None
            if isinstance(code, str) and code in known:
                return known[code]
    return ""


def _list(item: dict[str, Any], name: str) -> list[Any]:
    """Return a list of an answer; what is none is an empty one."""
    return item[name] if isinstance(item.get(name), list) else []


def _sum(parts: list[object]) -> object:
    """Add the fields of a numerator; one that is no number stands for all, to be judged later."""
    odd = [part for part in parts if type(part) not in (int, float)]
    return odd[0] if odd else sum(parts)
