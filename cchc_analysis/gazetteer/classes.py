"""The class of a unit, as a Vietnamese name states it by its prefix."""

from __future__ import annotations

import re

from cchc_analysis.gazetteer.names import names_of
from cchc_analysis.gazetteer.spelling import PREFIXES, fold, name_key, split_prefix

_CENTRE = re.compile(rf"^{fold('Trung tâm')} ({fold('Phục vụ')} )?{fold('hành chính công')} ")
_BRANCH = tuple(
    fold(name) for name in ("Chi nhánh Văn phòng đăng ký", "Chi nhánh VPĐK", "CN VPĐK", "CNVPĐK")
)


def unit_class_of(name: str) -> str | None:
    """Return the class of unit that a Vietnamese name states by its prefix.

    Parameters
    ----------
    name
        A full name: 'Sở Tài chính', 'UBND xã Cao Phong', 'Chi nhánh Văn phòng đăng ký ...'.

    Returns
    -------
    str or None
        One of :data:`columns.UNIT_CLASSES`; None where the prefix does not say. 'Thành
        phố X' was a province's capital or is a province-level city, so it has a class only
        if the reference table holds that full name in one class.

    Examples
    --------
    >>> unit_class_of("Sở Tài chính"), unit_class_of("UBND phường Phú Thọ")
    ('department', 'commune')
    >>> unit_class_of("Thành phố Huế"), unit_class_of("Thành phố Vinh")
    ('province', 'district')
    """
    key = name_key(name)
    if key.startswith(_BRANCH):
        return "land_registration_branch"
    centre = _CENTRE.match(key)
    if centre:
        level = _territorial_class(key[centre.end() :])
        return "service_centre" if level == "province" else level
    if key.startswith(fold("Bộ") + " ") and not key.startswith(fold("Bộ phận")):
        return "ministry"
    if key.startswith(tuple(fold(w) + " " for w in ("Sở", "Ban", "Văn phòng", "Thanh tra"))):
        return "department"
    return _territorial_class(key)


def desk_of_centre(key: str) -> str:
    """Return the folded name of the commune whose service centre is named, else ``key``.

    A province's centre receives for all departments, so it is a unit of its own.
    """
    centre = _CENTRE.match(key)
    place = key[centre.end() :] if centre else key
    prefix = split_prefix(place)[0]
    return place if prefix and PREFIXES[prefix][0] == "commune" else key


def _territorial_class(key: str) -> str | None:
    """Return the class that a territorial prefix states."""
    prefix = split_prefix(key)[0]
    if prefix == "thành phố":
        known = names_of(None)
        classes = {known.units[b.unit_id].unit_class for b in known.bearers.get(key, [])}
        return classes.pop() if len(classes) == 1 else None
    return PREFIXES[prefix][0] if prefix else None
