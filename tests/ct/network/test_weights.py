"""The network's file: there and back, and what is refused."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pellucid.ct.findings import Lump
from pellucid.ct.network import NetworkFacts, classify, load_network, save_network
from pellucid.ct.network.model import NoduleNetwork, scaled
from pellucid.ct.network.same_spots import same_spots
from pellucid.ct.network.verdicts import logits_of
from pellucid.ct.network.weights import SHIPPED
from pellucid.ct.network.window import cut_windows
from pellucid.data.volumes import Frame, Volume
from pellucid.errors import BadInput

FACTS = NetworkFacts(2, slope=0.5, intercept=-1.0, threshold=0.4, trained_on="a test")


@pytest.fixture
def network():
    torch.manual_seed(0)
    return NoduleNetwork(2).eval()


def test_a_network_comes_back_as_it_was_written(network, tmp_path):
    save_network(tmp_path / "a.safetensors", network, FACTS)
    again, facts = load_network(tmp_path / "a.safetensors")
    assert facts == FACTS
    windows = torch.randn(3, 2, 32, 32, 32)
    torch.testing.assert_close(again(windows), network(windows), rtol=0, atol=0)


def test_the_same_network_gives_the_same_bytes(network, tmp_path):
    for name in "ab":
        save_network(tmp_path / name, network, FACTS)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("contents", [b"", b"not a network", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_file_that_is_no_network_is_refused_in_one_line(contents, tmp_path):
    (tmp_path / "x").write_bytes(contents)
    with pytest.raises(BadInput, match="is no network that `pellucid ct train` wrote") as refused:
        load_network(tmp_path / "x")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("told", ["x", "3", '{"format": 1}', '{"format": 1, "width": 2, "slope": "a"}'])
def test_weights_with_other_facts_beside_them_are_refused(told, network, tmp_path):
    save_file(network.state_dict(), tmp_path / "x", {"pellucid": told})
    with pytest.raises(BadInput, match="is no network"):
        load_network(tmp_path / "x")


@pytest.mark.parametrize("wrong", [{"slope": float("nan")}, {"threshold": float("inf")}, {"intercept": "a"}])
def test_a_calibration_that_is_no_number_is_refused(wrong, network, tmp_path):
    facts = json.dumps({"format": 1, **asdict(FACTS), **wrong})
    save_file(network.state_dict(), tmp_path / "x", {"pellucid": facts})
    with pytest.raises(BadInput, match="is no network"):
        load_network(tmp_path / "x")


def test_what_ships_is_small_and_learned_from_phantoms():
    _, facts = load_network()
    assert SHIPPED.stat().st_size < 5_000_000
    assert facts.trained_on.startswith("phantoms")


def test_weights_of_another_make_are_refused(tmp_path):
    save_file({"a": torch.zeros(2)}, tmp_path / "x")
    with pytest.raises(BadInput, match="is no network"):
        load_network(tmp_path / "x")
    with pytest.raises(BadInput, match="is not there"):
        load_network(tmp_path / "none")


def lump_at(place):
    return Lump(1, place, 6.0, 0.0, "right", 1.0, 6.0, "", (0, 0, 0), np.ones((1, 1, 1), bool))


def test_a_verdict_is_the_networks_logit_through_the_calibration(network, tmp_path):
    save_network(tmp_path / "w", network, FACTS)
    rng = np.random.default_rng(0)
    origin = np.array([-7.0, 5.0, 11.0])
    working = Volume(rng.integers(-1000, 400, (40, 45, 50)).astype(np.int16), Frame(origin, np.ones(3), np.eye(3)), "a")
    nodules, threshold = classify([lump_at((3.0, 25.0, 31.0)), lump_at((13.0, 20.0, 41.0))], working, tmp_path / "w")
    # x 3 is column 10, y 25 is row 20, z 31 is slice 20
    window = cut_windows(working.voxels_hu, np.array([[20.0, 20.0, 10.0]]))
    seen = scaled(torch.from_numpy(window))
    turned = [torch.rot90(seen, times, (3, 4)) for times in range(4)]  # the square's eight, each upside down too
    turned += [view.flip(4) for view in turned]
    turned += [view.flip(2) for view in turned]
    with torch.no_grad():
        other, nodule = torch.stack([network(view)[0] for view in turned]).mean(0).tolist()
    assert threshold == 0.4
    assert nodules[0].logit == pytest.approx(nodule - other, abs=1e-5)
    assert nodules[0].p_nodule == pytest.approx(1 / (1 + np.exp(-(0.5 * (nodule - other) - 1.0))), abs=1e-6)
    assert [found.accepted for found in nodules] == [found.p_nodule >= 0.4 for found in nodules]


def test_the_likelier_of_two_lumps_at_one_spot_stands_for_both():
    places = [(0.0, 0.0, 0.0), (0.0, 2.9, 0.0), (0.0, 3.1, 0.0), (50.0, 0.0, 0.0)]  # the radius is 3 mm
    lumps = [replace(lump_at(place), number=number) for number, place in enumerate(places, 1)]
    assert same_spots(lumps, np.array([0.2, 0.9, 0.1, 0.5])) == [2, None, 2, None]
    assert same_spots(lumps, np.array([0.9, 0.2, 0.1, 0.5])) == [None, 1, None, None]
    assert same_spots([], np.zeros(0)) == []


def test_no_lumps_give_no_verdicts(network, tmp_path):
    save_network(tmp_path / "w", network, FACTS)
    working = Volume(np.zeros((4, 4, 4), np.int16), Frame(np.zeros(3), np.ones(3), np.eye(3)), "a")
    assert classify([], working, tmp_path / "w") == ([], 0.4)
    assert logits_of(network, np.zeros((0, 2, 32, 32, 32), np.uint8)).shape == (0,)
