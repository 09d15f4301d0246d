"""Packs: found again, made anew when anything changes, and never left half-made."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest

import pellucid.data.processes as processes
from pellucid.data import read
from pellucid.errors import BadInput, PellucidError


@pytest.fixture
def many(tmp_path, gray, save):
    """Three chunks of tiny images; gray first, RGB late, one broken: all that can go two ways in several processes."""
    root = tmp_path / "images"
    for number in range(600):
        pixels = gray(number, 4, 4)
        save(root / "ab"[number % 2] / f"{number:03}.png", np.stack([pixels] * 3, -1) if number == 599 else pixels)
    (root / "a" / "300.png").write_bytes(b"broken")
    return root


@pytest.fixture
def three_processes(monkeypatch):
    monkeypatch.setattr(processes, "FEW", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    return processes


def left_in(cache):
    return sorted(path.name for path in (cache / "packs").iterdir())


def test_the_second_reading_comes_from_the_cache_and_is_equal(classes, cache):
    root = classes("a", "b")
    first, second = read(root), read(root)
    assert (first.from_cache, second.from_cache) == (False, True)
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(first.labels, second.labels)
    np.testing.assert_array_equal(first.sha256, second.sha256)
    assert first.names == second.names
    assert left_in(cache) == [first.key]


def test_the_hash_of_each_image_is_sha256_of_its_pixels(classes):
    from hashlib import sha256

    dataset = read(classes("a", "b"))
    for image, digest in zip(dataset.images, dataset.sha256, strict=True):
        assert sha256(image.tobytes()).digest() == digest.tobytes()


def test_images_cannot_be_written_to(classes):
    with pytest.raises(ValueError, match="read-only"):
        read(classes("a", "b")).images[0] = 0


def test_any_change_of_the_folder_is_seen(classes, gray, save):
    root = classes("a", "b")
    keys = [read(root).key]
    save(root / "a" / "0.png", gray(77))
    keys.append(read(root).key)
    save(root / "a" / "new.png", gray(78))
    keys.append(read(root).key)
    (root / "a" / "new.png").rename(root / "b" / "new.png")
    keys.append(read(root).key)
    os.utime(root / "a" / "0.png", ns=(1, 1))
    keys.append(read(root).key)
    assert len(set(keys)) == 5


def test_another_size_is_another_pack_and_both_stay(classes, cache):
    root = classes("a", "b")
    assert read(root).images.shape[-1] == 8
    assert read(root, image_size=16).images.shape[-1] == 16
    assert read(root).from_cache
    assert len(left_in(cache)) == 2


def test_the_cache_argument_comes_before_the_variable(classes, cache, tmp_path):
    read(classes("a", "b"), cache=tmp_path / "mine")
    assert (tmp_path / "mine" / "packs").is_dir()
    assert not (cache / "packs").exists()


@pytest.mark.slow
def test_several_processes_make_the_same_bytes_as_one(many, cache, three_processes, monkeypatch):
    together = read(many)
    bytes_of = {name: (together.pack / name).read_bytes() for name in ("images.bin", "sha256.bin")}
    facts = json.loads((together.pack / "facts.json").read_text())
    shutil.rmtree(cache / "packs")
    monkeypatch.setattr(processes, "FEW", 10**6)
    alone = read(many)
    assert {name: (alone.pack / name).read_bytes() for name in bytes_of} == bytes_of
    assert {**json.loads((alone.pack / "facts.json").read_text()), "seconds": 0} == {**facts, "seconds": 0}
    assert [name for name, _ in alone.unreadable] == ["a/300.png"]
    assert alone.said == ("598 of 599 images are gray beside RGB ones and were made RGB, a/000.png first.",)


def test_a_killed_process_is_an_error_and_nothing_stays(many, cache, three_processes, monkeypatch):
    started = []

    def start_and_kill(*arguments, **options):
        started.append(subprocess.Popen(*arguments, **options))
        if len(started) == 2:
            os.kill(started[1].pid, signal.SIGKILL)
        return started[-1]

    class Patched:
        PIPE, Popen = subprocess.PIPE, staticmethod(start_and_kill)

    monkeypatch.setattr(three_processes, "subprocess", Patched)
    with pytest.raises(PellucidError, match=r"was ended \(status -9\): the memory may have run out"):
        read(many)
    assert left_in(cache) == []
    assert all(process.returncode is not None for process in started)


@pytest.mark.slow
def test_an_interruption_leaves_no_pack_and_no_process(many, cache, three_processes):
    def interrupt(what, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(many, progress=interrupt)
    assert left_in(cache) == []
    assert not [child for child in psutil.Process().children() if "pellucid.data.packing" in child.cmdline()]
    assert len(read(many)) == 599


def test_a_process_whose_parent_has_gone_ends_by_itself(many, tmp_path):
    from pellucid.data.form import Form
    from pellucid.data.packing import Job

    form = Form(1, "uint8", 4, resized=False)
    items = [f"{'ab'[number % 2]}/{number:03}.png" for number in range(600)]
    for name, width in (("images.bin", form.image_bytes), ("sha256.bin", 32), ("sizes.bin", 8)):
        (tmp_path / name).write_bytes(bytes(600 * width))
    job = Job(str(many), False, [(0, items[:256]), (256, items[256:])], str(tmp_path), form, None, "PatientID")
    command = [sys.executable, "-m", "pellucid.data.packing"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    process.stdin.write(job.to_json().encode() + b"\n")
    process.stdin.close()
    assert process.wait(timeout=20) != 0
    assert process.stderr.read() == b""
    process.stderr.close()


def test_progress_counts_up_to_all_images(many):
    seen = []
    read(many, progress=lambda what, done, total: seen.append((what, done, total)))
    assert seen[-1] == ("reading images", 600, 600)


def test_a_full_disk_is_found_out_before_the_work(classes, cache, monkeypatch):
    usage = shutil.disk_usage(cache)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=100))
    with pytest.raises(BadInput, match=r"has 0 MB free; the packed images need .* make room, or set PELLUCID_CACHE"):
        read(classes("a", "b"))
    assert left_in(cache) == []


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("needs the right to mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("few", [1, 10**6])
def test_a_disk_that_fills_up_during_the_work_is_an_error(classes, small_disk, monkeypatch, three_processes, few):
    monkeypatch.setattr(processes, "FEW", few)
    usage = shutil.disk_usage(small_disk)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10**9))
    with pytest.raises(BadInput, match=r"cannot take the packed images \(.*[Nn]o space left"):
        read(classes("a", "b", size=64, each=12), cache=small_disk)
    assert left_in(small_disk) == []


def test_a_disk_that_fills_up_under_an_array_file_is_an_error(tmp_path, small_disk, monkeypatch):
    np.savez(tmp_path / "a.npz", train_images=np.ones((100, 64, 64), np.uint8), train_labels=np.arange(100) % 2)
    usage = shutil.disk_usage(small_disk)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10**9))
    with pytest.raises(BadInput, match=r"cannot take the packed images \(No space left"):
        read(tmp_path / "a.npz", cache=small_disk)
    assert left_in(small_disk) == []


def test_a_read_only_disk_is_an_error(classes, small_disk):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(BadInput, match=r"\(Read-only file system\): make room, or set PELLUCID_CACHE"):
        read(classes("a", "b"), cache=small_disk)


def test_a_cache_that_is_a_file_is_an_error(classes, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="set PELLUCID_CACHE to another folder"):
        read(classes("a", "b"), cache=tmp_path / "file")


def flip_a_byte(path):
    contents = bytearray(path.read_bytes())
    contents[3] ^= 0xFF
    path.write_bytes(contents)


def test_rehash_finds_out_that_a_pack_had_changed_and_says_so(classes):
    root = classes("a", "b")
    right = read(root)
    pixels = np.array(right.images)
    flip_a_byte(right.pack / "images.bin")
    flip_a_byte(right.pack / "sha256.bin")
    again = read(root, rehash=True)
    np.testing.assert_array_equal(again.images, pixels)
    assert again.said == ("The cached pack differed from the source's pixels, and was made anew.",)


def test_rehash_says_nothing_where_nothing_changed(classes):
    root = classes("a", "b")
    read(root)
    again = read(root, rehash=True)
    assert (again.from_cache, again.said) == (False, ())


@pytest.mark.parametrize("damage", ["cut images", "cut facts", "another format", "no facts"])
def test_a_damaged_pack_is_made_anew(classes, damage):
    root = classes("a", "b")
    pack = read(root).pack
    if damage == "cut images":
        os.truncate(pack / "images.bin", 100)
    elif damage == "cut facts":
        os.truncate(pack / "facts.json", 100)
    elif damage == "another format":
        facts = json.loads((pack / "facts.json").read_text())
        (pack / "facts.json").write_text(json.dumps({**facts, "format": 0}))
    else:
        (pack / "facts.json").unlink()
    again = read(root)
    assert not again.from_cache
    assert len(again.images) == 10
    assert read(root).from_cache


def test_what_a_killed_program_left_is_removed_after_a_day(classes, cache):
    for name, age_s in ((".making-old", 100_000), (".making-new", 10)):
        (cache / "packs" / name).mkdir(parents=True)
        os.utime(cache / "packs" / name, (time.time() - age_s,) * 2)
    dataset = read(classes("a", "b"))
    assert left_in(cache) == [".making-new", dataset.key]


def test_a_decoding_process_loads_nothing_heavy():
    code = (
        "import sys, pellucid.data.packing\n"
        "heavy = {'torch', 'sklearn', 'scipy', 'requests', 'h5py', 'pydicom', 'PIL', 'rich', 'platformdirs'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_gaps_of_unreadable_images_are_closed_in_order_however_many(tmp_path):
    from pellucid.data.form import Form
    from pellucid.data.store import Unfinished

    form, generator = Form(1, "uint8", 2, resized=False), np.random.default_rng(0)
    pixels = generator.integers(0, 256, (10_000, 4), dtype=np.uint8)
    hashes = generator.integers(0, 256, (10_000, 32), dtype=np.uint8)
    kept = np.flatnonzero(generator.random(10_000) < 0.9)
    with Unfinished(tmp_path) as making:
        making.make_room(10_000, form)
        (making.folder / "images.bin").write_bytes(pixels.tobytes())
        (making.folder / "sha256.bin").write_bytes(hashes.tobytes())
        making.keep_only(kept, form)
        assert (making.folder / "images.bin").read_bytes() == pixels[kept].tobytes()
        assert (making.folder / "sha256.bin").read_bytes() == hashes[kept].tobytes()
