"""Pages of the ladder are run as `python examples/NAME [SOURCE]` runs them; tests look at their variables."""

import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jaxtyping
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[Callable[..., dict[str, Any]]]:
    """Run a page, and return its variables. Thousands of small steps are quicker with `shapes=False`: unchecked."""
    import matplotlib.pyplot as plt
    import torch

    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("MPLBACKEND", "Agg")
        patch.setattr(plt, "show", lambda: None)  # Agg warns where there is a screen

        def run_page(name: str, *source: str, shapes: bool = True) -> dict[str, Any]:
            patch.setattr(sys, "argv", [name, *source])
            jaxtyping.config.update("jaxtyping_disable", not shapes)
            try:
                return runpy.run_path(str(EXAMPLES / name), run_name="__main__")
            finally:
                jaxtyping.config.update("jaxtyping_disable", False)
                plt.close("all")

        yield run_page
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def page(run) -> Callable[[str], dict[str, Any]]:
    """A page's variables; it is run once, however many tests ask, and its shapes are not checked."""
    ran: dict[str, dict[str, Any]] = {}

    def page_of(name: str) -> dict[str, Any]:
        if name not in ran:
            ran[name] = run(name, shapes=False)
        return ran[name]

    return page_of
