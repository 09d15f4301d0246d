"""Where learning stands, in one file that is always whole: weights now and best, the optimizer's state, the position.

No random state is kept, because there is none: the order of cases and the moves of augmentation are functions of the
seed and of the step's number (see `batches`).
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from pellucid.errors import BadInput
from pellucid.learn.learner import Learner
from pellucid.run.history import HistoryRow
from pellucid.run.writing import write_bytes


@dataclass(slots=True)
class Progressed:
    """How far learning is; what a loop needs beside the tensors to go on."""

    step: int = 0
    best_step: int = 0
    best_loss: float | None = None
    since_row: tuple[float, int] = (0.0, 0)
    """Sum and number of the training losses since the last row of history.csv."""
    seconds: float = 0.0


def save_checkpoint(
    path: Path,
    learner: Learner,
    best: dict[str, Tensor],
    progressed: Progressed,
    history: list[HistoryRow],
) -> None:
    """Write it all under a temporary name, then rename: a kill at any moment leaves the old one or the new one."""
    tensors = {f"now.{name}": value for name, value in learner.model.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in best.items()}
    tensors |= {f"momenta.{number}": value for number, value in enumerate(learner.state.momenta)}
    tensors |= {f"squares.{number}": value for number, value in enumerate(learner.state.squares)}
    facts = {**asdict(progressed), "optimizer_steps": learner.state.steps, "history": [asdict(row) for row in history]}
    contiguous = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    write_bytes(path, save(contiguous, {"pellucid": json.dumps(facts, sort_keys=True)}))


def load_checkpoint(path: Path, learner: Learner) -> tuple[Progressed, dict[str, Tensor], list[HistoryRow]]:
    """Put the model and the optimizer's state back; returns the position, the best weights, and history's rows.

    Raises:
        BadInput: the file is damaged, or is of another model.
    """
    try:
        contents = path.read_bytes()
        tensors = load(contents)
        header = json.loads(contents[8 : 8 + struct.unpack("<Q", contents[:8])[0]])
        facts = json.loads(header["__metadata__"]["pellucid"])
        learner.model.load_state_dict(_below("now.", tensors))
        for kind in ("momenta", "squares"):
            for number, value in enumerate(getattr(learner.state, kind)):
                value.copy_(tensors[f"{kind}.{number}"])
        learner.state = replace(learner.state, steps=facts.pop("optimizer_steps"))
        history = [HistoryRow(**row) for row in facts.pop("history")]
        facts["since_row"] = tuple(facts["since_row"])
        return Progressed(**facts), _below("best.", tensors), history
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError, struct.error) as problem:
        told = " ".join(str(problem).split())
        raise BadInput(f"{path} cannot be gone on from ({told}): remove it to begin this run anew.") from None


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
