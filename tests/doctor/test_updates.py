"""Steps that do not do what a step should, each planted once, beside a twin that does."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from pellucid.doctor import watch

INPUTS = torch.randn(64, 5, generator=torch.Generator().manual_seed(1))
LABELS = (INPUTS[:, 0] > 0).long()


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2))


def kinds(doctor) -> list[str]:
    return [found.kind for found in doctor.findings]


def told(doctor, kind: str) -> str:
    return next(found.told for found in doctor.findings if found.kind == kind)


def learn(model, optimizer, steps=60, *, zero=True, move=True, parts=1):
    """The loop of this page, with switches for its faults."""
    with watch(model, optimizer, every=10, say=lambda found: None) as doctor:
        for step in range(steps):
            if zero and step % parts == 0:
                optimizer.zero_grad()
            F.cross_entropy(model(INPUTS), LABELS).backward()
            if move and step % parts == parts - 1:
                optimizer.step()
    return doctor


def sgd(model, rate=0.1):
    return torch.optim.SGD(model.parameters(), lr=rate)


@pytest.mark.parametrize("parts", [1, 3, 4])
def test_gradients_that_are_zeroed_are_not_spoken_of_be_they_accumulated_or_not(parts):
    model = network()
    assert kinds(learn(model, sgd(model), 120, parts=parts)) == []


def test_gradients_that_are_never_zeroed_are_named_with_their_length():
    model = network()
    doctor = learn(model, sgd(model, 0.01), zero=False)
    assert kinds(doctor) == ["gradients-never-zeroed"]
    assert "zero_grad()" in doctor.findings[0].mend


@pytest.mark.parametrize("zeroed", [True, False])
def test_by_hand_it_is_seen_too(zeroed):
    weights = torch.zeros(5, 2, requires_grad=True)
    with watch([weights], every=10, say=lambda found: None) as doctor:
        for _ in range(60):
            F.cross_entropy(INPUTS @ weights, LABELS).backward()
            with torch.no_grad():
                weights -= 0.01 * weights.grad
                if zeroed:
                    weights.grad.zero_()
    assert kinds(doctor) == ([] if zeroed else ["gradients-never-zeroed"])


def test_an_update_that_autograd_refuses_is_named_though_the_loop_ends_there():
    weights = torch.zeros(5, 2, requires_grad=True)
    doctor = watch([weights], say=lambda found: None)
    with pytest.raises(RuntimeError, match="leaf"), doctor:  # noqa: PT012
        F.cross_entropy(INPUTS @ weights, LABELS).backward()
        weights -= 0.1 * weights.grad
    assert kinds(doctor) == ["update-recorded"]
    assert "no_grad" in doctor.findings[0].mend


@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_an_update_that_autograd_records_is_named_before_its_second_step_fails():
    weights = torch.zeros(5, 2, requires_grad=True)
    doctor = watch({"weights": weights}, say=lambda found: None)
    with pytest.raises(TypeError, match="NoneType"), doctor:  # noqa: PT012
        for _ in range(3):
            F.cross_entropy(INPUTS @ weights, LABELS).backward()
            weights = weights - 0.1 * weights.grad
    assert kinds(doctor) == ["update-recorded"]
    assert "weights" in doctor.findings[0].told


def test_an_update_under_no_grad_is_not_recorded():
    model = network()
    with watch(model, every=10, say=lambda found: None) as doctor:
        for _ in range(60):
            F.cross_entropy(model(INPUTS), LABELS).backward()
            with torch.no_grad():
                for weight in model.parameters():
                    weight -= 0.1 * weight.grad
            model.zero_grad()
    assert kinds(doctor) == []


def test_parameters_that_the_optimizer_was_not_given_are_named():
    model = network()
    doctor = learn(model, sgd(model[2]))
    assert kinds(doctor) == ["missing-from-optimizer"]
    assert "holds 2 of 4 parameters" in doctor.findings[0].told
    assert "0.weight, 0.bias" in doctor.findings[0].told


def test_a_model_built_anew_after_its_optimizer_is_named():
    old, model = network(), network()
    assert "missing-from-optimizer" in kinds(learn(model, sgd(old)))


def test_frozen_parameters_are_meant():
    model = network()
    model[0].requires_grad_(False)
    assert kinds(learn(model, sgd(model[2]))) == []


def test_an_optimizer_that_never_steps_is_named():
    model = network()
    doctor = learn(model, sgd(model), move=False)
    assert kinds(doctor) == ["never-moves"]
    assert "Backward was called 60 times, and optimizer.step() never" in doctor.findings[0].told


@pytest.mark.slow
@pytest.mark.parametrize("zero", ["at the top", "before backward", "never"])
@pytest.mark.parametrize("once", [False, True])
@pytest.mark.parametrize("judged", [False, True])
def test_a_step_that_was_forgotten_or_stands_behind_the_loop_is_named(zero, once, judged):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2))
    optimizer = sgd(model)
    with watch(model, optimizer, say=lambda found: None) as doctor:
        for step in range(200):
            if zero == "at the top":
                optimizer.zero_grad()
            loss = F.cross_entropy(model(INPUTS), LABELS) + 0 * F.l1_loss(*2 * [INPUTS]) + 0 * F.mse_loss(*2 * [INPUTS])
            if zero == "before backward":
                optimizer.zero_grad()
            loss.backward()
            if judged and step % 5 == 4:
                with torch.no_grad():
                    model(INPUTS)
        if once:
            optimizer.step()
    assert kinds(doctor) == ["never-moves"]
    told = doctor.findings[0].told
    assert "Backward was called 200 times" in told
    assert ("only once" if once else "never: no weight moved") in told


def test_a_step_of_many_closures_and_a_cell_asked_many_times_are_steps():
    model = network()
    closures = torch.optim.LBFGS(model.parameters(), max_iter=30)

    def closure():
        closures.zero_grad()
        loss = F.cross_entropy(model(INPUTS), LABELS)
        loss.backward()
        return loss

    with watch(model, closures, say=lambda found: None) as doctor:
        closures.step(closure)
    assert kinds(doctor) == []
    cell = nn.RNNCell(5, 5)
    optimizer = sgd(cell)
    with watch(cell, optimizer, say=lambda found: None) as doctor:
        state = torch.zeros(64, 5)
        for _ in range(40):
            state = cell(INPUTS, state)
        state.square().mean().backward()
        optimizer.step()
    assert kinds(doctor) == []


def test_gradients_that_are_zeroed_before_the_step_are_told_so():
    for set_to_none in (True, False):
        model = network()
        optimizer = sgd(model)
        with watch(model, optimizer, say=lambda found: None) as doctor:
            for _ in range(60):
                F.cross_entropy(model(INPUTS), LABELS).backward()
                optimizer.zero_grad(set_to_none=set_to_none)
                optimizer.step()
        assert kinds(doctor) == ["never-moves"]
        assert "zero_grad() stands between them" in doctor.findings[0].told
        assert doctor.findings[0].mend.startswith("optimizer.zero_grad()  # before loss.backward()")


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("rate", [1e-3, 1e-2])
def test_a_bias_that_a_normalisation_subtracts_again_need_not_move(rate, momentum):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 2))
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=momentum)
    pictures = torch.randn(64, 1, 8, 8, generator=torch.Generator().manual_seed(2))
    labels = (pictures.mean((1, 2, 3)) > 0).long()
    with watch(model, optimizer, say=lambda found: None) as doctor:
        for _ in range(200):
            optimizer.zero_grad()
            F.cross_entropy(model(pictures), labels).backward()
            optimizer.step()
    assert max(look.gradients["0.bias"] for look in doctor.history.training) < 1e-6
    assert kinds(doctor) == []


def test_yet_with_a_rate_of_0_its_weight_is_named():
    model = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    doctor = learn(model, sgd(model, 0.0))
    assert kinds(doctor) == ["never-moves"]
    assert "0.weight" in doctor.findings[0].told
    assert "0.bias" not in doctor.findings[0].told
    assert doctor.findings[0].mend.startswith("lr=")


def test_a_rate_of_0_is_named():
    model = network()
    doctor = learn(model, sgd(model, 0.0))
    assert kinds(doctor) == ["never-moves"]
    assert "the learning rate is 0" in doctor.findings[0].told


def test_a_layer_that_no_gradient_reaches_is_named_and_no_other():
    class Detached(nn.Sequential):
        def forward(self, inputs):
            return self[2](self[1](self[0](inputs)).detach())

    model = Detached(*network())
    doctor = learn(model, sgd(model))
    assert kinds(doctor) == ["never-moves"]
    assert "0.weight, 0.bias. No gradient reached it" in doctor.findings[0].told


def test_weights_of_zeros_behind_one_another_are_named():
    model = network()
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    doctor = learn(model, sgd(model))
    assert "gradient was 0" in told(doctor, "never-moves")


def test_two_networks_that_learn_in_turns_do_move():
    model = network()
    halves = [sgd(model[0]), sgd(model[2])]
    with watch(model, every=10, say=lambda found: None) as doctor:
        for step in range(80):
            model.zero_grad()
            F.cross_entropy(model(INPUTS), LABELS).backward()
            halves[step % 2].step()
    assert kinds(doctor) == []


def test_a_schedule_that_begins_at_0_does_move_later():
    model = network()
    optimizer = sgd(model)
    warm = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, step / 30))
    with watch(model, optimizer, every=10, say=lambda found: None) as doctor:
        for _ in range(60):
            optimizer.zero_grad()
            F.cross_entropy(model(INPUTS), LABELS).backward()
            optimizer.step()
            warm.step()
    assert kinds(doctor) == []
