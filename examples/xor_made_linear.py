# %% [markdown]
# # XOR without the bends: many layers, one line
#
# What do the sigmoids between the layers do? Take them away, all but the last, and see. However many layers are left,
# and however wide, they are one layer: a product of matrices is a matrix. And one layer draws one straight line, which
# XOR does not have.

# %%
from math import log

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from pellucid.blocks import SGD, Layer, backward, draw_layers, forward, linear, sigmoid, weights_of
from pellucid.blocks import binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_slope

torch.set_num_threads(1)
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"  # colour-blind readers tell them apart
EPOCHS, BATCH = 50, 4
corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
xor = torch.tensor([0, 1, 1, 0])

# %% [markdown]
# ## Three networks
# 2-2-1 with sigmoids, the same network without them in the hidden layer, and a large one without: two hidden layers of
# 16. The last sigmoid stays, it is part of the loss. All learn from the same 1000 points around the four corners
# (deviation 0.1): binary cross-entropy, SGD with a learning rate of 0.005 and a momentum of 0.95, 50 epochs, four
# points a step. Not every start of the first one succeeds, as `xor_by_network.py` shows (with one point a step); this
# one does.


# %%
def learn(layers: tuple[Layer, ...]) -> list[float]:
    """Train in place; return the loss on all points before the first epoch and after each."""
    generator = torch.Generator().manual_seed(0)
    sgd = SGD(learning_rate=0.005, momentum=0.95)
    state, losses = sgd.start(weights_of(layers)), [loss_of(layers)]
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(points), generator=generator).split(BATCH):
            activations = forward(layers, points[rows])
            slope = binary_cross_entropy_with_logits_slope(activations.logits, labels[rows, None])
            state = sgd.step(weights_of(layers), backward(layers, activations, slope), state)
        losses.append(loss_of(layers))
    return losses


def loss_of(layers: tuple[Layer, ...]) -> float:
    return binary_cross_entropy_with_logits(forward(layers, points).logits[:, 0], labels).item()


def draw(widths: tuple[int, ...], bend: str) -> tuple[Layer, ...]:
    """A random start in double precision; `bend` is the activation of the hidden layers."""
    drawn = draw_layers(widths, torch.Generator().manual_seed(6), activation=bend)
    return tuple(Layer(layer.weight.double(), layer.bias.double(), layer.activation) for layer in drawn)


noise = torch.randn(1000, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
points, labels = corners.repeat(250, 1) + 0.1 * noise, xor.repeat(250)
networks = {
    "2-2-1, sigmoids": draw((2, 2, 1), "sigmoid"),
    "2-2-1, none": draw((2, 2, 1), "identity"),
    "2-16-16-1, none": draw((2, 16, 16, 1), "identity"),
}
losses = {name: learn(layers) for name, layers in networks.items()}
probabilities = {name: sigmoid(forward(layers, corners).logits[:, 0]) for name, layers in networks.items()}
print(f"loss of one who knows nothing: log 2 = {log(2):.4f}\n")
print("network              loss   p(0, 0)  p(0, 1)  p(1, 0)  p(1, 1)   corners right")
for name, p in probabilities.items():
    corners_right = int(((p > 0.5) == (xor == 1)).sum())
    row = "".join(f"{it:9.3f}" for it in p.tolist())
    print(f"{name:17} {losses[name][-1]:7.4f} {row} {corners_right:10} of 4")

# %% [markdown]
# ## One layer in disguise
# Without bends, the second layer multiplies what the first has multiplied: W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 +
# b2). So we multiply the matrices into one, and compare on all points. The large network of 337 numbers computes what
# three numbers compute. Of the network with sigmoids the same product says nothing.


# %%
def multiply_out(layers: tuple[Layer, ...]) -> tuple[Tensor, Tensor]:
    """Weight and bias of the one layer that these are, if none of them bends."""
    weight, bias = layers[0].weight, layers[0].bias
    for layer in layers[1:]:
        weight, bias = layer.weight @ weight, layer.weight @ bias + layer.bias
    return weight, bias


def differ(layers: tuple[Layer, ...]) -> float:
    """How far the logits of one layer in the place of all are from theirs, at the point where it is most."""
    return (linear(points, *multiply_out(layers)) - forward(layers, points).logits).abs().max().item()


at_the_start, at_the_end, numbers = {}, {}, {}
print("\nas one layer of 3 numbers, the logits differ by at most   at the start   at the end")
for name, layers in networks.items():
    fresh = draw((2, *(len(layer.bias) for layer in layers)), layers[0].activation)
    at_the_start[name], at_the_end[name] = differ(fresh), differ(layers)
    numbers[name] = sum(weight.numel() for weight in weights_of(layers))
    print(f"  {name:15} {numbers[name]:4} numbers {at_the_start[name]:40.0e} {at_the_end[name]:12.0e}")

# %% [markdown]
# And no line can do it (`xor_by_features.py` has the proof in two lines). The loss of the two straight networks stays
# at log 2, whatever their size, and in the figure their planes are grey: about one half everywhere. A layer more is
# worth something only if there is a bend before it.

# %%
side = torch.linspace(-0.5, 1.5, 200, dtype=torch.float64)
x1, x2 = torch.meshgrid(side, side, indexing="xy")
grid = torch.stack([x1, x2], dim=2).flatten(0, 1)
figure, axes = plt.subplots(2, 2, figsize=(7, 6), layout="constrained")
for name, colour, style in zip(networks, (BLUE, ORANGE, GREEN), ("-", "--", ":"), strict=True):
    axes[0, 0].plot(losses[name], color=colour, linestyle=style, linewidth=2.5, label=name)
axes[0, 0].axhline(log(2), color="black", linewidth=0.7)
axes[0, 0].annotate("log 2", (EPOCHS, log(2)), xytext=(0, -12), textcoords="offset points", ha="right")
axes[0, 0].set(title="loss", xlabel="epoch", ylim=(0, 1.15))
axes[0, 0].legend(loc="upper right", fontsize=8)
for axis, (name, layers) in zip(axes.flat[1:], networks.items(), strict=True):
    p = sigmoid(forward(layers, grid).logits).reshape(200, 200)
    filled = axis.contourf(x1, x2, p, levels=[0.1 * tenth for tenth in range(11)], cmap="cividis")
    axis.contour(x1, x2, p, levels=[0.5], colors="white", linewidths=2)
    for label, marker, colour in ((0, "o", "black"), (1, "^", "white")):
        chosen = corners[xor == label]
        axis.scatter(*chosen.T, s=60, marker=marker, color=colour, edgecolor="black", label=f"label {label}")
    axis.set(title=name, xlabel="x1", ylabel="x2", aspect="equal")
axes[1, 0].legend(loc="center")
figure.colorbar(filled, ax=axes[1], label="probability of a 1")
plt.show()
