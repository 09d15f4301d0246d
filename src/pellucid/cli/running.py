"""The commands around a run: train, predict, audit, verify, report, runs, info; each is one call and its result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pellucid.cli.arguments import GroupBy, Json, RunArgument, Source, interruptible, show

run_app = typer.Typer()


@run_app.command(epilog="Example: pellucid train medical_mnist.zip --model cnn --epochs 3")
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

    with interruptible():
        run = train_run(
            source, model=model, group_by=group_by, image_size=image_size, epochs=epochs, learning_rate=learning_rate,
            batch_size=batch_size, optimizer=optimizer, split=split, seed=seed, device=device, recipe=recipe, out=out,
            resume=resume,
        )  # fmt: skip
    show(train_json(run) if as_json else train_lines(run))


@run_app.command(epilog="Example: pellucid predict runs/digits scans/ --out predictions.csv")
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
        show(predictions.as_dict())
        return
    save_predictions(predictions, out)
    show(predict_lines(predictions, out))


@run_app.command(epilog="Example: pellucid audit scans/ --out audit.html")
def audit(
    source: Source,
    group_by: GroupBy = None,
    image_size: Annotated[int | None, typer.Option(help="Resize to this side, in pixels.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the findings as a page with pictures, too.")] = None,
    as_json: Json = False,
) -> None:
    """Look for what makes a data set's figures lie: repeats, leaks, blanks, odd sizes, shortcuts."""
    from pellucid.auditing import audit_source

    with interruptible():
        audited = audit_source(source, group_by=group_by, image_size=image_size, out=out)
    show(audited.as_dict() if as_json else audited.lines())


@run_app.command(epilog="Example: pellucid verify runs/digits")
def verify(
    run: RunArgument,
    source: Annotated[str | None, typer.Option(help="Where the run's images are now, if they were moved.")] = None,
    as_json: Json = False,
) -> None:
    """Compute every figure of a run again from its tables, and ask its model again; exit status 1 if one differs."""
    from pellucid.run import Run
    from pellucid.verifying import verify as verify_run

    verified = verify_run(Run(run), source)
    show(verified.as_dict() if as_json else verified.lines())
    if not verified.holds:
        raise typer.Exit(1)


@run_app.command(epilog="Example: pellucid report runs/digits")
def report(run: RunArgument, as_json: Json = False) -> None:
    """A run's figures, and where its report lies."""
    from pellucid.run import Run
    from pellucid.summary import train_json, train_lines

    found = Run(run)
    show(train_json(found) if as_json else train_lines(found))


@run_app.command(epilog="Example: pellucid runs")
def runs(
    folder: Annotated[Path, typer.Argument(help="Where the run folders are.")] = Path("runs"), as_json: Json = False
) -> None:
    """All runs in a folder, with their figures."""
    from pellucid.run import find_runs
    from pellucid.summary import runs_json, runs_lines

    found = find_runs(folder)
    show(runs_json(found) if as_json else runs_lines(found, folder))


@run_app.command(epilog="Example: pellucid info")
def info(as_json: Json = False) -> None:
    """Versions, where torch is, device, threads, cache."""
    from pellucid.summary import info_facts

    facts = info_facts()
    show(facts if as_json else [f"{name:<10} {value}" for name, value in facts.items()])
