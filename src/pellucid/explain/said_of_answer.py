"""What is said of an answer before its arithmetic, in the terminal and on the page alike."""

from __future__ import annotations

from pellucid.evaluate.reporting.in_words import listed, quoted
from pellucid.explain.asking import Asked
from pellucid.run import Run

PRECISIONS = {
    "bfloat16": "bfloat16 (16-bit numbers with 8 bits of precision)",
    "float32": "float32 (32-bit numbers with 24 bits of precision)",
}
WHY = {
    "bfloat16": "bfloat16 keeps two to three digits of every number, and is faster: logits are rounded on the way, and "
    "probabilities with them.",
    "float32": "float32 keeps about seven digits of every number.",
}
"""What a precision means for an answer."""


def predicted_with(asked: Asked, klass: int, p: float) -> str:
    """What `predict` says of a class beside what is computed here, and why the two differ.

    Args:
        asked: the image, and the model.
        klass: by number.
        p: its probability in float64.
    """
    used, precision = float(asked.answer.probabilities[0, klass]), str(asked.run.facts["precision"])
    return (
        f"predict says {used:.6f}, computed in {PRECISIONS.get(precision, precision)}; here it is {p:.6f}, in float64: "
        f"{abs(used - p):.1e} apart"
    )


def why_apart(asked: Asked) -> str:
    """What the precision of `predict` keeps, as a sentence; empty where nothing is known of it."""
    return WHY.get(str(asked.run.facts["precision"]), "")


def why_in_every_set(asked: Asked) -> str:
    """Why the set holds classes that are not likely; empty where it holds none but those."""
    limits = asked.calibration.limits
    every = [name for name, limit in zip(asked.classes, limits, strict=True) if limit.limit is None]
    if not every:
        return ""
    most, needed = max(limit.units for limit in limits if limit.limit is None), limits[0].needed
    whole, alone = len(every) == len(limits), len(every) == 1
    which = "every class" if whole else listed(quoted(every))
    return (
        f"{which} {'is' if whole or alone else 'are'} in every set of this run, since leaving "
        f"{'it' if alone else 'one'} out takes {needed} {_units(asked.run)} of it in the calibration part, and there "
        f"are {most or 'none'}{' at most' * (not alone and most > 0)}"
    )


def says_nothing_by_sets(asked: Asked) -> bool:
    """True where every set of the run holds all classes, so that this image's says nothing of it."""
    return all(limit.limit is None for limit in asked.calibration.limits)


def not_promised(asked: Asked) -> str:
    """What the run cannot say of any image, in one sentence; empty where it can say all."""
    limits = asked.calibration.limits
    no_sets, no_rate = says_nothing_by_sets(asked), asked.answer.answered is None
    what = ["whether it is certain enough"] * no_rate + ["which other classes are possible"] * no_sets
    if not what:
        return ""
    takes = f" (such a set takes {limits[0].needed} {_units(asked.run)} of a class)" if no_sets else ""
    return (
        f"This run cannot say of any image {' or '.join(what)}: its calibration part is too small to promise that"
        f"{takes}."
    )


def _units(run: Run) -> str:
    """What a promise counts; a run of weights alone does not tell."""
    groups = run.file("recipe.json").is_file() and run.recipe["source"]["groups"]
    return "patients or exams" if groups else "images"
