# %% [markdown]
# # Three ways to a slope
#
# How does the loss change if this number grows a little? There are three ways to know. Work it out by hand, block by
# block. Try it: add a little, and see. Or ask autograd, which keeps a record of what was computed and goes through it
# backwards. All three must agree, and this page holds them against each other, number by number.

# %%
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from pellucid.blocks import Layer, backward, binary_cross_entropy, binary_cross_entropy_slope
from pellucid.blocks import cross_entropy, cross_entropy_slope, draw_layers, forward
from pellucid.blocks import linear, linear_slope, sigmoid, sigmoid_slope, weights_of

torch.set_num_threads(1)
BLUE, ORANGE = "#0072B2", "#D55E00"  # two colours that colour-blind readers tell apart

# %% [markdown]
# ## One neuron, node by node
# a = t0 + t1 x1 + t2 x2, p = 1 / (1 + exp(-a)), loss = -log(p), as the label is 1. By hand: start at the loss and go
# back, each block turning the slope of what it gave into the slopes of what it took.

# %%
inputs = torch.tensor([[0.5, -2.0]], dtype=torch.float64)  # x1, x2
weight = torch.tensor([[1.0, 0.25]], dtype=torch.float64)  # t1, t2
bias = torch.tensor([0.3], dtype=torch.float64)  # t0
label = torch.tensor([[1]])

a = linear(inputs, weight, bias)
p = sigmoid(a)
loss = binary_cross_entropy(p, label)

of_p = binary_cross_entropy_slope(p, label)  # -1 / p
of_a = sigmoid_slope(of_p, a)  # times p (1 - p): p - 1 is left
of_inputs, of_weight, of_bias = linear_slope(of_a, inputs, weight)

# %% [markdown]
# Autograd: mark the leaves (what was given, not computed) with `requires_grad`, compute, call `backward()`, read
# `.grad`. In-between nodes keep theirs only if asked to, by `retain_grad()`.

# %%
leaves = [tensor.clone().requires_grad_() for tensor in (inputs, weight, bias)]
watched_a = linear(*leaves)
watched_p = sigmoid(watched_a)
watched_a.retain_grad()
watched_p.retain_grad()
binary_cross_entropy(watched_p, label).backward()


# %% [markdown]
# By trying: the loss a little above, less the loss a little below, divided by the distance between the two. It needs
# two runs for every number, and none of the rules.


# %%
def by_trying(loss_of: Callable[[Tensor], Tensor], at: Tensor, step: float = 1e-5) -> Tensor:
    """(loss(x + step) - loss(x - step)) / (2 step), for each number of a tensor in turn."""
    slopes = torch.empty_like(at)
    for place in range(at.numel()):
        nudge = torch.zeros_like(at)
        nudge.view(-1)[place] = step
        slopes.view(-1)[place] = (loss_of(at + nudge) - loss_of(at - nudge)) / (2 * step)
    return slopes


def loss_from_a(a: Tensor) -> Tensor:
    return binary_cross_entropy(sigmoid(a), label)


tried = {
    "p": by_trying(lambda p: binary_cross_entropy(p, label), p),
    "a": by_trying(loss_from_a, a),
    "x1, x2": by_trying(lambda it: loss_from_a(linear(it, weight, bias)), inputs),
    "t1, t2": by_trying(lambda it: loss_from_a(linear(inputs, it, bias)), weight),
    "t0": by_trying(lambda it: loss_from_a(linear(inputs, weight, it)), bias),
}
by_hand = dict(zip(tried, (of_p, of_a, of_inputs, of_weight, of_bias), strict=True))
watched = (watched_p, watched_a, *leaves)
by_autograd = {name: node.grad for name, node in zip(tried, watched, strict=True)}
values = dict(zip(tried, (p, a, inputs, weight, bias), strict=True))
print(f"loss {loss:.6f}\nnode        value            slope by hand          autograd         by trying")
for name in tried:
    columns = [values[name], by_hand[name], by_autograd[name], tried[name]]
    for node, *row in zip(name.split(", "), *(column.flatten().tolist() for column in columns), strict=True):
        print(f"{node:4} {row[0]:12.6f}" + "".join(f"{it:18.10f}" for it in row[1:]))

