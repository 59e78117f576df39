"""Scores of the reform indices as printed, on whatever scale, with the decision behind them.

Points of one province mean nothing in another: criteria, maxima and classes differ, and
change over the years. So scores are compared within one province and year
(:func:`compare_scores`), and beyond that only as places (:func:`index_places`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cchc_analysis import gazetteer
from cchc_analysis.catalogue import indicator
from cchc_analysis.columns import PUBLISHED, InputError, check
from cchc_analysis.reconciliation import check_rounding
from cchc_analysis.reconciliation.rounding import exact
from cchc_analysis.scorecards.schemes import class_of, climb, scheme_above

PARTS = {
    "local_par_score": ("local_par", "points"),
    "local_par_index": ("local_par", "share"),
    "local_par_class": ("local_par", "class"),
    "local_par_rank": ("local_par", "rank"),
    "local_par_index_mean": ("local_par_mean", "share"),
    "par_index": ("par_index", "share"),
    "par_index_mean": ("par_index_mean", "share"),
    "sipas": ("sipas", "share"),
    "papi": ("papi", "points"),
    "pci": ("pci", "points"),
    "qd766_score": ("qd766", "points"),
    "qd766_rank": ("qd766", "rank"),
}
"""Indicator to the index it belongs to, and to what it states of it."""

_MAIN = {"local_par": "local_par_index", "local_par_mean": "local_par_index_mean"} | {
    "qd766": "qd766_score"
}
_STARTS_ABOVE_0 = ("papi",)  # a scale of 10 to 80: points over the maximum are no share
_TEXT = ["unit_id", "period_start_on", "period_end_on", "source", "source_url", "source_on"]
_SAME_SCALE = ["index", "compared_within", "period_start_on", "period_end_on", "unit_class"]


def index_scores(published: pd.DataFrame, *, units: pd.DataFrame | None = None) -> pd.DataFrame:
    r"""Put together what each source prints of an index: points, share, class and rank.

    .. math:: \text{share} = \text{points} / \text{maximum}

    67.29 points of 97 are 69.37 %, and a class only by the decision of that province and
    year. A printed class is carried as printed, and is not checked where the cuts are not
    known.

    Parameters
    ----------
    published
        Columns of ``PUBLISHED``; figures that are no index, targets and plans are left out.
    units
        Columns of ``UNITS``; None for the reference table.

    Returns
    -------
    DataFrame
        One row per unit, period, index and source: ``unit_id``, ``unit_class``, ``index``,
        ``compared_within`` (the province, or the country for indices of provinces: scores are
        comparable only within it), ``period_start_on``, ``period_end_on``, ``points``,
        ``maximum``, ``share`` (0..1; as printed, else points over the maximum; NaN where
        the maximum is not known, and for PAPI, whose scale starts at 10), ``verdict`` (the
        printed share against the printed points, as
        :func:`~cchc_analysis.reconciliation.check_rounding`), ``class_printed``,
        ``class_by_decision``, ``class_verified``, ``rank``, ``ranked_count``, ``scheme``,
        ``decision``, ``decision_on``, ``source``, ``source_url``, ``source_on``, ``place`` (in
        the source). Missing where not printed or not known. No index, no rows.

    Examples
    --------
    >>> figures = pd.DataFrame({
    ...     "unit_id": "vn63-595", "kind": "result", "source": "a newspaper",
    ...     "indicator": ["local_par_score", "local_par_index", "local_par_class"],
    ...     "period_start_on": "2023-01-01", "period_end_on": "2023-12-31",
    ...     "printed": ["67.29", "69.37", "Khá"], "value": [67.29, 69.37, None],
    ...     "unit_of_measure": ["points", "percent", "class"], "numerator": [67.29, 67.29, None],
    ...     "denominator": [97, 97, None],
    ... })
    >>> row = index_scores(figures).iloc[0]
    >>> print(row["points"], row["maximum"], row["share"], row["verdict"], row["class_printed"])
    67.29 97.0 0.6937 agrees Khá
    >>> print(row["decision"], row["class_by_decision"])
    Quyết định 16/QĐ-UBND nan
    """
    rows = check(published, PUBLISHED)
    rows = rows[(rows["kind"] == "result") & rows["indicator"].isin(PARTS)]
    rows = rows.reset_index(drop=True)  # verdicts are put beside rows by their label
    rows = rows.assign(
        index=rows["indicator"].map(lambda name: PARTS[name][0]).astype("str"),
        part=rows["indicator"].map(lambda name: PARTS[name][1]).astype("str"),
        verdict=_verdicts(rows),
    )
    again = rows.groupby([*_TEXT, "index", "part"], dropna=False).cumcount()
    groups = rows.assign(again=again).groupby([*_TEXT, "index", "again"], dropna=False, sort=False)
    parents = _Units(units)
    texts = ["class_printed", "class_by_decision", "class_verified", "verdict", "scheme"]
    table = pd.DataFrame(
        [_one_score(group, parents) for _, group in groups],
        columns=[
            "unit_id", "unit_class", "index", "compared_within", "period_start_on",
            "period_end_on", "points", "maximum", "share", "verdict", "class_printed",
            "class_by_decision", "class_verified", "rank", "ranked_count", "scheme", "decision",
            "decision_on", "source", "source_url", "source_on", "place",
        ],
    )  # fmt: skip
    dates = {name: pd.to_datetime(table[name]).astype("datetime64[us]")
             for name in ("period_start_on", "period_end_on", "decision_on")}  # fmt: skip
    numbers = {name: table[name].astype("float64")
               for name in ("points", "maximum", "share", "rank", "ranked_count")}  # fmt: skip
    words = {name: table[name].astype("str") for name in [*texts, "decision"]}
    return table.assign(**dates, **numbers, **words)


def compare_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Set the scores of one index side by side: one province, one year, one class of unit.

    Places are those among the rows given; a printed rank may be among more units.

    Parameters
    ----------
    scores
        Rows of :func:`index_scores`, each unit once.

    Returns
    -------
    DataFrame
        The rows with a share, best first, and ``place`` among them (ties share the best),
        ``behind_best`` and ``from_mean`` (differences of shares).

    Raises
    ------
    InputError
        If indices, provinces, periods, maxima or classes of unit are mixed (one that is not
        known is not the same as one that is), the provinces of several units are not known,
        or a unit comes twice.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": ["a", "b"], "index": "local_par", "compared_within": ["vn63-60", "vn63-46"],
    ...     "period_start_on": pd.Timestamp("2023-01-01"), "maximum": 97.0, "share": [0.7, 0.9],
    ...     "period_end_on": pd.Timestamp("2023-12-31"), "unit_class": "district",
    ... })
    >>> compare_scores(rows)
    Traceback (most recent call last):
        ...
    cchc_analysis.columns.InputError: the scores are of more than one compared_within (vn63-46,
    vn63-60), and each has its own criteria and scale; compare within one, or by index_places
    """
    known = scores.dropna(subset="share")
    for name in (*_SAME_SCALE, "maximum"):
        told = known[name].dropna().astype("str")
        if name != "maximum":  # a share may be printed without it, and is one all the same
            told = told.reindex(known.index, fill_value="unknown")
        found = sorted(told.unique())
        if len(found) > 1:
            raise InputError(
                f"the scores are of more than one {name} ({', '.join(found[:5])}), and each has "
                "its own criteria and scale; compare within one, or by index_places"
            )
    twice = known.loc[known["unit_id"].duplicated(), "unit_id"]
    if len(twice):
        raise InputError(f"{twice.iloc[0]} comes twice; pick one of the sources")
    if len(known) > 1 and known["compared_within"].isna().any():
        raise InputError(
            f"it is not known which province {known['unit_id'].iloc[0]} belongs to; give "
            "index_scores the units"
        )
    ranks = known["share"].rank(method="min", ascending=False)
    return known.assign(
        place=ranks,
        behind_best=known["share"].max() - known["share"],
        from_mean=known["share"] - known["share"].mean(),
    ).sort_values(["place", "unit_id"], ignore_index=True)


