"""What makes the figures of a data set lie, as the page of pictures that `pellucid audit --out` writes."""

from __future__ import annotations

from itertools import islice

from pellucid.errors import BadInput, PellucidError
from pellucid.run import Run


def audit_page_of_run(run: Run) -> str:
    """Audit the images that a run was made of, read again from where they were.

    Args:
        run: a finished one.
    Raises:
        PellucidError: they are not there any more, or are not those that the run knew; in one line.
    """
    from pellucid.auditing import page_of
    from pellucid.evaluate.checking.checks_of_source import same_images
    from pellucid.evaluate.checking.told import Told
    from pellucid.explain.own_source import own_source
    from pellucid.verifying import images_not_there

    if missing := images_not_there(run):
        raise BadInput(f"The run's images cannot be looked at: {missing.partition(';')[0]}.")
    try:
        dataset = own_source(run, None).dataset
        differs = list(islice(same_images(Told(run), dataset), 1))
    except PellucidError as problem:
        raise BadInput(f"The run's images cannot be looked at: {problem}") from None
    if differs:
        raise BadInput(
            f"The images are not those of the run any more: {differs[0]}. To look at them as they are now: "
            f"pellucid audit {run.recipe['source']['path']}"
        )
    return page_of(dataset)
