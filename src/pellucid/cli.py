"""The command line: arguments in, one function called, result out; nothing heavy is imported before it is needed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from pellucid import __version__
from pellucid.errors import PellucidError

app = typer.Typer(
    help="Medical image classifiers that one can trust, in seconds, and see through. Begin with: pellucid train digits",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
data_app = typer.Typer(help="Named data sets, and the cache of packed images.", no_args_is_help=True)
app.add_typer(data_app, name="data")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, and nothing else, to stdout.")]
Source = Annotated[
    str, typer.Argument(help="Folder, .zip, .csv, .npz, .h5, IDX files, or a name from `pellucid data list`.")
]
GroupBy = Annotated[
    str | None,
    typer.Option(
        help="Which images are of one patient: column:NAME, level:K, regex:PATTERN, dicom:PatientID, or none."
    ),
]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, such as runs/digits.")]


def show_version(asked: bool) -> bool:
    """Print the version, and end."""
    if asked:
        typer.echo(f"pellucid {__version__}")
        raise typer.Exit
    return asked


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Medical image classifiers that one can trust, in seconds, and see through."""


@app.command(epilog="Example: pellucid train medical_mnist.zip --model cnn --epochs 3")
def train(
    source: Annotated[
        str | None,
        typer.Argument(
            help="Folder of class folders, .zip, .csv, .npz, .h5, IDX files, or a name from `pellucid data list`."
        ),
    ] = None,
    model: Annotated[str | None, typer.Option(help="auto, linear, mlp or cnn.")] = None,
    group_by: GroupBy = None,
    image_size: Annotated[int | None, typer.Option(help="Resize to this side, in pixels.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Times that each training image is seen.")] = None,
    learning_rate: Annotated[float | None, typer.Option("--lr", help="Peak learning rate.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="adamw or sgd.")] = None,
    split: Annotated[
        str | None, typer.Option(help="stratified; or clean: near-identical images never stand on both sides.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the split, the first weights and the order.")] = None,
    device: Annotated[str | None, typer.Option(help="cpu, cuda or mps.")] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="A TOML file with settings; r0.toml to r2b.toml come with pellucid.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The run folder to make; by default runs/NAME.")] = None,
    resume: Annotated[Path | None, typer.Option(help="Go on with an interrupted run.")] = None,
    as_json: Json = False,
) -> None:
    """Learn to classify images, measure it on images held out, and write a report."""
    from pellucid.summary import train_json, train_lines
    from pellucid.training import train as train_run

    with _interruptible():
        run = train_run(
            source, model=model, group_by=group_by, image_size=image_size, epochs=epochs, learning_rate=learning_rate,
            batch_size=batch_size, optimizer=optimizer, split=split, seed=seed, device=device, recipe=recipe, out=out,
            resume=resume,
        )  # fmt: skip
    _show(train_json(run) if as_json else train_lines(run))


@app.command(epilog="Example: pellucid predict runs/digits scans/ --out predictions.csv")
def predict(
    run: RunArgument,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Image files, folders (all images below them) or zips.")
    ],
    out: Annotated[Path, typer.Option(help="The table to write.")] = Path("predictions.csv"),
    max_error: Annotated[
        float, typer.Option(help="Errors among the answers called certain: 0.005, 0.01, 0.02, 0.05 or 0.1.")
    ] = 0.05,
    device: Annotated[str | None, typer.Option(help="cpu, cuda or mps.")] = None,
    as_json: Json = False,
) -> None:
    """Calibrated probabilities for images, as a table; with --json on stdout instead."""
    from pellucid.predicting import TrainedRun, check_out, save_predictions
    from pellucid.summary import predict_lines

    if not as_json:
        check_out(out)
    predictions = TrainedRun(run).predict(list(paths), device, max_error)
    for _, reason in predictions.unreadable:
        typer.echo(f"Left out: {reason}", err=True)
    if as_json:
        _show(predictions.as_dict())
        return
    save_predictions(predictions, out)
    _show(predict_lines(predictions, out))


@app.command(epilog="Example: pellucid audit scans/ --out audit.html")
def audit(
    source: Source,
    group_by: GroupBy = None,
    image_size: Annotated[int | None, typer.Option(help="Resize to this side, in pixels.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the findings as a page with pictures, too.")] = None,
    as_json: Json = False,
) -> None:
    """Look for what makes a data set's figures lie: repeats, leaks, blanks, odd sizes, shortcuts."""
    from pellucid.auditing import audit_source

    with _interruptible():
        audited = audit_source(source, group_by=group_by, image_size=image_size, out=out)
    _show(audited.as_dict() if as_json else audited.lines())