def index_places(scores: pd.DataFrame, *, complete: bool = False) -> pd.DataFrame:
    r"""Give each score its place among those of its scale: what may be set beside others.

    .. math:: \text{share behind} = \frac{n - \text{rank}}{n - 1}

    1 is the first of its province and year, 0 the last, whatever the points. Last of ten and
    last of sixty are the same here; and a place says nothing of how far apart the units are.

    Parameters
    ----------
    scores
        Rows of :func:`index_scores`, of any provinces and years.
    complete
        Say that the rows hold all units of each index, province, period and class: ranks
        that are not printed are then computed, where the province is known and all units
        have a share, or all points on one scale. Among a few units that a newspaper names, a
        rank means nothing.

    Returns
    -------
    DataFrame
        The rows, ``rank`` and ``ranked_count`` filled where computed, and ``share_behind``
        (0..1; NaN where no rank is known, or among one unit) and ``rank_source`` ('printed',
        'computed' or 'none').

    Raises
    ------
    InputError
        If ranks are to be computed and a unit comes twice in a period, from two sources.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "unit_id": ["a"], "index": "local_par", "compared_within": "vn63-60", "rank": 8.0,
    ...     "period_start_on": pd.Timestamp("2023-01-01"), "ranked_count": 10.0, "share": 0.6937,
    ...     "period_end_on": pd.Timestamp("2023-12-31"), "unit_class": "district", "points": 67.29,
    ... })
    >>> index_places(rows)[["unit_id", "rank", "ranked_count", "share_behind", "rank_source"]]
      unit_id  rank  ranked_count  share_behind rank_source
    0       a   8.0          10.0      0.222222     printed
    """
    measure = _alike(scores)
    groups = measure.groupby([scores[name] for name in _SAME_SCALE], dropna=False)
    printed = scores["rank"].notna() & scores["ranked_count"].notna()
    computed = ~printed & measure.notna() & complete
    twice = scores[measure.notna() & scores.duplicated([*_SAME_SCALE, "unit_id"])]
    if computed.any() and len(twice):
        raise InputError(f"{twice['unit_id'].iloc[0]} comes twice; pick one of the sources")
    rank = scores["rank"].mask(computed, groups.rank(method="min", ascending=False))
    counts = groups.transform("count").astype("float64")
    ranked_count = scores["ranked_count"].mask(computed, counts)
    return scores.assign(
        rank=rank,
        ranked_count=ranked_count,
        share_behind=(ranked_count - rank) / (ranked_count - 1).where(ranked_count > 1),
        rank_source=np.select([printed, computed], ["printed", "computed"], "none"),
    )


