"""Watching changes nothing, leaves nothing behind, and is told of what it must be told."""

import copy
import inspect
import io
import pickle
import threading

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode, _len_torch_function_stack

from pellucid.doctor import watch
from pellucid.errors import BadInput


def network() -> nn.Module:
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3))


def learn(model: nn.Module, optimizer: torch.optim.Optimizer, steps: int = 12, after=lambda step: None) -> None:
    torch.manual_seed(6)
    for step in range(steps):
        model.train()
        inputs, labels = torch.randn(16, 8), torch.randint(3, (16,))
        optimizer.zero_grad()
        functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
        after(step)


def quiet(told: str) -> None:
    """Say nothing."""


def test_weights_and_random_numbers_are_the_same_to_the_last_bit():
    ends = []
    for watched in (False, True):
        model = network()
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        if watched:
            with watch(model, optimizer, every=2, say=quiet):
                learn(model, optimizer)
        else:
            learn(model, optimizer)
        ends.append([*(weight.detach().clone() for weight in model.parameters()), torch.get_rng_state()])
    assert all(torch.equal(one, other) for one, other in zip(*ends, strict=True))


def test_no_hook_and_no_mode_is_left_behind():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with pytest.raises(KeyError), watch(model, optimizer, say=quiet):  # noqa: PT012 - a loop that fails on its way
        learn(model, optimizer, 2)
        model(torch.ones(1, 8))
        raise KeyError
    assert not model._forward_pre_hooks
    assert not model._forward_hooks
    assert not model._state_dict_hooks
    assert not optimizer._optimizer_step_pre_hooks
    assert not optimizer._optimizer_step_post_hooks
    assert _len_torch_function_stack() == 0


def test_looks_are_at_the_first_three_steps_and_then_at_every_so_many():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with watch(model, optimizer, every=5, say=quiet) as doctor:
        learn(model, optimizer, 16)
    assert [look.step for look in doctor.history.training] == [1, 2, 3, 5, 10, 15]
    assert doctor.history.steps == 16
    assert all(
        look.gradients.keys() == look.moved.keys() == {*dict(model.named_parameters())}
        for look in doctor.history.training
    )


def test_what_a_look_measures_is_what_sgd_does():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.25)
    with watch(model, optimizer, say=quiet) as doctor:
        learn(model, optimizer, 1)
    look = doctor.history.training[0]
    for name, length in look.gradients.items():
        assert look.moved[name] == pytest.approx(0.25 * length, rel=1e-4)
    assert look.learning_rates == (0.25,)


def test_phases_of_evaluation_are_told_from_training():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def judge(step: int) -> None:
        if step % 4 == 3:
            model.eval()
            with torch.no_grad():
                for _ in range(5):
                    functional.cross_entropy(model(torch.ones(2, 8)), torch.tensor([0, 1]))

    with watch(model, optimizer, say=quiet) as doctor:
        learn(model, optimizer, 12, judge)
    assert [[look.step for look in phase] for phase in doctor.history.evaluations] == [[4] * 3, [8] * 3, [12] * 3]
    assert not any(look.training_mode for phase in doctor.history.evaluations for look in phase)


def test_accumulated_gradients_are_one_step():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with watch(model, optimizer, every=1, say=quiet) as doctor:
        for _ in range(3):
            optimizer.zero_grad()
            for _ in range(4):
                functional.cross_entropy(model(torch.ones(2, 8)), torch.tensor([0, 1])).backward()
            optimizer.step()
    assert [(look.backwards, look.left_over) for look in doctor.history.training] == [(4, 0.0)] * 3


def test_copies_of_a_watched_model_are_free_of_the_doctor():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with watch(model, optimizer, say=quiet) as doctor:
        learn(model, optimizer, 1)
        twin = copy.deepcopy(model)
        whole = pickle.dumps(model)
        saved = io.BytesIO()
        torch.save(model.state_dict(), saved)
        for other in (twin, pickle.loads(whole)):
            other(torch.ones(2, 8)).sum().backward()
        assert doctor.history.steps == 1
    assert b"pellucid" not in whole
    assert b"pellucid" not in saved.getvalue()
    assert {kept.how for kept in doctor.history.kept} == {"deepcopy", "state_dict"}


class Upper(TorchFunctionMode):
    """A user's own mode, that counts calls."""

    calls = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.calls += 1
        return func(*args, **(kwargs or {}))


