"""Pixels scaled twice, never, or with another data set's constants: planted; and pixels scaled soundly in many ways."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from pellucid.doctor import Doctor, watch
from pellucid.doctor.constants import deviation_of, known_constants

IMAGENET = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, :, None, None]


def pictures(channels: int = 3, brightness: float = 0.15, seed: int = 0) -> Tensor:
    """8-bit pictures, dark ones: mean 0.15 and deviation 0.1 of full scale, as CT slices are."""
    drawn = np.random.default_rng(seed).normal(255 * brightness, 25, (160, channels, 8, 8))
    return torch.from_numpy(drawn.clip(0, 255).astype(np.uint8)).float()


def learn(inputs: Tensor, model: nn.Module | None = None, **said) -> Doctor:
    labels = torch.arange(len(inputs)) % 2
    model = model or nn.Sequential(nn.Flatten(), nn.Linear(inputs[0].numel(), 2))
    optimizer = torch.optim.SGD(model.parameters(), 1e-9)
    with watch(model, optimizer, every=2, say=lambda told: None, **said) as doctor:
        for rows in torch.arange(len(inputs)).split(32):
            optimizer.zero_grad()
            functional.cross_entropy(model(inputs[rows]), labels[rows]).backward()
            optimizer.step()
    assert not doctor.stumbled
    return doctor


def kinds(doctor: Doctor) -> list[str]:
    return [finding.kind for finding in doctor.findings if finding.kind.startswith("inputs")]


def test_pixels_divided_by_255_twice_are_named():
    doctor = learn(pictures() / 255 / 255)
    assert kinds(doctor) == ["inputs-scaled-twice"]
    assert "1/255 is 0.00392" in doctor.findings[0].told
    assert kinds(learn((pictures() / 255 / 255).flatten(1))) == ["inputs-scaled-twice"]
    assert kinds(learn((pictures() / 255 / 255 - IMAGENET[0]) / IMAGENET[1])) == ["inputs-scaled-twice"]


def test_stored_pixels_are_named():
    doctor = learn(pictures())
    assert kinds(doctor) == ["inputs-not-scaled"]
    assert doctor.findings[0].mend == "inputs = pixels / 255"
    assert kinds(learn(pictures() * 16 - 1024)) == ["inputs-not-scaled"]  # Hounsfield units
    assert learn(pictures() * 257).findings[0].mend == "inputs = pixels / 65535"


def test_a_model_that_scales_by_itself_may_have_them():
    first = nn.BatchNorm2d(3)
    assert not kinds(learn(pictures(), nn.Sequential(first, nn.Flatten(), nn.Linear(192, 2))))


def test_imagenets_constants_on_dark_pictures_are_named_with_their_own():
    doctor = learn((pictures() / 255 - IMAGENET[0]) / IMAGENET[1])
    assert kinds(doctor) == ["inputs-normalised-for-other-images"]
    found = next(finding for finding in doctor.findings if finding.kind.startswith("inputs"))
    assert "ImageNet's" in found.told
    own = pictures()[:96] / 255  # the first three batches
    for channel in range(3):
        assert f"{own[:, channel].mean():.4g}" in found.mend
        assert f"{own[:, channel].std():.4g}" in found.mend


def test_whoever_follows_a_pretrained_network_says_so():
    assert not kinds(learn((pictures() / 255 - IMAGENET[0]) / IMAGENET[1], scaling="as-pretrained"))
    notes = torch.tensor([[0.3, 0.2, 0.4], [0.2, 0.1, 0.2]])[:, :, None, None]  # not ImageNet's
    inputs = (pictures() / 255 - notes[0]) / notes[1]
    doctor = learn(inputs, scaling="as-pretrained")
    assert kinds(doctor) == ["inputs-normalised-for-other-images"]
    assert "divided by 0.2, 0.1, 0.2" in doctor.findings[0].told
    assert kinds(learn(inputs)) == ["inputs-normalised-for-other-images"]


@pytest.mark.parametrize("channels", [1, 3])
def test_of_sound_scaling_nothing_is_said(channels):
    stored = pictures(channels)
    assert not kinds(learn(stored / 255))
    assert not kinds(learn(stored / 127.5 - 1))
    axes = (0, 2, 3)
    assert not kinds(learn((stored - stored.mean(axes, keepdim=True)) / stored.std(axes, keepdim=True)))
    assert not kinds(learn((stored - stored.mean()) / stored.std()))
    assert not kinds(learn(torch.randn(160, channels, 8, 8, generator=torch.Generator().manual_seed(0)) * 3 + 2))


def test_imagenets_constants_on_pictures_like_imagenets_are_sound():
    natural = torch.rand(160, 3, 8, 8, generator=torch.Generator().manual_seed(0)).mul(255).round()
    assert not kinds(learn((natural / 255 - IMAGENET[0]) / IMAGENET[1]))


def test_measurements_that_are_no_pixels_are_left_alone():
    assert not kinds(learn(torch.arange(160.0)[:, None].expand(-1, 5)))  # five columns: a table


@pytest.mark.parametrize(("mean", "deviation"), [(0.1307, 0.3081), (0.5, 0.25), (0.2860, 0.3530)])
def test_constants_are_read_off_the_numbers_themselves(mean, deviation):
    values = (torch.arange(256) / 255 - mean) / deviation
    assert deviation_of(values) == (pytest.approx(deviation, abs=1e-5), pytest.approx(mean, abs=1e-5))
    known = known_constants(values[None])
    assert (known.name if known else None) == {0.1307: "MNIST", 0.5: None, 0.2860: "Fashion-MNIST"}[mean]


def test_numbers_that_were_never_8_bit_show_no_constants():
    values = torch.randn(5000, generator=torch.Generator().manual_seed(0))
    assert deviation_of(values) is None
    assert known_constants(values[None]) is None
