"""Images that a trained model is asked about, from wherever they lie, against the arrays that were saved."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from pellucid.data.form import Form
from pellucid.data.loose import decoded
from pellucid.errors import BadInput

GRAY = Form(channels=1, dtype="uint8", size=8, resized=True)
RGB = Form(channels=3, dtype="uint8", size=8, resized=True)


def read(*paths, form=GRAY):
    """Names, pixels and reasons, copied before the temporary array goes."""
    with decoded(paths, form) as (names, pixels, unreadable):
        return names, np.array(pixels), dict(unreadable)


@pytest.fixture
def zipped(tmp_path, gray, save):
    def make(name="scans.zip", **pictures):
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for inside, pixels in pictures.items():
                archive.write(save(tmp_path / "to-zip" / f"{inside}.png", pixels), f"below/{inside}.png")
        return path

    return make


def test_files_of_several_folders_keep_their_order_and_their_names(tmp_path, gray, save):
    paths = [save(tmp_path / folder / "1.png", gray(seed)) for seed, folder in enumerate(["b", "a/deep", "c"])]
    names, pixels, unreadable = read(*paths)
    assert names == [str(path) for path in paths]
    np.testing.assert_array_equal(pixels, [[gray(seed)] for seed in range(3)])
    assert unreadable == {}


def test_a_name_told_relative_to_the_folder_one_stands_in_stays_so(tmp_path, gray, save, monkeypatch):
    save(tmp_path / "a" / "1.png", gray(1))
    save(tmp_path / "2.png", gray(2))
    monkeypatch.chdir(tmp_path / "a")
    names, pixels, _ = read("1.png", "../2.png")
    assert names == ["1.png", "../2.png"]
    np.testing.assert_array_equal(pixels, [[gray(1)], [gray(2)]])


def test_all_images_below_a_folder_are_read_and_other_files_passed_over(tmp_path, gray, save):
    save(tmp_path / "a" / "b" / "1.png", gray(1))
    save(tmp_path / "a" / "2.png", gray(2))
    (tmp_path / "a" / "notes.txt").write_text("not an image")
    (tmp_path / "a" / "LICENSE").write_text("not an image")
    (tmp_path / "a" / "gone").symlink_to(tmp_path / "nowhere")
    names, pixels, unreadable = read(tmp_path / "a")
    found = dict(zip(names, pixels, strict=True))
    assert set(found) == {str(tmp_path / "a" / "b" / "1.png"), str(tmp_path / "a" / "2.png")}
    np.testing.assert_array_equal(found[str(tmp_path / "a" / "2.png")][0], gray(2))
    assert unreadable == {}


def test_files_a_folder_and_a_zip_in_one_go(tmp_path, gray, save, zipped):
    file = save(tmp_path / "one.png", gray(1))
    folder = save(tmp_path / "some" / "2.png", gray(2)).parent
    archive = zipped(three=gray(3), four=gray(4))
    (folder / "broken.png").write_bytes(b"nothing")
    names, pixels, unreadable = read(archive, folder, file)
    wanted = {
        str(file): gray(1),
        str(folder / "2.png"): gray(2),
        f"{archive}/below/three.png": gray(3),
        f"{archive}/below/four.png": gray(4),
    }
    assert set(names) == set(wanted)
    for name, picture in zip(names, pixels, strict=True):
        np.testing.assert_array_equal(picture[0], wanted[name])
    assert list(unreadable) == [str(folder / "broken.png")]


def test_dicom_files_without_an_ending_are_found_in_folders_and_zips(tmp_path):
    from pydicom.data import get_testdata_file

    contents = Path(get_testdata_file("CT_small.dcm")).read_bytes()
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "IM0001").write_bytes(contents)
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        archive.writestr("IM0001", contents)
        archive.writestr("README", "no image")
    hounsfield = Form(channels=1, dtype="int16", size=128, resized=True)
    names, pixels, _ = read(tmp_path / "study", tmp_path / "study.zip", form=hounsfield)
    assert names == [str(tmp_path / "study" / "IM0001"), f"{tmp_path / 'study.zip'}/IM0001"]
    np.testing.assert_array_equal(pixels[0], pixels[1])
    assert pixels[0, 0, 0, 0] == 175 - 1024  # the file's first stored value, and its Rescale Intercept


def test_other_sizes_are_brought_to_the_models(tmp_path, save):
    path = save(tmp_path / "wide.png", np.tile(np.array([[10, 90]], np.uint8).repeat(8, 1), (4, 1)))
    _, pixels, _ = read(path)
    assert pixels.shape == (1, 1, 8, 8)
    np.testing.assert_array_equal(pixels[0, 0, :, [0, 7]], [[10] * 8, [90] * 8])


def test_colour_is_refused_by_a_model_that_learned_from_gray(tmp_path, gray, save):
    colour = save(tmp_path / "colour.png", np.stack([gray(1), gray(2), gray(3)], -1))
    fine = save(tmp_path / "fine.png", gray(1))
    names, _, unreadable = read(fine, colour)
    assert names == [str(fine)]
    assert "colour.png is in colour, and the model learned from gray images" in unreadable[str(colour)]


def test_colour_of_equal_channels_is_gray(tmp_path, gray, save):
    path = save(tmp_path / "gray.png", np.stack([gray(1)] * 3, -1))
    _, pixels, unreadable = read(path)
    np.testing.assert_array_equal(pixels, [[gray(1)]])
    assert unreadable == {}


def test_gray_is_repeated_for_a_model_that_learned_from_colour(tmp_path, gray, save):
    _, pixels, _ = read(save(tmp_path / "gray.png", gray(1)), form=RGB)
    np.testing.assert_array_equal(pixels, [[gray(1)] * 3])


def test_sixteen_bits_are_refused_by_a_model_that_learned_from_eight(tmp_path, gray, save):
    deep = save(tmp_path / "deep.png", gray(1, most=60_000, dtype="uint16"))
    _, _, unreadable = read(save(tmp_path / "fine.png", gray(1)), deep)
    assert "deep.png holds uint16 values, and the model learned from uint8" in unreadable[str(deep)]


def test_nothing_that_can_be_read_is_an_error_of_one_line(tmp_path):
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(BadInput, match=r"^None of 2 images can be read\. a\.png is not an image") as found:
        read(tmp_path)
    assert "\n" not in str(found.value)
    with pytest.raises(BadInput, match=r"^a\.png is not an image"):
        read(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere.png", "is not there: give image files, folders or zips"),
        ("nowhere.zip", "is not there: give image files, folders or zips"),
        ("empty", "holds no images"),
        ("empty.zip", "holds no images"),
        ("broken.zip", "is not a whole zip file"),
    ],
)
def test_what_holds_no_images_is_named(tmp_path, name, reason):
    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as archive:
        archive.writestr("notes.txt", "no image")
    (tmp_path / "broken.zip").write_bytes(b"PK nothing")
    with pytest.raises(BadInput, match=reason) as found:
        read(tmp_path / name)
    assert str(found.value).startswith(str(tmp_path / name))


def test_no_paths_at_all_is_an_error():
    with pytest.raises(BadInput, match="No images were named"):
        read()


def test_nothing_stays_in_the_cache(cache, tmp_path, gray, save):
    read(save(tmp_path / "1.png", gray(1)))
    assert not [path for path in (cache / "packs").rglob("*") if path.is_file()]
