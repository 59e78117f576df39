"""What the model says of each level: odds, and points of the late share."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from cchc_analysis.drivers.fitting import Fitted, LogitModel

PER_UNIT = "(per unit)"  # stands for the level of a covariate that is a number

EFFECT_COLUMNS = [
    "term", "level", "reference", "count", "total", "clusters", "coefficient", "std_error",
    "odds_ratio", "low", "high", "p_value", "effect", "effect_low", "effect_high", "adjusted",
    "reading",
]  # fmt: skip
COEFFICIENT_COLUMNS = [
    "name", "coefficient", "std_error", "low", "high", "p_value", "reading",
]  # fmt: skip


def coefficient_table(found: Fitted) -> pd.DataFrame:
    """Return every coefficient with its limits, in log odds."""
    table = _all_coefficients(found)
    return table.iloc[1:].reset_index(drop=True) if found.model.absorbed else table


def effect_table(found: Fitted) -> pd.DataFrame:
    """Return one row per level of each category, the reference first, and one per number."""
    design = found.model.design
    effects = pd.DataFrame(
        [
            row
            for column in design.terms.columns
            for row in (
                _level_rows(found, column)
                if column in design.levels
                else [_number_row(found, column)]
            )
        ]
    )
    own = _all_coefficients(found).reindex(effects["place"]).set_index(effects.index)
    is_reference = effects["level"] == effects["reference"]
    first = effects.groupby("term")["clusters"].transform("first")
    alone = effects["alone"] | (effects["clusters"] == 1) | (first == 1)
    shown = ~(is_reference | alone)
    # Firth's limits are of dossiers independent of each other; of an effect they were far too
    # narrow, and where a share is 0 or 1 in every cluster, clusters show no error of it either
    sure = shown & ~effects["by_firth"]
    return effects.assign(
        coefficient=own["coefficient"].mask(is_reference & ~effects["joint"], 0.0),
        std_error=own["std_error"].where(shown),
        odds_ratio=lambda table: np.exp(table["coefficient"]),
        low=np.exp(own["low"].where(shown)),
        high=np.exp(own["high"].where(shown)),
        p_value=own["p_value"].where(shown),
        effect_low=effects["effect_low"].where(sure),
        effect_high=effects["effect_high"].where(sure),
        reading=np.select(
            [is_reference, alone, effects["by_firth"]],
            ["reference", "one_cluster", "firth"],
            "estimated",
        ),
    )[EFFECT_COLUMNS]


def _all_coefficients(found: Fitted) -> pd.DataFrame:
    """Return the coefficients by place, the intercept first."""
    from scipy.stats import t

    model = found.model
    coefficient, error = model.coefficients, np.sqrt(np.diag(model.covariance))
    margin = model.reach(found.confidence) * error
    ratio = coefficient / np.where(error > 0, error, np.nan)
    table = pd.DataFrame(
        {
            "name": model.design.names,
            "coefficient": coefficient,
            "std_error": error,
            "low": coefficient - margin,
            "high": coefficient + margin,
            "p_value": 2 * t.sf(np.abs(ratio), model.degrees),
            "reading": np.where(np.isfinite(error), "estimated", "one_cluster"),
        }
    )
    by_firth = np.isin(np.arange(len(table)), found.separated) & np.isfinite(error)
    if by_firth.any():
        table.loc[by_firth, "std_error"] = np.nan
        for name in ("low", "high", "p_value"):
            table.loc[by_firth, name] = getattr(found.firth, name)[by_firth]
        table.loc[by_firth, "reading"] = "firth"
    return table[COEFFICIENT_COLUMNS]


def _level_rows(found: Fitted, column: str) -> list[dict]:
    """Return effect, counts and place of the coefficient for the levels of a category."""
    model = found.model
    levels = model.design.levels[column]
    counts = found.cells.groupby(column).agg(
        count=("late", "sum"), total=("total", "sum"), clusters=(found.cluster, "nunique")
    )
    at = {
        level: model.mean_share(
            model.design.matrix_at(model.rows, model.base, column, level), model.weight
        )
        for level in levels
    }
    start, start_gradient = at[levels[0]]
    joint = column in model.design.terms.interacting
    rows = []
    for level, (share, gradient) in at.items():
        place = model.design.place(column, level)
        effect = share - start
        low, high = _delta_limits(found, effect, gradient - start_gradient)
        rows.append(
            {
                "term": column, "level": level, "reference": levels[0], "joint": joint,
                "place": -1 if joint or place is None else place, "adjusted": share,
                "effect": effect, "effect_low": max(low, -1.0), "effect_high": min(high, 1.0),
                "alone": _alone(model, column, {level, levels[0]}),
                "by_firth": _by_firth(found, column, level),
                **counts.loc[level],
            }
        )  # fmt: skip
    return rows


def _number_row(found: Fitted, column: str) -> dict:
    """Return the average derivative of the late share by a number."""
    from scipy.special import expit

    model = found.model
    slopes = model.design.slopes(model.rows, column)
    share = expit(model.base @ model.coefficients + model.offset)
    steep, pull = slopes @ model.coefficients, model.weight * share * (1 - share)
    gradient = pull @ slopes + (pull * (1 - 2 * share) * steep) @ (model.base + model.offset_slope)
    factors = [factor.name for factor in model.design.terms.factors if factor.column == column]
    joint = column in model.design.terms.interacting or len(factors) > 1
    place = None if joint else model.design.place(factors[0])
    effect = float(pull @ steep)
    low, high = _delta_limits(found, effect, gradient)
    return {
        "term": column, "level": PER_UNIT, "reference": "", "joint": joint,
        "place": -1 if place is None else place, "adjusted": np.nan,
        "effect": effect, "effect_low": low, "effect_high": high,
        "alone": _alone(model, column, {""}), "by_firth": _by_firth(found, column, ""),
        "count": model.rows["late"].sum(), "total": model.rows["total"].sum(),
        "clusters": model.degrees + 1,
    }  # fmt: skip


def _alone(model: LogitModel, column: str, levels: Collection[str]) -> bool:
    """Say whether the coefficient of a level, or of a number, rests on a single cluster.

    Without one of its own (``a:b``), the products that it is in decide, and those of the
    reference.
    """
    names = {factor.name for factor in model.design.terms.factors if factor.column == column}
    within = [
        place
        for place, part in enumerate(model.design.parts)
        if any(name in names and level in levels for name, level in part)
    ]
    own = [place for place in within if len(model.design.parts[place]) == 1]
    return bool(np.isnan(np.diag(model.covariance)[own or within]).any())


def _by_firth(found: Fitted, column: str, level: str) -> bool:
    """Say whether a coefficient of a level, or of a number, has no finite estimate otherwise."""
    design = found.model.design
    names = {factor.name for factor in design.terms.factors if factor.column == column}
    return any(
        name in names and own == level
        for place in found.separated
        for name, own in design.parts[place]
    )


def _delta_limits(found: Fitted, effect: float, gradient: np.ndarray) -> tuple[float, float]:
    """Return the ends of the interval of an effect by its error."""
    margin = found.model.reach(found.confidence) * found.model.error(gradient)
    return effect - margin, effect + margin
