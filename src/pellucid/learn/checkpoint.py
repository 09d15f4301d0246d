"""Where learning stands, in one file that is always whole: weights now and best, the optimizer's state, the position.

No random state is kept, because there is none: the order of cases and the moves of augmentation are functions of the
seed and of the step's number (see `batches`).
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from pellucid.errors import BadInput
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
    model: nn.Module,
    best: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    progressed: Progressed,
    history: list[HistoryRow],
) -> None:
    """Write it all under a temporary name, then rename: a kill at any moment leaves the old one or the new one."""
    tensors = {f"now.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in best.items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": value for name, value in state.items() if isinstance(value, Tensor)}
    facts = {**asdict(progressed), "history": [asdict(row) for row in history]}
    contiguous = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
    write_bytes(path, save(_unshared(contiguous), {"pellucid": json.dumps(facts, sort_keys=True)}))


def _unshared(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.clone() if value.dim() == 0 else value for name, value in tensors.items()}


def load_checkpoint(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer
) -> tuple[Progressed, dict[str, Tensor], list[HistoryRow]]:
    """Put model and optimizer back to where they stood; returns the position, the best weights, and history's rows.

    Raises:
        BadInput: the file is damaged, or is of another model.
    """
    try:
        contents = path.read_bytes()
        tensors = load(contents)
        header = json.loads(contents[8 : 8 + struct.unpack("<Q", contents[:8])[0]])
        facts = json.loads(header["__metadata__"]["pellucid"])
        model.load_state_dict(_below("now.", tensors))
        _load_optimizer(optimizer, tensors)
        history = [HistoryRow(**row) for row in facts.pop("history")]
        facts["since_row"] = tuple(facts["since_row"])
        return Progressed(**facts), _below("best.", tensors), history
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError, struct.error) as problem:
        raise BadInput(f"{path} cannot be gone on from ({problem}): remove it to begin this run anew.") from None


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _load_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _below("optimizer.", tensors).items():
        number, _, what = name.partition(".")
        state.setdefault(int(number), {})[what] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