def test_others_modes_come_and_go_in_any_order():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    outer = Upper()
    with watch(model, optimizer, every=1, say=quiet) as doctor:
        with outer:
            learn(model, optimizer, 4)
            answer = model(torch.ones(2, 8))  # ours is in now, and outer is left before it
        with torch.device("meta"):
            assert torch.zeros(1).device.type == "meta"
            assert torch.zeros(1, device="cpu").device.type == "cpu"
        functional.cross_entropy(answer, torch.tensor([0, 1])).backward()
        optimizer.step()
        seen = outer.calls
        learn(model, optimizer, 3)
        assert outer.calls == seen
    assert _len_torch_function_stack() == 0
    assert [look.step for look in doctor.history.training] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_another_threads_model_calls_are_not_this_loops():
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with watch(model, optimizer, say=quiet) as doctor:
        learn(model, optimizer, 2)
        beside = threading.Thread(target=lambda: model(torch.ones(2, 8)))
        beside.start()
        beside.join()
    assert doctor.history.steps == 2


def test_a_compiled_model_is_compiled_once():
    compiled = []

    def backend(graph, inputs):
        compiled.append(graph)
        return graph.forward

    plain = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3))
    model = torch.compile(plain, backend=backend)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    with watch(model, optimizer, every=2, say=quiet) as doctor:
        learn(model, optimizer, 8)
    assert len(compiled) == 1
    assert [look.losses[0].name for look in doctor.history.training] == ["cross_entropy"] * 6


def by_hand(steps: int, every: int):
    weight, bias = torch.zeros(8, 3, requires_grad=True), torch.zeros(3, requires_grad=True)
    generator = torch.Generator().manual_seed(0)
    with watch({"weight": weight, "bias": bias}, every=every, say=quiet) as doctor:
        for step in range(steps):
            inputs, labels = torch.randn(16, 8, generator=generator), torch.randint(3, (16,), generator=generator)
            logits = inputs @ weight + bias
            loss = -(logits - logits.logsumexp(1, keepdim=True))[torch.arange(16), labels].mean()
            loss.backward()
            with torch.no_grad():
                for tensor in (weight, bias):
                    tensor -= 0.1 * tensor.grad
                    tensor.grad.zero_()
            if step % 7 == 6:
                _ = (logits.argmax(1) == labels[:, None]).float().mean()
    return doctor


def test_a_loop_by_hand_is_seen_with_its_inputs_loss_and_slopes():
    doctor = by_hand(6, 2)
    looks = doctor.history.training
    assert [look.step for look in looks if look.losses] == [1, 2, 3, 4, 6]
    assert all(look.gradients.keys() == {"weight", "bias"} for look in looks if look.losses)
    assert looks[1].moved["weight"] == pytest.approx(0.1 * looks[0].gradients["weight"], rel=1e-4)
    assert doctor.history.early_inputs[0].shape == (16, 8)
    assert not doctor.stumbled
    assert _len_torch_function_stack() == 0


def test_an_accuracy_in_a_loop_by_hand_is_seen_between_looks():
    assert [finding.kind for finding in by_hand(40, 1000).findings] == ["labels-spread-in-metric"]


def test_the_findings_are_written_to_stderr_at_the_end(capsys):
    model = network()
    with watch(model, classes=2) as doctor:
        functional.cross_entropy(model(torch.ones(2, 8)), torch.tensor([0, 1])).backward()
    told = capsys.readouterr()
    assert told.out == ""
    assert f"step 1, more-outputs-than-classes: {doctor.findings[0].told}\n    mend: nn.Linear(..., 2)" in told.err


def test_what_cannot_be_watched_is_refused():
    unchecked = inspect.unwrap(watch)  # as users call it: types are enforced in tests only
    with pytest.raises(BadInput, match="no parameters"):
        watch(nn.ReLU())
    with pytest.raises(BadInput, match="as-pretrained"):
        watch(network(), scaling="imagenet")
    with pytest.raises(BadInput, match="every is 0"):
        watch(network(), every=0)
    with pytest.raises(BadInput, match="None, which is no model"):
        unchecked(None)
    with pytest.raises(BadInput, match="no model"):
        unchecked(nn.Linear)
    with pytest.raises(BadInput, match="a float at 1, and needs tensors"):
        unchecked([torch.ones(2), 3.0])
    with pytest.raises(BadInput, match="optimizer is a float"):
        unchecked(network(), 0.1)


def test_a_single_tensor_is_watched_whole():
    weight = torch.ones(3, 2, requires_grad=True)
    assert next(iter(watch(weight).history.parameters.values())) is weight
    assert len(watch(network().parameters()).history.parameters) == 4


