"""How sure a run may be, in words: what its confidence is worth, and what fewer mistakes cost."""

from __future__ import annotations

from typing import Any

from pellucid.evaluate.reporting.in_words import listed, percent, unit

USUAL_ERROR = 0.01
"""The error at which the dial is told of, where it can be promised. Chosen by us."""


def how_sure(report: dict[str, Any]) -> str:
    """Whether probabilities mean something, and what the dial costs."""
    error = report["probabilities"]["after"]["expected_calibration_error"]
    said = []
    if error["value"] is not None:
        by_chance = str(error.get("reason", "")).partition("; ")[2]
        said.append(
            "The expected calibration error, how far its confidence and its accuracy lie apart, is "
            f"{error['value']:.4f}{f' ({by_chance})' if by_chance else ''}."
        )
    return " ".join([*said, dial_in_words(report)])


def dial_in_words(report: dict[str, Any]) -> str:
    """What it costs to be wrong in at most 1%, or in the least that can be promised."""
    levels = report["dial"]
    usual = next((level for level in levels if level["asked"] == USUAL_ERROR), None)
    promised = [level for level in levels if level["threshold"] is not None]
    if not promised:
        loosest = levels[-1]
        return (
            f"No error rate can be promised for its answers, not even {100 * loosest['asked']:g}%: "
            f"{why_no_promise(loosest, report)}."
        )
    level, begun = promised[0], ""
    if usual is not None and usual in promised:
        level = usual
    elif usual is not None:
        begun = f"At {100 * usual['asked']:g}% error nothing can be promised: {why_no_promise(usual, report)}. "
    return begun + level_in_words(level)


def level_in_words(level: dict[str, Any]) -> str:
    """What a threshold did on the held-out part, and whether it kept its promise."""
    said = f"At {100 * level['asked']:g}% error, {percent(level['to_person'], short=True)} of images go to a person"
    if level["error"]["value"] is None:
        return f"{said}: none is answered."
    said += f"; of the others {percent(level['error'])} are wrong"
    if level["groups_error"] is not None:
        said += f", and {percent(level['groups_error'])} of the patients or exams with an answer get a wrong one"
    verdicts = {"broken": ". That is more than was promised", "unclear": ", more than asked for, but chance allows it"}
    return f"{said}{verdicts.get(level['verdict'], '')}."


def dial_lines(levels: list[dict[str, Any]]) -> list[str]:
    """A line for each threshold that was found: several error rates may share one, and the strictest is told of."""
    shared: dict[float, list[dict[str, Any]]] = {}
    for level in sorted(levels, key=lambda one: float(one["asked"])):
        if level["threshold"] is not None:
            shared.setdefault(level["threshold"], []).append(level)
    lines = []
    for threshold, (strictest, *others) in shared.items():
        answers = f"It answers from a confidence of {threshold:.6g} on" if threshold > 0 else "It answers all images"
        also = listed([f"{100 * level['asked']:g}%" for level in others])
        lines.append(f"{level_in_words(strictest)} {answers}{f'; the same serves for {also}' if others else ''}.")
    return lines


def no_promise(report: dict[str, Any]) -> str:
    """The error rates that cannot be promised, and why; nothing where all can. Follows on "No promise possible"."""
    levels = [level for level in report["dial"] if level["threshold"] is None]
    short = [level for level in levels if level["units"] < level["needed"]]
    wrong = [f"{100 * level['asked']:g}%" for level in levels if level["units"] >= level["needed"]]
    said = []
    if short:
        first, *others = [(f"{level['needed']:,}", f"for {100 * level['asked']:g}%") for level in short]
        takes = [
            f"{first[0]} calibration {unit(report)} without an error {first[1]}",
            *(" ".join(one) for one in others),
        ]
        said.append(f"it takes {listed(takes)}, and there are {short[0]['units']:,}")
    if wrong:
        said.append(f"at {listed(wrong)} too many of its surest answers on the calibration part are wrong")
    return f": {'; '.join(said)}." if said else ""


def calibrated(probabilities: dict[str, Any]) -> str:
    """Whether the temperature helped, by the log loss of the held-out part.

    >>> calibrated({"before": {"log_loss": {"value": 0.6107}}, "after": {"log_loss": {"value": 0.7082}}})
    'On the held-out part that made probabilities worse: the log loss rose from 0.6107 to 0.7082.'
    """
    before, after = (probabilities[when]["log_loss"]["value"] for when in ("before", "after"))
    if before is None or after is None or f"{before:.4f}" == f"{after:.4f}":
        return "On the held-out part that changed next to nothing."
    done, went = ("worse", "rose") if after > before else ("better", "fell")
    return f"On the held-out part that made probabilities {done}: the log loss {went} from {before:.4f} to {after:.4f}."


def why_no_promise(level: dict[str, Any], report: dict[str, Any]) -> str:
    """Too few calibration cases, or too many mistakes."""
    if level["units"] >= level["needed"]:
        return "too many of its surest answers on the calibration part are wrong"
    return (
        f"{level['needed']:,} calibration {unit(report, level['needed'])} without an error are needed, and there are "
        f"{level['units']:,}"
    )
