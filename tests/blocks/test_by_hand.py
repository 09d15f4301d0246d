"""A network trained by the blocks alone, beside the same one trained by torch."""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from pellucid.blocks import (
    SGD,
    Adam,
    Layer,
    Optimizer,
    backward,
    draw_layers,
    forward,
    layers_of,
    slope_of_inputs,
    train_step,
    weights_of,
)
from pellucid.errors import BadInput

NETWORKS: dict[str, Callable[[], nn.Sequential]] = {
    "linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(12, 5)),
    "two hidden layers": lambda: nn.Sequential(
        nn.Flatten(), nn.Linear(12, 9), nn.ReLU(), nn.Linear(9, 7), nn.ReLU(), nn.Linear(7, 5)
    ),
    "bent otherwise": lambda: nn.Sequential(
        nn.Linear(12, 9), nn.Tanh(), nn.Linear(9, 7), nn.Sigmoid(), nn.Linear(7, 5)
    ),
}
OPTIMIZERS: dict[str, tuple[Optimizer, Callable[[Iterator[Tensor]], torch.optim.Optimizer]]] = {
    "sgd": (SGD(0.1, momentum=0.9), lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9)),
    "adam": (Adam(0.01), lambda weights: torch.optim.Adam(weights, lr=0.01)),
}


def build(name: str) -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return NETWORKS[name]().double()


def draw_batch(seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(8, 12, generator=generator, dtype=torch.float64), torch.randint(5, (8,), generator=generator)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("network", NETWORKS)
def test_20_steps_by_hand_give_the_weights_of_autograd_and_torch_optim(network: str, optimizer: str) -> None:
    by_torch, layers = build(network), layers_of(build(network))
    assert layers is not None
    ours, make_torchs = OPTIMIZERS[optimizer]
    torchs, state = make_torchs(by_torch.parameters()), ours.start(weights_of(layers))
    out = [torch.empty_like(weight) for weight in weights_of(layers)]
    began = [weight.clone() for weight in weights_of(layers)]
    for number in range(20):
        inputs, labels = draw_batch(number)
        expected = nn.functional.cross_entropy(by_torch(inputs), labels)
        torchs.zero_grad()
        expected.backward()
        torchs.step()
        loss, state = train_step(layers, inputs, labels, ours, state, out=out)
        assert abs(loss.item() - expected.item()) < 1e-10
    for weight, parameter, first in zip(weights_of(layers), by_torch.parameters(), began, strict=True):
        torch.testing.assert_close(weight, parameter.detach(), rtol=0, atol=1e-10)
        assert not torch.equal(weight, first)


@pytest.mark.parametrize("network", NETWORKS)
def test_all_slopes_even_of_the_inputs_are_autograds(network: str) -> None:
    model = build(network)
    layers = layers_of(model)
    assert layers is not None
    inputs, _ = draw_batch()
    inputs.requires_grad_()
    slope_of_logits = torch.randn(8, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    of_inputs, *of_weights = torch.autograd.grad(model(inputs), [inputs, *model.parameters()], slope_of_logits)
    activations = forward(layers, inputs.detach())
    torch.testing.assert_close(activations.logits, model(inputs).detach())
    torch.testing.assert_close(slope_of_inputs(layers, activations, slope_of_logits), of_inputs)
    for slope, expected in zip(backward(layers, activations, slope_of_logits), of_weights, strict=True):
        torch.testing.assert_close(slope, expected)


def test_slopes_are_written_into_out_and_nowhere_else() -> None:
    layers = draw_layers([12, 9, 5], torch.Generator().manual_seed(0))
    inputs = draw_batch()[0].float()
    activations, slope_of_logits = forward(layers, inputs), torch.ones(8, 5)
    out = [torch.full_like(weight, 7.0) for weight in weights_of(layers)]
    returned = backward(layers, activations, slope_of_logits, out=out)
    assert all(slope is place for slope, place in zip(returned, out, strict=True))
    for slope, expected in zip(out, backward(layers, activations, slope_of_logits), strict=True):
        assert torch.equal(slope, expected)
    assert torch.equal(inputs, draw_batch()[0].float())
    assert torch.equal(slope_of_logits, torch.ones(8, 5))


def test_nothing_by_hand_leaves_a_trace_for_autograd() -> None:
    layers = layers_of(build("two hidden layers"))
    assert layers is not None
    inputs, labels = draw_batch()
    loss, _ = train_step(layers, inputs, labels, SGD(0.1), SGD(0.1).start(weights_of(layers)))
    assert loss.grad_fn is None
    assert not any(weight.requires_grad for weight in weights_of(layers))


def test_layers_of_a_model_share_its_memory() -> None:
    model = build("two hidden layers")
    layers = layers_of(model)
    assert layers is not None
    assert [layer.activation for layer in layers] == ["relu", "relu", "identity"]
    layers[0].weight[2, 3] = 42.0
    assert model[1].weight[2, 3].item() == 42.0


def frozen() -> nn.Sequential:
    model = nn.Sequential(nn.Linear(3, 3))
    model[0].weight.requires_grad_(False)
    return model


def shared() -> nn.Sequential:
    part = nn.Linear(3, 3)
    return nn.Sequential(part, nn.ReLU(), part)


@pytest.mark.parametrize(
    "model",
    [
        nn.Linear(3, 2),
        nn.Sequential(),
        nn.Sequential(nn.Flatten()),
        nn.Sequential(nn.ReLU(), nn.Linear(3, 2)),
        nn.Sequential(nn.Linear(3, 2, bias=False)),
        nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.ReLU()),
        nn.Sequential(nn.Linear(3, 2), nn.Dropout(), nn.Linear(2, 2)),
        nn.Sequential(nn.Flatten(start_dim=2), nn.Linear(3, 2)),
        nn.Sequential(nn.Linear(3, 2), nn.Flatten()),
        frozen(),
        shared(),
    ],
    ids=str,
)
def test_a_model_of_other_parts_has_no_layers_by_hand(model: nn.Module) -> None:
    assert layers_of(model) is None


def test_drawn_weights_fill_the_range_of_torchs_linear_and_repeat_with_the_seed() -> None:
    first, last = draw_layers([100, 50, 3], torch.Generator().manual_seed(5), activation="tanh")
    assert (first.activation, last.activation) == ("tanh", "identity")
    assert 0.099 < first.weight.max().item() <= 0.1
    assert -0.1 <= first.weight.min().item() < -0.099
    assert last.bias.abs().max().item() <= 50**-0.5
    again = draw_layers([100, 50, 3], torch.Generator().manual_seed(5), activation="tanh")
    assert torch.equal(again[0].weight, first.weight)
    assert torch.equal(again[1].bias, last.bias)


def test_layers_that_do_not_fit_together_are_refused_in_words() -> None:
    layers = [Layer(torch.zeros(3, 4), torch.zeros(3), "relu"), Layer(torch.zeros(2, 5), torch.zeros(2))]
    with pytest.raises(BadInput, match=r"Each case has 3 features; the weight has 5 columns"):
        forward(layers, torch.zeros(1, 4))
