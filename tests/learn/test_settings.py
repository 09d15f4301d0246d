"""What a run can be told: every bad value is named with what was needed, and every shipped recipe says its mistakes."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pellucid.errors import BadInput
from pellucid.learn import Settings, complete, read_recipe
from pellucid.learn.completing import IMAGES_SEEN
from pellucid.learn.settings import CHOICES, faults

BAD = [
    ({"model": "resnet"}, r"model 'resnet' is none of auto, linear, mlp, cnn"),
    ({"optimizer": "adam"}, r"optimizer 'adam' is none of adamw, sgd"),
    ({"schedule": "cosine"}, r"schedule 'cosine' is none of one-cycle, constant"),
    ({"scaling": None, "augment": "rotate"}, r"augment 'rotate' is none of auto, none, shift, shift\+flip"),
    ({"shuffle": True}, r"shuffle True is none of every-epoch, once, never"),
    ({"hidden": 30}, r"hidden 30 must be a list of widths, such as \[128\]"),
    ({"hidden": []}, r"hidden \[\] must be a list of widths"),
    ({"hidden": [30, 0]}, r"hidden \[30, 0\] must be a list of widths"),
    ({"hidden": [True]}, r"hidden \[True\] must be a list of widths"),
    ({"learning_rate": "0.1"}, r"learning_rate '0.1' must be a number from 0 on"),
    ({"learning_rate": -0.1}, r"learning_rate -0.1 must be a number from 0 on"),
    ({"learning_rate": float("nan")}, r"learning_rate nan must be a number from 0 on"),
    ({"learning_rate": float("inf")}, r"learning_rate inf must be a number from 0 on"),
    ({"momentum": True}, r"momentum True must be a number from 0 on"),
    ({"weight_decay": [0]}, r"weight_decay \[0\] must be a number from 0 on"),
    ({"epochs": 0}, r"epochs 0 must be a whole number from 1 on"),
    ({"epochs": 2.0}, r"epochs 2.0 must be a whole number from 1 on"),
    ({"batch_size": -1}, r"batch_size -1 must be a whole number from 1 on"),
    ({"image_size": 2**40}, r"image_size 1099511627776 must be a whole number from 1 on"),
    ({"seed": -1}, r"seed -1 must be a whole number from 0 on"),
    ({"outputs": False}, r"outputs False must be a whole number from 1 on"),
]


@pytest.mark.parametrize(("told", "said"), BAD, ids=[said.split(" ")[0] + f"-{n}" for n, (_, said) in enumerate(BAD)])
def test_a_bad_value_is_named_with_what_was_needed(told, said):
    with pytest.raises(BadInput, match=f"^here: {said}"):
        Settings.of(told, "here")


@pytest.mark.parametrize(
    ("wrong", "right"), [("epoch", "epochs"), ("learningrate", "learning_rate"), ("modle", "model")]
)
def test_an_unknown_name_is_answered_with_the_nearest(wrong, right):
    with pytest.raises(BadInput, match=f"there is no setting '{wrong}'; did you mean '{right}'"):
        Settings.of({wrong: 1})


def test_a_name_like_none_is_answered_with_all():
    with pytest.raises(BadInput, match=r"known are model, hidden, .*seed"):
        Settings.of({"zzz": 1})


def test_what_is_told_goes_before_the_recipe_and_what_is_not_told_stays():
    recipe = Settings.of({"model": "mlp", "epochs": 3, "seed": 5})
    assert recipe.but({"epochs": 7, "model": None}) == Settings(model="mlp", epochs=7, seed=5)


@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in CHOICES.items()}))
def test_what_was_told_can_be_told_again(told):
    settings = Settings.of(told)
    assert Settings.of(settings.told()) == settings
    assert Settings.of({name: value for name, value in settings.as_dict().items() if value is not None}) == settings


SHIPPED = {
    "r0.toml": (6, ["divided by 255 twice", "10 outputs for 6 classes: 4 can never be right"]),
    "r1.toml": (6, ["divided by 255 twice", "forgot its log", "10 outputs for 6 classes"]),
    "r2a.toml": (10, ["never shuffled", r"N(0, 1)"]),
    "r2b.toml": (10, []),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_recipes_are_read_by_name_and_their_mistakes_named(name):
    classes, said = SHIPPED[name]
    found = faults(read_recipe(Path(name)), classes)
    assert len(found) == len(said)
    assert all(any(part in fault for fault in found.values()) for part in said), found


def test_sound_settings_have_no_faults():
    assert faults(Settings(outputs=6), 6) == {}


def test_a_file_of_the_users_goes_before_a_shipped_one(tmp_path):
    (tmp_path / "r0.toml").write_text('model = "mlp"\nhidden = [5]\nlearning_rate = 1\n')
    assert read_recipe(tmp_path / "r0.toml") == Settings(model="mlp", hidden=(5,), learning_rate=1.0)


@pytest.mark.parametrize(
    ("contents", "said"),
    [
        (b'model = "cnn', "is no TOML file"),
        (b"\xff\xfe", "is no TOML file"),
        (b"epoch = 3", "did you mean 'epochs'"),
        (b'[model]\nname = "cnn"', "model {'name': 'cnn'} is none of"),
    ],
)
def test_a_recipe_that_cannot_be_read_is_named(contents, said, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(contents)
    with pytest.raises(BadInput, match=f"mine.toml.*{said}"):
        read_recipe(path)


def test_a_recipe_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    with pytest.raises(BadInput, match=r"r9.toml is not there: .* r0.toml, r1.toml, r2a.toml, r2b.toml"):
        read_recipe(tmp_path / "r9.toml")
    with pytest.raises(BadInput, match=r"is not there|is no TOML"):
        read_recipe(tmp_path)


CPU = torch.device("cpu")


@given(st.integers(1, 200_000), st.integers(2, 50), st.integers(1, 300), st.sampled_from(CHOICES["optimizer"]))
def test_completed_settings_leave_nothing_open(cases, classes, size, optimizer):
    done = complete(Settings(optimizer=optimizer), cases, classes, size, CPU)
    assert done.model == ("cnn" if size >= 8 else "mlp")
    open_ones = {name for name, value in done.as_dict().items() if value in (None, "auto")}
    assert open_ones == ({"hidden"} if done.model == "cnn" else set())
    assert 1 <= done.batch_size <= cases
    assert done.epochs == 1 or done.epochs <= 40
    assert cases * done.epochs <= 1.5 * max(IMAGES_SEEN[done.model], 2 * cases)


@pytest.mark.parametrize(
    ("model", "cases", "size", "channels", "epochs"),
    [
        ("mlp", 45_000, 28, 1, 11),  # 500,000 images at most
        ("linear", 35_372, 64, 1, 2),  # 400 million numbers: 97,656 images
        ("linear", 10_000, 64, 1, 9),
        ("mlp", 10_000, 64, 3, 3),  # 32,552 images
        ("mlp", 100_000, 224, 3, 2),  # never fewer than two
        ("mlp", 500, 28, 1, 40),
        ("cnn", 35_372, 64, 3, 2),  # 70,000 images, whatever their size
        ("cnn", 200_000, 28, 1, 1),
    ],
)
def test_epochs_go_with_the_number_of_cases_and_of_inputs(model, cases, size, channels, epochs):
    assert complete(Settings(model=model), cases, 6, size, CPU, channels).epochs == epochs


def test_what_was_told_is_not_completed_away():
    told = {"model": "linear", "learning_rate": 0.0, "momentum": 0.0, "epochs": 1, "batch_size": 3, "augment": "shift"}
    done = complete(Settings.of({**told, "optimizer": "sgd"}), 100, 2, 8, CPU).as_dict()
    assert {name: done[name] for name in told} == told


@pytest.mark.parametrize(
    ("told", "said"),
    [({"momentum": 0.9}, "momentum 0.9 is for sgd"), ({"hidden": [8], "model": "cnn"}, "is for the mlp")],
)
def test_a_setting_without_a_use_is_refused_rather_than_ignored(told, said):
    with pytest.raises(BadInput, match=said):
        complete(Settings.of(told), 1000, 2, 28, torch.device("cpu"))
