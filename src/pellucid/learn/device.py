"""Where to compute, and in which precision: fixed rules, never a race."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from pellucid.errors import BadInput


def choose_device(asked: str | None) -> torch.device:
    """CUDA where there is one, else Apple's mps, else the CPU; or the one that is asked for.

    Raises:
        BadInput: it is not there.
    """
    if asked is None:
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
        return torch.device(name)
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    kind = asked.split(":")[0]
    if kind not in there:
        raise BadInput(f"--device {asked!r} is none of cpu, cuda, mps.")
    if not there[kind]:
        present = ", ".join(name for name, is_there in there.items() if is_there)
        raise BadInput(f"--device {asked}: this machine or this build of torch has only {present}.")
    return torch.device(asked)


def choose_precision(asked: str, model: str, device: torch.device) -> str:
    """float32, or bfloat16 for the cnn where the processor computes with it natively (AMX, AVX512-BF16; CUDA 8.0).

    The rule is fixed, so that the same machine always does the same; recipe.json holds what came of it.
    """
    if asked != "auto":
        return asked
    if model != "cnn":
        return "float32"
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.get_device_capability(device) >= (8, 0) else "float32"
    return "bfloat16" if device.type == "cpu" and _cpu_computes_bfloat16() else "float32"


def _cpu_computes_bfloat16() -> bool:
    try:
        flags = Path("/proc/cpuinfo").read_text("ascii", "ignore").partition("flags")[2].partition("\n")[0].split()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def make_repeatable(device: torch.device, seed: int) -> None:
    """Seed torch; on a GPU choose kernels that give the same bits every time."""
    torch.manual_seed(seed)
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # Source: PyTorch notes, Reproducibility
        torch.backends.cudnn.benchmark = False
        torch.use_deterministic_algorithms(True, warn_only=True)  # a kernel without such a form is told, not refused