def _alike(scores: pd.DataFrame) -> pd.Series:
    """Return what units can be ranked by: their shares, else points if all are on one scale.

    67.29 points are not more than a share of 0.95; and units of unknown provinces may be of
    several.
    """
    keys = [scores[name] for name in _SAME_SCALE]
    scored = scores["share"].notna() | scores["points"].notna()
    shared = (scores["share"].notna() | ~scored).groupby(keys, dropna=False).transform("all")
    pointed = (scores["points"].notna() | ~scored).groupby(keys, dropna=False).transform("all")
    measure = scores["share"].where(shared.astype("bool"), scores["points"].where(pointed))
    return measure.where(scores["compared_within"].notna())


class _Units:
    """Who is below whom, and of which class, looked up once."""

    def __init__(self, units: pd.DataFrame | None) -> None:
        known = gazetteer.units() if units is None else units
        known = known.drop_duplicates("unit_id").set_index("unit_id")
        self.classes = known["unit_class"].to_dict()
        self.parents = known["parent_id"].to_dict()

    def above(self, unit_id: str) -> list[str]:
        """Return the unit and those above it."""
        return list(climb(unit_id, self.parents))

    def compared_within(self, unit_id: str) -> str | float:
        """Return the province that a unit belongs to; for a province, the country."""
        wide = ("province", "country")
        found = [unit for unit in self.above(unit_id)[1:] if self.classes.get(unit) in wide]
        return found[0] if found else np.nan


def _verdicts(rows: pd.DataFrame) -> pd.Series:
    """Return, for each printed share with points beside it, whether the two agree."""
    verdicts = pd.Series(np.nan, index=rows.index, dtype="str")
    shares = rows[(rows["unit_of_measure"] == "percent") & rows["numerator"].notna()]
    for label in shares.index:  # one at a time: a printed text has no key of its own to join by
        found = check_rounding(shares.loc[[label]])["verdict"]
        verdicts[label] = found.iloc[0] if len(found) else np.nan
    return verdicts


def _one_score(group: pd.DataFrame, units: _Units) -> dict[str, object]:
    """Return one row of :func:`index_scores` from the figures of one source."""
    parts = group.drop_duplicates("part").set_index("part")
    first = group.iloc[0]
    name = _MAIN.get(first["index"], first["index"])
    year = first["period_end_on"].year  # NaN without a period: then no scheme holds
    scheme = scheme_above(name, units.above(first["unit_id"]), year)
    points, maximum = _scale(parts)
    if pd.isna(maximum):
        maximum = scheme.maximum if scheme and scheme.maximum else indicator(name).maximum or np.nan
    share = _in_shares(_value(parts, "share"))
    if pd.isna(share) and first["index"] not in _STARTS_ABOVE_0:
        share = points / maximum
    by_decision = class_of(scheme, share) if scheme and pd.notna(share) else None
    return {
        **first[[*_TEXT, "index", "place"]].to_dict(),
        "unit_class": units.classes.get(first["unit_id"], np.nan),
        "compared_within": units.compared_within(first["unit_id"]),
        "points": points,
        "maximum": maximum,
        "share": share,
        "verdict": parts["verdict"].get("share", np.nan),
        "class_printed": parts["printed"].get("class", np.nan),
        "class_by_decision": by_decision.name if by_decision else np.nan,
        "class_verified": by_decision.verified if by_decision else np.nan,
        "rank": _value(parts, "rank"),
        "ranked_count": parts["denominator"].get("rank", np.nan),
        "scheme": scheme.scheme if scheme else np.nan,
        "decision": scheme.decision or np.nan if scheme else np.nan,
        "decision_on": scheme.decision_on if scheme else None,
    }


def _in_shares(percent: float) -> float:
    """Divide a percentage by 100, exactly as written."""
    return np.nan if pd.isna(percent) else float(exact(percent) / 100)


def _value(parts: pd.DataFrame, part: str) -> float:
    """Return the printed value of one part; NaN where the source does not print it."""
    return float(parts["value"].get(part, np.nan))


def _scale(parts: pd.DataFrame) -> tuple[float, float]:
    """Return points and maximum as printed: by themselves, or beside the share."""
    points = _value(parts, "points")
    for part in ("points", "share"):
        maximum = parts["denominator"].get(part, np.nan)
        if pd.notna(maximum):
            return (parts["numerator"][part] if pd.isna(points) else points), float(maximum)
    return points, np.nan
