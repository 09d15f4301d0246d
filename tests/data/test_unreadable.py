"""Files that cannot be read are left out, named with the reason, and the rest is read; unless they are most of all."""

import numpy as np
import pytest

from pellucid.data import read
from pellucid.errors import BadInput


def test_each_broken_file_is_named_and_the_others_keep_their_places(classes, gray, save):
    root = classes("a", "b", each=8)
    whole = read(root)
    save(root / "a" / "photo.jpg", gray(5, 100, 100))
    jpeg = (root / "a" / "photo.jpg").read_bytes()
    (root / "a" / "photo.jpg").unlink()
    png = (root / "a" / "0.png").read_bytes()
    broken = {
        "a/2b.png": (png[: len(png) // 2], "is broken"),
        "a/empty.png": (b"", "is empty (0 bytes)"),
        "a/text.png": (b"not an image at all", "not an image in a known format"),
        "b/cut.jpg": (jpeg[: len(jpeg) // 2], "broken JPEG"),
        "b/x.dcm": (b"nothing", "not a DICOM file with a preamble"),
    }
    for name, (contents, _) in broken.items():
        (root / name).write_bytes(contents)
    dataset = read(root)
    assert {name for name, _ in dataset.unreadable} == set(broken)
    for name, reason in dataset.unreadable:
        assert broken[name][1] in reason
        assert reason.startswith(name)
        assert "\n" not in reason
    assert dataset.names == whole.names
    np.testing.assert_array_equal(dataset.images, whole.images)
    np.testing.assert_array_equal(dataset.labels, whole.labels)
    np.testing.assert_array_equal(dataset.sha256, whole.sha256)


@pytest.mark.parametrize(
    ("broken", "said"),
    [(5, None), (6, "6 of 10 images cannot be read, more than half"), (10, "none of 10 images can be read")],
)
def test_more_than_half_unreadable_is_an_error(classes, broken, said):
    root = classes("a", "b", each=5)
    for path in sorted(root.rglob("*.png"))[:broken]:
        path.write_bytes(b"x")
    if said is None:
        assert len(read(root).unreadable) == broken
        return
    with pytest.raises(BadInput, match=said) as error:
        read(root)
    assert f"{root}: " in str(error.value)
    assert "a/0.png" in str(error.value)
