"""When an experiment has learned what it will learn, and what to try where that is too little."""

from __future__ import annotations

from dataclasses import dataclass

from pellucid.app.playground.playing import Playing

EPOCHS = 100
"""No better for so long: it may be stopped. Chosen by us: at 25 frames a second some seconds to look."""
MUCH_WRONG = 0.35
"""A share of wrong answers above which nearly nothing was learned: by chance it is one half. Chosen by us."""
LITTLE_LEARNED = 0.6
"""Of the loss of giving every point the mean height: above this, nearly nothing was learned. Chosen by us."""
LEARNED_BY = {
    "xor": "noise=0.0", "corners": "toy=corners&noise=0.0", "circles": "toy=circles&noise=0.0",
    "moons": "toy=moons&noise=0.0",
    "spirals": "toy=spirals&hidden=8-8&features=x1-x2-sinx1-sinx2&learning_rate=0.1&momentum=0.5&noise=0.0",
    "gaussians": "toy=gaussians&noise=0.0", "plane": "toy=plane&noise=0.0&learning_rate=0.1",
    "hills": "toy=hills&noise=0.0&features=x1-x2-x1x1-x2x2-x1x2&hidden=8-8&activation=relu&learning_rate=0.1",
}  # fmt: skip
"""Of each problem, settings that learn it, as they stand in the address."""


@dataclass(frozen=True, slots=True)
class Stalled:
    """What is said beside the epoch.

    Attributes:
        said: in words.
        link: of settings that do learn it, as they stand in the address; empty where what was learned will do.
    """

    said: str
    link: str


def stalled(playing: Playing) -> Stalled | None:
    """What to say of an experiment that gets no better; None while it does.

    It gets better where its training or its test loss falls by more than a hundredth of what it was with the first
    weights. The training loss counts, too, because it may fall for long before the test loss does. A weight set by
    hand, and another setting, begin the count anew.
    """
    if playing.longest_stand < EPOCHS:
        return None
    losses = playing.losses()
    if losses.test_error is None:
        much = losses.test > LITTLE_LEARNED * float(playing.test.targets.var(correction=0))
    else:
        much = losses.test_error > MUCH_WRONG
    if much:  # a little better since then is not enough
        said = f"No better for {EPOCHS} epochs on end: these settings hardly learn it."
        return Stalled(said, LEARNED_BY[playing.experiment.toy])
    if playing.epoch - playing.better_epoch < EPOCHS:
        return None
    return Stalled(f"No better for the last {EPOCHS} epochs: pause, or try other settings.", "")