# %% [markdown]
# ## How small is a little?
# Too large a step, and the loss bends on the way: the error grows with the square of the step. Too small, and the two
# losses have most of their digits in common, which the subtraction wipes out: the error grows as one over the step.
# Double precision has 16 digits, and a step near 1e-5 keeps about ten of them. Single precision, in which networks
# learn, has 7; a step of 0.01 keeps five, one of 1e-7 none. By hand and by autograd there is no step to choose.


# %%
def error_of_trying(step: float, dtype: torch.dtype) -> float:
    """How far the slope of t1 by trying is from (p - label) x1, as a share of it."""
    x, t, t0 = inputs.to(dtype), weight.to(dtype), bias.to(dtype)
    slope = by_trying(lambda it: loss_from_a(linear(x, it, t0)), t, step)[0, 0].item()
    exact = (p - 1).item() * inputs[0, 0].item()
    return abs(slope - exact) / abs(exact)


steps = [10**-exponent for exponent in range(1, 13)]
precisions = {"double precision": torch.float64, "single precision": torch.float32}
errors = {name: [error_of_trying(step, dtype) for step in steps] for name, dtype in precisions.items()}
for name, of_precision in errors.items():
    smallest = min(of_precision)
    print(f"{name}: best with a step of {steps[of_precision.index(smallest)]:.0e}, relative error {smallest:.0e}")

figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
for (name, of_precision), colour, marker in zip(errors.items(), (BLUE, ORANGE), "o^", strict=True):
    axis.loglog(steps, of_precision, color=colour, marker=marker, label=name)
axis.set(title="The slope by trying", xlabel="step", ylabel="relative error")
axis.legend()
plt.show()

# %% [markdown]
# ## A whole network
# The same for all 55 numbers of a network of three layers on five cases. `backward` is the chain rule over the blocks.

# %%
generator = torch.Generator().manual_seed(0)
cases, classes = torch.randn(5, 4, generator=generator, dtype=torch.float64), torch.tensor([0, 1, 2, 1, 0])
drawn = draw_layers([4, 4, 4, 3], generator, activation="tanh")
layers = [Layer(layer.weight.double(), layer.bias.double(), layer.activation) for layer in drawn]
weights = weights_of(layers)
activations = forward(layers, cases)
hand = backward(layers, activations, cross_entropy_slope(activations.logits, classes))


def loss_with(weights: list[Tensor]) -> Tensor:
    """The loss with these weights and biases in the place of the network's own."""
    pairs = zip(weights[::2], weights[1::2], layers, strict=True)
    return cross_entropy(forward([Layer(w, b, layer.activation) for w, b, layer in pairs], cases).logits, classes)


def try_one(number: int) -> Tensor:
    """Slopes by trying of the weight or bias of this number, all others as they are."""
    return by_trying(lambda it: loss_with([*weights[:number], it, *weights[number + 1 :]]), weights[number])


watched_weights = [weight.clone().requires_grad_() for weight in weights]
loss_with(watched_weights).backward()
auto = [weight.grad for weight in watched_weights]
tries = [try_one(number) for number in range(len(weights))]
count = sum(weight.numel() for weight in weights)
hand_and_auto = max((one - other).abs().max().item() for one, other in zip(hand, auto, strict=True))
hand_and_tries = max((one - other).abs().max().item() for one, other in zip(hand, tries, strict=True))
print(f"\n{count} numbers: by hand and autograd at most {hand_and_auto:.0e} apart, ", end="")
print(f"by hand and by trying {hand_and_tries:.0e}")

# %% [markdown]
# So autograd can be believed. What one must know to use it is on the next page, `autograd_habits.py`.
