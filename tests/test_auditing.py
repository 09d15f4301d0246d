"""`pellucid audit`: one JSON object with the promised keys, ten lines for people, a page that overwrites nothing."""

import json

import numpy as np
import pytest
from PIL import Image

from pellucid.auditing import audit_source, check_out
from pellucid.data import draw_split, read
from pellucid.errors import BadInput
from pellucid.evaluate.rivals.probing import ask_probes
from pellucid.evaluate.rivals.shortcuts import fit_probes

PROMISED = {
    "cases", "unreadable", "identical", "near_identical", "across_classes", "across_parts", "blank",
    "groups_across_parts", "shortcuts", "seconds",
}  # fmt: skip


@pytest.fixture
def planted(pictures):
    """Two classes of 30, in which one image stands in both, one thrice, one is blank, and one is no image."""
    root = pictures("cat", "dog", each=30)
    (root / "dog" / "twin.png").write_bytes((root / "cat" / "0.png").read_bytes())
    for name in ("again.png", "once more.png"):
        (root / "cat" / name).write_bytes((root / "cat" / "1.png").read_bytes())
    Image.fromarray(np.full((12, 13), 9, np.uint8)).save(root / "dog" / "blank.png")
    (root / "dog" / "broken.png").write_bytes(b"no image")
    return root


def test_json_has_the_promised_keys_and_counts_what_was_planted(planted):
    told = json.loads(json.dumps(audit_source(planted).as_dict(), allow_nan=False))
    assert set(told) >= PROMISED
    assert told["cases"] == 64
    assert told["identical"] == {"groups": 2, "cases": 5, "redundant": 3}
    assert (told["across_classes"], told["across_parts"], told["blank"], told["groups_across_parts"]) == (1, 0, 1, 0)
    assert [one["path"] for one in told["unreadable"]] == ["dog/broken.png"]
    files = {one["kind"]: one["files"] for one in told["findings"]}
    assert files["identical_across_classes"] == [["cat/0.png", "dog/twin.png"]]
    assert files["blank"] == [["dog/blank.png"]]
    assert files["unreadable"] == [["dog/broken.png"]]
    assert told["findings"][0]["kind"] == "identical_across_classes"


def test_shortcuts_are_the_accuracies_on_the_held_out_part():
    digits = read("digits")
    audited = audit_source("digits")
    split = draw_split(digits, 0, audited.audit.alike)  # what is alike stays on one side
    told = audited.as_dict()["shortcuts"]
    probes = fit_probes(digits, split.train, split.held_out, 0)
    assert list(told) == [probe.name for probe in probes]
    for probe in probes:
        right = (probe.probabilities.argmax(1) == digits.labels[split.held_out]).mean()
        assert told[probe.name] == pytest.approx(right)
    commonest = ask_probes(digits, alike=audited.audit.alike)[-1]
    largest = np.bincount(digits.labels[split.train]).argmax()
    assert commonest.accuracy["value"] == pytest.approx((digits.labels[split.held_out] == largest).mean())


def test_a_frame_that_tells_the_class_is_a_finding_and_noise_is_not(tmp_path):
    def make(name, frame):
        for klass in range(2):
            (tmp_path / name / str(klass)).mkdir(parents=True)
            for index in range(60):
                pixels = np.random.default_rng([klass, index]).integers(0, 255, (24, 24)).astype(np.uint8)
                if frame:
                    pixels[0] = 40 * klass + pixels[0] // 8
                Image.fromarray(pixels).save(tmp_path / name / str(klass) / f"{index}.png")
        return [finding.kind for finding in audit_source(tmp_path / name).findings]

    assert "shortcut" in make("framed", frame=True)
    assert "shortcut" not in make("plain", frame=False)


def test_a_set_too_small_for_a_split_is_audited_without_probes(pictures):
    audited = audit_source(pictures("cat", "dog", each=2))
    told = audited.as_dict()
    assert told["shortcuts"] == {}
    assert "4 or more are needed" in told["not_probed"]
    assert "no shortcut probes" in "\n".join(audited.lines())


def test_people_get_ten_lines_at_most(planted):
    lines = audit_source(planted).lines()
    assert lines[0].startswith("64 images of images: ")
    assert any("contradict" in line and "First: cat/0.png" in line for line in lines)
    assert len(lines) <= 10


def test_an_earlier_page_is_replaced_and_no_other_file(planted, here):
    page = here / "page.html"
    audit_source(planted, out=page)
    before = page.read_text()
    (planted / "cat" / "0.png").unlink()
    audit_source(planted, out=page)
    assert page.read_text() != before
    (here / "notes.html").write_text("<html>mine</html>")
    for path, reason in (
        (here / "notes.html", "is no audit page"), (here, "is a folder"), (here / "none" / "page.html", "is not there"),
    ):  # fmt: skip
        with pytest.raises(BadInput, match=reason):
            audit_source(planted, out=path)
    assert (here / "notes.html").read_text() == "<html>mine</html>"
    check_out(here / "new.html")


@pytest.mark.slow
def test_auditing_knows_no_torch(driver, planted):
    done = driver(
        "import sys; from pellucid.auditing import audit_source; audit_source(sys.argv[1], out='page.html')\n"
        "print('torch' in sys.modules)",
        str(planted),
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["False"]


@pytest.mark.slow
@pytest.mark.realdata
def test_exams_of_lidc_are_known_and_its_backgrounds_no_finding():
    import os
    from pathlib import Path

    folder = os.environ.get("PELLUCID_DATA")
    if not folder:
        pytest.skip("lidc_nodule_slices.zip is missing: set PELLUCID_DATA to the folder that holds it")
    audited = audit_source(Path(folder) / "lidc_nodule_slices.zip")
    kinds = {finding.kind for finding in audited.findings}
    assert not kinds & {"saturated_bright", "saturated_dark", "nearly_constant", "blank", "groups_unknown", "odd_sizes"}
