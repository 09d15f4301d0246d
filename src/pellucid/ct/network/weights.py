"""The network's file: weights, calibration and frozen threshold in one safetensors file; no code, no pickle."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.errors import BadInput
from pellucid.run.writing import write_bytes

if TYPE_CHECKING:
    from pellucid.ct.network.model import NoduleNetwork

SHIPPED = Path(__file__).parents[1] / "models" / "nodules.safetensors"
FORMAT = 1
# Chosen by us: over fifty times what ships; a larger file is no network of ours.
MOST_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """What stands beside the weights.

    Attributes:
        width: of the network (`NoduleNetwork`).
        slope, intercept: p_nodule = sigmoid(slope * logit + intercept) (Platt 1999), fitted on scans of their own.
        threshold: the p_nodule from which a lump is a finding; frozen on those scans.
        trained_on: what it learned from, in words.
        measured: figures on the scans that the threshold was frozen on.
    """

    width: int
    slope: float
    intercept: float
    threshold: float
    trained_on: str
    measured: dict[str, Any] = field(default_factory=dict)


def save_network(path: Path, network: NoduleNetwork, facts: NetworkFacts) -> None:
    """Write both in one file.

    Raises:
        BadInput: it cannot be written.
    """
    from safetensors.torch import save

    tensors = {name: value.contiguous() for name, value in network.state_dict().items()}
    text = json.dumps({"format": FORMAT, **asdict(facts)}, sort_keys=True, separators=(",", ":"), allow_nan=False)
    write_bytes(path, save(tensors, {"pellucid": text}))


def load_network(path: Path = SHIPPED) -> tuple[NoduleNetwork, NetworkFacts]:
    """The network, ready to answer, and its facts.

    Raises:
        BadInput: no such file, or one that was not written by `pellucid ct train`.
    """
    import torch
    from safetensors import SafetensorError, safe_open

    from pellucid.ct.network.model import NoduleNetwork

    if not path.is_file():
        raise BadInput(f"{path} is not there: name weights that `pellucid ct train` wrote.")
    if path.stat().st_size > MOST_BYTES:
        raise BadInput(f"{path} is larger than any network that `pellucid ct train` writes; name its weights.")
    try:
        with safe_open(path, "pt") as file:
            facts = json.loads((file.metadata() or {})["pellucid"])
            if facts.pop("format") != FORMAT:
                raise KeyError("format")
            known = NetworkFacts(**facts)
            if not np.isfinite([known.slope, known.intercept, known.threshold]).all():
                raise ValueError("numbers that are none")
            network = NoduleNetwork(known.width)
            network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError, OSError, SafetensorError):
        raise BadInput(f"{path} is no network that `pellucid ct train` wrote: name its weights.") from None
    network.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]  # faster here
    return network.eval(), known