@app.command(epilog="Example: pellucid verify runs/digits")
def verify(
    run: RunArgument,
    source: Annotated[str | None, typer.Option(help="Where the run's images are now, if they were moved.")] = None,
    as_json: Json = False,
) -> None:
    """Compute every figure of a run again from its tables, and ask its model again; exit status 1 if one differs."""
    from pellucid.run import Run
    from pellucid.verifying import verify as verify_run

    verified = verify_run(Run(run), source)
    _show(verified.as_dict() if as_json else verified.lines())
    if not verified.holds:
        raise typer.Exit(1)


@app.command(epilog="Example: pellucid report runs/digits")
def report(run: RunArgument, as_json: Json = False) -> None:
    """A run's figures, and where its report lies."""
    from pellucid.run import Run
    from pellucid.summary import train_json, train_lines

    found = Run(run)
    _show(train_json(found) if as_json else train_lines(found))


@app.command(epilog="Example: pellucid runs")
def runs(
    folder: Annotated[Path, typer.Argument(help="Where the run folders are.")] = Path("runs"), as_json: Json = False
) -> None:
    """All runs in a folder, with their figures."""
    from pellucid.run import find_runs
    from pellucid.summary import runs_json, runs_lines

    found = find_runs(folder)
    _show(runs_json(found) if as_json else runs_lines(found, folder))


@app.command(epilog="Example: pellucid info")
def info(as_json: Json = False) -> None:
    """Versions, where torch is, device, threads, cache."""
    from pellucid.summary import info_facts

    facts = info_facts()
    _show(facts if as_json else [f"{name:<10} {value}" for name, value in facts.items()])


@data_app.command("list", epilog="Example: pellucid data list")
def data_list(as_json: Json = False) -> None:
    """All data sets that have a name."""
    from pellucid.summary import catalog_json, catalog_lines

    _show(catalog_json() if as_json else catalog_lines())


@data_app.command("fetch", epilog="Example: pellucid data fetch breastmnist")
def data_fetch(
    name: Annotated[str, typer.Argument(help="A name from `pellucid data list`.")], as_json: Json = False
) -> None:
    """Download a named data set into the cache, and check it."""
    from pellucid.data.fetch import fetch
    from pellucid.data.store import cache_folder
    from pellucid.progress import bars

    with bars() as progress:
        files = fetch(
            name,
            cache_folder() / "downloads",
            progress=lambda done, total: progress(f"fetching {name}", done, total or 0),
        )
    _show(
        {"name": name, "files": [str(file) for file in files]}
        if as_json
        else [str(file) for file in files] or [f"{name} needs no download."]
    )


@data_app.command("pack", epilog="Example: pellucid data pack medical_mnist.zip")
def data_pack(
    source: Source,
    image_size: Annotated[int | None, typer.Option(help="Resize to this side, in pixels.")] = None,
    rehash: Annotated[
        bool, typer.Option("--rehash", help="Decode again even if the cache has the pack, and compare.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Decode all images of a source into one packed array in the cache."""
    from pellucid.summary import pack_lines, packed

    facts = packed(source, image_size, rehash)
    _show(facts if as_json else pack_lines(facts))


@data_app.command("clear", epilog="Example: pellucid data clear")
def data_clear(
    downloads: Annotated[bool, typer.Option("--downloads", help="Remove downloaded data sets as well.")] = False,
    as_json: Json = False,
) -> None:
    """Remove all packed images from the cache."""
    from pellucid.data.store import clear

    freed = clear(downloads)
    _show({"freed_bytes": freed} if as_json else [f"{freed / 1e6:,.1f} MB freed."])


def _show(result: dict[str, Any] | list[Any]) -> None:
    if isinstance(result, dict):
        indent = 1 if sys.stdout.isatty() else None  # for people; programs get it in a tenth of the time
        typer.echo(json.dumps(result, indent=indent, allow_nan=False))
    else:
        for line in result:
            typer.echo(line)


def main() -> None:
    """Run the command; what cannot be done is told in one line, with exit status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="surrogateescape" if stream.encoding.lower() == "utf-8" else "backslashreplace")
    _leave(_status())


def _status() -> int:
    try:
        app()
    except PellucidError as problem:
        typer.echo(f"pellucid: {problem}", err=True)
        return 1
    except OSError as problem:  # such as stdout on a full disk
        with contextlib.suppress(OSError):
            typer.echo(f"pellucid: {problem.strerror or problem}", err=True)
        return 1
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    return 0


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C ends with status 130; what was interrupted has said how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _leave(status: int) -> NoReturn:
    """End at once: everything is written by now, and taking torch apart would take another half second."""
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
