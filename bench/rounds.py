"""One round of each way to do the main job, every command in a process of its own and measured from outside."""

import os
import statistics
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import measure_sound

HERE = Path(__file__).resolve().parent
COMMAND = Path(sys.executable).with_name("pellucid")
PELLUCID = [COMMAND] if COMMAND.exists() else [sys.executable, "-m", "pellucid.cli"]
TIMES = 5
"""Commands of less than a second are run so many times a round, and the median counts."""


@dataclass(frozen=True, slots=True)
class Material:
    """What all rounds work on: the source, its files in class folders, and two folders of images to predict."""

    source: Path
    folder: Path
    to_predict: Path
    handful: Path
    images: int
    predicted: int


def prepare(source, work):
    """Unpack a zip for those who need files, and link a fifth of the images into a folder to predict."""
    folder = source
    if source.is_file():
        with zipfile.ZipFile(source) as packed:
            packed.extractall(work / "unpacked")
        folder = work / "unpacked"
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpeg", ".jpg", ".png"))
    if not files:
        sys.exit(f"{source} holds no .jpeg, .jpg or .png file: give a folder of class folders, or the same in a .zip.")
    chosen, few = files[::5][: len(files) // 5], files[:: max(1, len(files) // 6)]
    for name, members in (("to_predict", chosen), ("handful", few)):
        (work / name).mkdir()
        for file in members:
            link(file, work / name / f"{file.parent.name}_{file.name}")
    if hasattr(os, "sync"):
        os.sync()  # or the disk would still be written to while the first round reads
    return Material(source, files[0].parent.parent, work / "to_predict", work / "handful", len(files), len(chosen))


def link(file, place):
    try:
        os.link(file, place)
    except OSError:
        place.write_bytes(file.read_bytes())


def tutorial_round(material, work, epochs):
    """Learn, timed inside and watched from outside; then predict in a second process."""
    weights = work / "tutorial.pt"
    script = [sys.executable, HERE / "tutorial.py"]
    whole = measure_sound([*script, material.folder, "--epochs", str(epochs), "--save", weights])
    facts = whole.json()
    predicted = measure_sound([*script, material.to_predict, "--predict", weights], watch=False).json()
    return {
        "read": facts["read"], "shuffle": facts["shuffle"],
        "epoch": statistics.median(row["train"] for row in facts["epochs"]),
        "losses": [row["loss"] for row in facts["epochs"]], "accuracy": facts["epochs"][-1]["accuracy"],
        "job": whole.seconds, "peak_mb": whole.peak_mb,
        "predicted": predicted["images"], "images_a_second": predicted["images"] / predicted["predict"],
    }  # fmt: skip


def pellucid_round(material, work, linear_epochs, times=TIMES):
    """Pack (nothing cached), pack again, learn the linear model, do the main job (nothing cached), predict."""
    facts = {}
    with TemporaryDirectory(dir=work) as room:
        cache = {"PELLUCID_CACHE": f"{room}/packs"}
        facts["start_up"] = median_seconds([*PELLUCID, "data", "list"], cache, times)
        for kind, source in kinds_of(material):
            command = [*PELLUCID, "data", "pack", source]
            cold = measure_sound(command, cache, watch=False).seconds
            facts[f"read {kind}"] = beyond(facts["start_up"], cold)
            facts[f"again {kind}"] = beyond(facts["start_up"], median_seconds(command, cache, times))
        script = [sys.executable, HERE / "linear_epoch.py", material.source, "--epochs", str(linear_epochs)]
        linear = measure_sound(script, cache, watch=False).json()["epochs"]
        facts["epoch"] = statistics.median(row["train"] for row in linear)
        facts["losses"] = [row["loss"] for row in linear]
    with TemporaryDirectory(dir=work) as room:
        cache = {"PELLUCID_CACHE": f"{room}/packs"}
        told = ["--device", "cpu", "--json"]
        job = measure_sound([*PELLUCID, "train", material.source, "--out", f"{room}/run", *told], cache)
        said = job.json()
        facts |= {"job": job.seconds, "peak_mb": job.peak_mb, "accuracy": said["held_out"]["accuracy"]["value"]}
        facts["job_by_part"], facts["audit inside"] = said["seconds"], said["seconds"]["audit"]
        facts["audit"] = measure_sound([*PELLUCID, "audit", material.source, "--json"], cache, watch=False).seconds
        command = [*PELLUCID, "predict", f"{room}/run"]
        few = median_seconds([*command, material.handful, *told], cache, times)
        predicted = measure_sound([*command, material.to_predict, *told], cache, watch=False)
        facts["predicted"] = predicted.json()["images"]
        facts["images_a_second"] = facts["predicted"] / beyond(few, predicted.seconds)
    return facts


def kinds_of(material):
    """("zip" or "folder", source): a zip is also read as the files that it held."""
    zipped = [("zip", material.source)] if material.source.is_file() else []
    return [*zipped, ("folder", material.folder)]


def beyond(start_up, seconds):
    """Seconds less start-up, but at least a tenth of it: a smaller rest would be noise, and its ratio a fairy tale."""
    return max(seconds - start_up, start_up / 10)


def median_seconds(command, environment, times):
    return statistics.median(measure_sound(command, environment, watch=False).seconds for _ in range(times))


def lightning_round(material, work):
    """The whole job, watched from outside."""
    script = [sys.executable, HERE / "lightning_way.py", material.folder, "--save", work / "lightning.ckpt"]
    whole = measure_sound(script)
    return {"job": whole.seconds, "peak_mb": whole.peak_mb, "accuracy": whole.json()["accuracy"]}
