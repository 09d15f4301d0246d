"""From the rounds to a table: the tutorial's figure, pellucid's, their ratio, and whether it is what was promised."""

import math
import statistics
from dataclasses import asdict, dataclass

HONESTY = 15
"""Seconds that audit, rivals, ladder, probes and calibration may add to the main job."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row. `judged`, a ratio or pellucid's own value, is held against `least`: a most where `smaller` is set."""

    name: str
    unit: str
    tutorial: float
    pellucid: float
    ratio: float
    judged: float
    least: float | None = None
    hope: float | None = None
    smaller: bool = False

    def meets(self, limit):
        return self.judged <= limit if self.smaller else self.judged >= limit

    @property
    def met(self):
        """ "NO", "yes", "hope"; nothing where nothing is promised."""
        if self.least is None:
            return ""
        return "NO" if not self.meets(self.least) else "hope" if self.meets(self.hope) else "yes"


def figures(tutorial, pellucid):
    """All rows from the rounds of both, in the order that they are promised in."""

    def row(name, unit, theirs, ours, least, hope, *, share=False, own=False):
        pairs = list(zip((one[theirs] for one in tutorial), (one[ours] for one in pellucid), strict=True))
        ratio = statistics.median(b / a if share or own else a / b for a, b in pairs)
        a, b = (statistics.median(values) for values in zip(*pairs, strict=True))
        return Figure(name, unit, a, b, ratio, b if own else ratio, least, hope, share)

    kinds = [kind for kind in ("zip", "folder") if f"read {kind}" in pellucid[0]]
    return [
        *(row(f"reading, {kind}", "s", "read", f"read {kind}", 6, 10) for kind in kinds),
        *(row(f"reading again, {kind}", "s", "read", f"again {kind}", 25, 100) for kind in kinds),
        row("epoch of the linear model", "s", "epoch", "epoch", 1.5, 4),
        _whole_job(tutorial, pellucid),
        *(
            _own_seconds(name, [one[key] for one in pellucid], most)
            for name, key, most in (("audit inside train", "audit inside", 5), ("audit, packed", "audit", 15))
        ),
        row("peak memory", "MB", "peak_mb", "peak_mb", 0.4, 0.25, share=True),
        row("accuracy, held out", "", "accuracy", "accuracy", 0.999, 0.9995, own=True),
        row("prediction", "images/s", "images_a_second", "images_a_second", 8_000, 20_000, own=True),
    ]


def _whole_job(tutorial, pellucid):
    """The main job was promised 0.6 of the tutorial's time; all that makes its figures honest may cost HONESTY more."""
    pairs = [(one["job"], other["job"]) for one, other in zip(tutorial, pellucid, strict=True)]
    a, b = (statistics.median(values) for values in zip(*pairs, strict=True))
    judged = statistics.median((ours - HONESTY) / theirs for theirs, ours in pairs)
    return Figure(f"whole job, less {HONESTY} s", "s", a, b, judged, judged, 0.6, 0.35, smaller=True)


def _own_seconds(name, seconds, most):
    """A figure that the tutorial has nothing beside."""
    own = statistics.median(seconds)
    return Figure(name, "s", float("nan"), own, float("nan"), own, most, most / 2, smaller=True)


def beside_lightning(lightning, pellucid):
    """The rows that Lightning is measured in; nothing is promised."""

    def row(name, unit, key):
        pairs = list(zip((one[key] for one in lightning), (one[key] for one in pellucid), strict=True))
        ratio = statistics.median(b / a for a, b in pairs)
        a, b = (statistics.median(values) for values in zip(*pairs, strict=True))
        return Figure(name, unit, a, b, ratio, ratio, smaller=True)

    return [row("whole job", "s", "job"), row("peak memory", "MB", "peak_mb"), row("accuracy", "", "accuracy")]


def table(rows, rival="tutorial"):
    """Lines for people."""
    lines = [f"{'figure':<26}{rival:>12}{'pellucid':>12}  {'':9}{'ratio':>8}{'promised':>11}{'hoped':>10}  met"]
    for row in rows:
        sign = "<=" if row.smaller else ">="
        promised, hoped = (f"{sign} {limit:g}" if limit is not None else "" for limit in (row.least, row.hope))
        lines.append(
            f"{row.name:<26}{number(row.tutorial):>12}{number(row.pellucid):>12}  {row.unit:<9}{ratio_of(row):>8}"
            f"{promised:>11}{hoped:>10}  {row.met}".rstrip()
        )
    return lines


def ratio_of(row):
    return "" if math.isnan(row.ratio) else f"{row.ratio:.3g}"


def number(value):
    """Four digits or so: 13,250 or 812.3 or 0.9995; nothing for what is not measured."""
    if math.isnan(value):
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 100 else f"{value:.4f}"


def losses_agree(tutorial, pellucid, within=1e-3):
    """Same mathematics, same cases, same order: validation losses agree, epoch by epoch."""
    pairs = zip(tutorial["losses"], pellucid["losses"], strict=False)
    return all(abs(ours / theirs - 1) <= within for theirs, ours in pairs)


def as_json(rows):
    facts = [{**asdict(row), "met": row.met} for row in rows]
    return [{name: None if value != value else value for name, value in one.items()} for one in facts]  # nan is no JSON
