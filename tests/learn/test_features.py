"""Features beside logits: the very input of the last layer, the logits as they were; arrays beside the weights."""

import numpy as np
import pytest
import torch

from pellucid.blocks import SGD
from pellucid.data import Scaling
from pellucid.errors import BadInput
from pellucid.learn import Images, Learner, Settings, build_model, loss_of
from pellucid.learn.fit import CASES_AT_ONCE, answers_of, logits_of
from pellucid.learn.weights import load_trained, save_weights
from pellucid.run import Run

CPU = torch.device("cpu")
SCALING = Scaling("standardise", (110.0,), (60.0,))
CASES = CASES_AT_ONCE + 9  # two blocks: what is lent for the first is written over by the second


def asked(model: str, *, bfloat16: bool = False) -> tuple[Learner, Images, np.ndarray]:
    torch.manual_seed(0)
    stored = np.random.default_rng(0).integers(0, 256, (CASES + 5, 1, 8, 8)).astype(np.uint8)
    settings = Settings(model=model, hidden=(9, 6)) if model == "mlp" else Settings(model=model)
    learner = Learner(build_model(settings, 1, 8, 3), loss_of("multi-class"), SGD(0.0), bfloat16=bfloat16)
    return learner, Images(stored, SCALING, CPU, model == "cnn"), np.arange(CASES)[::-1] + 5


@pytest.mark.parametrize("bfloat16", [False, True])
@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_logits_are_those_of_today_to_the_last_bit(model, bfloat16):
    learner, images, rows = asked(model, bfloat16=bfloat16)
    logits, _ = answers_of(learner, images, rows)
    np.testing.assert_array_equal(logits, logits_of(learner, images, rows))


@pytest.mark.parametrize(("model", "width"), [("mlp", 6), ("cnn", 256)])
def test_the_last_layer_makes_the_logits_of_the_features(model, width):
    learner, images, rows = asked(model)
    logits, features = answers_of(learner, images, rows)
    assert features.shape == (CASES, width)
    last = learner.model.get_submodule("logits")
    by_hand = features @ last.weight.detach().numpy().T + last.bias.detach().numpy()
    np.testing.assert_allclose(by_hand, logits, atol=1e-5)


def test_a_linear_model_has_its_logits_for_features():
    learner, images, rows = asked("linear")
    logits, features = answers_of(learner, images, rows)
    np.testing.assert_array_equal(features, logits)


def test_nothing_is_watched_any_more_afterwards():
    learner, images, rows = asked("mlp")
    answers_of(learner, images, rows)
    assert not learner.model.get_submodule("logits")._forward_pre_hooks


FACTS = {"model": "mlp", "hidden": [9, 6], "outputs": 3, "task": "multi-class", "channels": 1, "image_size": 8}
FACTS |= {"precision": "float32", "scaling": {"kind": "standardise", "mean": [110.0], "deviation": [60.0]}}


def test_arrays_beside_the_weights_come_back_and_leave_the_model_alone(tmp_path):
    learner, images, rows = asked("mlp")
    beside = {"columns": np.array([2, 0]), "axes": np.float32([[1.5, -2.0]]).T}
    save_weights(tmp_path / "weights.safetensors", learner.model.state_dict(), FACTS, beside)
    trained = load_trained(Run(tmp_path), CPU)
    assert trained.beside.keys() == beside.keys()
    for name, array in beside.items():
        np.testing.assert_array_equal(trained.beside[name], array)
        assert trained.beside[name].dtype == array.dtype
    logits, features = trained.answers(images.stored[rows])
    wanted = answers_of(learner, images, rows)
    np.testing.assert_array_equal(logits, wanted[0])
    np.testing.assert_array_equal(features, wanted[1])
    np.testing.assert_array_equal(trained.logits(images.stored[rows]), wanted[0])


def test_weights_without_such_arrays_have_none(tmp_path):
    save_weights(tmp_path / "weights.safetensors", asked("mlp")[0].model.state_dict(), FACTS)
    assert load_trained(Run(tmp_path), CPU).beside == {}


def test_a_tensor_that_is_neither_weight_nor_beside_is_refused(tmp_path):
    weights = {**asked("mlp")[0].model.state_dict(), "stray": torch.zeros(1)}
    save_weights(tmp_path / "weights.safetensors", weights, FACTS)
    with pytest.raises(BadInput, match="does not fit"):
        load_trained(Run(tmp_path), CPU)
