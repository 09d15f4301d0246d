"""From the rounds to a table: the tutorial's figure, pellucid's, their ratio, and whether it is what was promised."""

import statistics
from dataclasses import asdict, dataclass


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
        row("whole job", "s", "job", "job", 0.6, 0.35, share=True),
        row("peak memory", "MB", "peak_mb", "peak_mb", 0.4, 0.25, share=True),
        row("accuracy, held out", "", "accuracy", "accuracy", 0.999, 0.9995, own=True),
        row("prediction", "images/s", "images_a_second", "images_a_second", 8_000, 20_000, own=True),
    ]


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
            f"{row.name:<26}{number(row.tutorial):>12}{number(row.pellucid):>12}  {row.unit:<9}{row.ratio:>8.3g}"
            f"{promised:>11}{hoped:>10}  {row.met}".rstrip()
        )
    return lines


def number(value):
    """Four digits or so: 13,250 or 812.3 or 0.9995."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}" if value >= 100 else f"{value:.4f}"


def losses_agree(tutorial, pellucid, within=1e-3):
    """Same mathematics, same cases, same order: validation losses agree, epoch by epoch."""
    pairs = zip(tutorial["losses"], pellucid["losses"], strict=False)
    return all(abs(ours / theirs - 1) <= within for theirs, ours in pairs)


def as_json(rows):
    return [{**asdict(row), "met": row.met} for row in rows]
