"""The bench itself, tried on a few hundred small JPEGs made here: every command runs, and every result is looked at.

What is measured: n = 1 round; the times are printed and never judged, so nothing here depends on how busy a machine is.

    python bench/small.py
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from figures import figures, losses_agree, table
from main_job import measure_all
from rounds import prepare

A_CLASS = 120


def make_images(folder):
    """Three classes of noise: without lines, with lines across, with lines down."""
    draw = np.random.default_rng(0)
    for name in ("across", "down", "plain"):
        (folder / name).mkdir(parents=True)
        for number in range(A_CLASS):
            image = draw.integers(0, 100, (64, 64))
            first = draw.integers(8)
            if name != "plain":
                image[first::8] += 120
            pixels = (image.T if name == "down" else image).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number:04}.jpeg", quality=90)


def main():
    with TemporaryDirectory() as temporary:
        work = Path(temporary)
        make_images(work / "images")
        found = measure_all(prepare(work / "images", work), work, rounds=1, epochs=2, linear_epochs=2, times=1)
    rows = figures(found["tutorial"], found["pellucid"])
    print("\n".join(table([replace(row, least=None, hope=None) for row in rows])))  # nothing is promised for so few
    (tutorial,), (pellucid,) = found["tutorial"], found["pellucid"]
    expected = {
        "both predict a fifth of the images": tutorial["predicted"] == pellucid["predicted"] == 3 * A_CLASS // 5,
        "the linear models' losses agree": losses_agree(tutorial, pellucid, within=1e-4),
        "the losses fall": pellucid["losses"][1] < pellucid["losses"][0] < np.log(10),
        "the default network tells lines from noise": pellucid["accuracy"] >= 0.95,
        "memory was seen": min(tutorial["peak_mb"], pellucid["peak_mb"]) > 50,
    }
    for what, held in expected.items():
        print(f"{'ok' if held else 'WRONG'}: {what}")
    raise SystemExit(0 if all(expected.values()) else 1)


if __name__ == "__main__":
    main()