def test_that_nothing_is_wrong_is_said_only_of_what_was_seen_to_its_end(monkeypatch):
    said = []
    model = network()
    with pytest.raises(ZeroDivisionError), watch(model, torch.optim.SGD(model.parameters(), 0.1), say=said.append):
        1 / 0  # noqa: B018
    assert "does not know why the loop was stopped by ZeroDivisionError: division by zero" in said[0]
    with watch(model, say=said.append):
        model(torch.ones(1, 8))
    assert said[1] == "The doctor looked once and found nothing wrong."
    monkeypatch.setattr("pellucid.doctor.eyes.read_operation", lambda *_: 1 / 0)
    with watch(model, say=said.append):
        model(torch.ones(1, 8))
    assert "found nothing, but did not see everything.\nThe doctor stumbled once, first over" in said[2]
    assert not any("nothing wrong" in told for told in (said[0], said[2]))


def test_what_goes_wrong_in_looking_is_told_and_does_not_stop_the_loop(monkeypatch):
    monkeypatch.setattr("pellucid.doctor.eyes.read_operation", lambda *_: 1 / 0)
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    said = []
    with watch(model, optimizer, say=said.append) as doctor:
        learn(model, optimizer, 5)
    assert doctor.history.steps == 5
    assert "stumbled 3 times, first over ZeroDivisionError" in said[0]


def test_a_last_check_or_a_hook_that_fails_is_told_and_does_not_stop_the_loop(monkeypatch):
    def broken(*_):
        raise KeyError("broken")

    monkeypatch.setattr("pellucid.doctor.watching.LAST_CHECKS", (broken,))
    monkeypatch.setattr("pellucid.doctor.steps_of_module.StepsOfModule.forward", broken)
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    said = []
    with watch(model, optimizer, say=said.append):
        learn(model, optimizer, 150)
    assert "stumbled 100 times, first over KeyError: 'broken'" in said[0]  # no more are kept
    assert not model._forward_pre_hooks


def test_a_step_that_cannot_be_examined_is_told_and_does_not_stop_the_loop():
    doctor = watch(network(), say=quiet)
    doctor.examine(object())
    assert isinstance(doctor.stumbled[0], AttributeError)


def test_what_is_noted_does_not_grow_where_the_optimizer_never_steps():
    model = network()
    with watch(model, torch.optim.SGD(model.parameters(), 0.1), say=quiet) as doctor:
        for _ in range(300):
            functional.cross_entropy(model(torch.ones(2, 8)), torch.tensor([0, 1])).backward()
        notes = doctor._opening.notes
        assert len(notes.losses) <= 64
        assert len(notes.rectified) <= 64
        assert _len_torch_function_stack() == 0  # nor does it cost any more
    assert [finding.kind for finding in doctor.findings] == ["never-moves"]


def test_wrapped_functions_of_torch_are_put_back_whoever_leaves_first():
    before = torch.Tensor.backward, torch.autograd.backward, dict(vars(torch.Tensor))
    weights = [torch.ones(3, requires_grad=True)]
    first, second = watch(weights, say=quiet), watch(weights, say=quiet)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    weights[0].sum().backward()
    assert (first.history.steps, second.history.steps) == (1, 2)
    second.__exit__(None, None, None)
    assert (torch.Tensor.backward, torch.autograd.backward, dict(vars(torch.Tensor))) == before


def test_a_comparison_inside_a_module_is_no_accuracy():
    class Masked(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(4, 2)

        def forward(self, inputs):
            kinds = inputs[:, 0].round()
            return self.linear(inputs) + (kinds == kinds.flip(0)[:, None]).sum()

    model = Masked()
    with watch(model, torch.optim.SGD(model.parameters(), 0.1), say=quiet) as doctor:
        for _ in range(5):
            model(torch.randn(6, 4))
    assert not doctor.findings
    assert not doctor.stumbled


def test_a_module_without_its_optimizer_is_measured_too():
    model = network()
    with watch(model, every=2, say=quiet) as doctor:
        optimizer = torch.optim.SGD(model.parameters(), 0.25)
        learn(model, optimizer, 4)
    look = doctor.history.training[1]
    assert look.moved.keys() == {*dict(model.named_parameters())}
    for name, length in look.gradients.items():
        assert look.moved[name] == pytest.approx(0.25 * length, rel=1e-4)


def test_weights_that_never_move_are_named_without_the_optimizer():
    model = network()
    with watch(model, every=5, say=quiet) as doctor:
        learn(model, torch.optim.SGD(model[3:].parameters(), 0.25), 25)
    assert [finding.kind for finding in doctor.findings] == ["never-moves"]
    assert "0.weight, 0.bias" in doctor.findings[0].told
