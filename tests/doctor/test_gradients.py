"""Deep stacks: sigmoids lose the gradient on its way to the first layers, ReLUs do not; and units that are dead."""

import re

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

from pellucid.doctor import watch

IMAGES, LABELS = (torch.tensor(part) for part in load_digits(return_X_y=True))
IMAGES = (IMAGES / 16).float()


def stack(activation, layers: int, width: int = 32) -> nn.Sequential:
    torch.manual_seed(0)
    parts, inputs = [], 64
    for _ in range(layers - 1):
        parts += [nn.Linear(inputs, width), activation()]
        inputs = width
    return nn.Sequential(*parts, nn.Linear(inputs, 10))


def learn(model, rate=0.05, steps=60, *, clip=None):
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    draw = torch.Generator().manual_seed(3)
    with watch(model, optimizer, every=10, say=lambda found: None) as doctor:
        for _ in range(steps):
            rows = torch.randint(0, len(IMAGES), (64,), generator=draw)
            optimizer.zero_grad()
            F.cross_entropy(model(IMAGES[rows]), LABELS[rows]).backward()
            if clip:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
    return doctor


def found(doctor, kind: str):
    return next((one for one in doctor.findings if one.kind == kind), None)


def test_ten_layers_of_sigmoids_vanish_and_the_numbers_told_are_autograds():
    model = stack(nn.Sigmoid, 10)
    finding = found(learn(model), "gradients-vanish")
    first, last = (float(number) for number in re.findall(r"(\d\.\de-\d+) in", finding.told))
    assert "in 0.weight" in finding.told
    fresh = stack(nn.Sigmoid, 10)
    F.cross_entropy(fresh(IMAGES[:64]), LABELS[:64]).backward()
    slopes = [fresh[place].weight.grad.pow(2).mean().sqrt().item() for place in (0, 18)]
    assert first == pytest.approx(slopes[0], rel=9)  # within a factor of ten, on other cases and some steps later
    assert last == pytest.approx(slopes[1], rel=9)
    assert first < 1e-4 * last


@pytest.mark.parametrize("layers", [2, 3, 4])
def test_few_layers_of_sigmoids_do_not(layers):
    assert found(learn(stack(nn.Sigmoid, layers)), "gradients-vanish") is None


@pytest.mark.parametrize("layers", [3, 10])
def test_relus_do_not_however_torch_or_he_started_them(layers):
    plain, he = stack(nn.ReLU, layers), stack(nn.ReLU, layers)
    for part in he:
        if isinstance(part, nn.Linear):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
    assert found(learn(plain), "gradients-vanish") is None  # though of many layers units are silent
    assert learn(he).findings == []


def test_twenty_layers_as_torch_starts_them_vanish_even_with_relus():
    assert found(learn(stack(nn.ReLU, 20)), "gradients-vanish")


def test_a_start_three_times_too_wide_explodes_and_clipping_mends_it():
    def wide():
        model = stack(nn.ReLU, 12, 64)
        for part in model:
            if isinstance(part, nn.Linear):
                nn.init.normal_(part.weight, std=4 / part.in_features**0.5)
        return model

    finding = found(learn(wide(), rate=1e-3), "gradients-explode")
    assert "clip_grad_norm_" in finding.mend
    assert found(learn(wide(), rate=1e-3, clip=1.0), "gradients-explode") is None


def test_dead_relus_are_counted():
    model = stack(nn.ReLU, 3)
    with torch.no_grad():
        model[2].bias[:26] = -100
    finding = found(learn(model), "dead-relus")
    counted = int(re.search(r"(\d+) of 32 units", finding.told)[1])
    with torch.no_grad():
        silent = (model[:4](IMAGES) == 0).all(0).sum().item()
    assert 26 <= silent <= counted <= silent + 4  # the looks saw but some of the cases


def test_a_rate_that_kills_units_in_passing_is_seen_in_convolutions_too():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
    with torch.no_grad():
        model[0].bias[:6] = -100
    whole = nn.Sequential(nn.Unflatten(1, (1, 8, 8)), model)
    assert re.search(r"[67] of 8 units", found(learn(whole), "dead-relus").told)


def test_a_few_silent_units_are_no_finding():
    model = stack(nn.ReLU, 3)
    with torch.no_grad():
        model[2].bias[:12] = -100
    assert found(learn(model), "dead-relus") is None
