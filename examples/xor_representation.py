# %% [markdown]
# # What a hidden layer sees
#
# The output of a network is a logistic regression like any other: it draws one straight line. It does not draw it in
# the plane of the inputs, however, but in that of the hidden units, and where a point lies there is learned. This page
# looks into that plane while a 2-2-1 network learns XOR.

# %%
import matplotlib.pyplot as plt
import torch
from torch import Tensor

from pellucid.blocks import SGD, Layer, backward, draw_layers, forward, sigmoid, weights_of
from pellucid.blocks import binary_cross_entropy_with_logits_slope

torch.set_num_threads(1)
BLUE, ORANGE = "#0072B2", "#D55E00"  # two colours that colour-blind readers tell apart
SHOWN = (0, 20, 50)  # epochs
OFFSETS = ((0, -20), (-20, 10), (24, -16), (0, 10))  # of the corners' names, in points
HALO = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7}
corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
xor = torch.tensor([0, 1, 1, 0])

# %% [markdown]
# ## Learn, and keep the weights
# 1000 points around the four corners (deviation 0.1), sigmoids, binary cross-entropy, SGD with a learning rate of 0.005
# and a momentum of 0.95, 50 epochs, four points a step. After each epoch we keep a copy of the network.

# %%
noise = torch.randn(1000, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
points, labels = corners.repeat(250, 1) + 0.1 * noise, xor.repeat(250)
drawn = draw_layers([2, 2, 1], torch.Generator().manual_seed(6), activation="sigmoid")
layers = [Layer(layer.weight.double(), layer.bias.double(), layer.activation) for layer in drawn]


def copy(layers: list[Layer]) -> list[Layer]:
    return [Layer(layer.weight.clone(), layer.bias.clone(), layer.activation) for layer in layers]


sgd, generator = SGD(learning_rate=0.005, momentum=0.95), torch.Generator().manual_seed(0)
state, kept = sgd.start(weights_of(layers)), [copy(layers)]
for _ in range(50):
    for rows in torch.randperm(len(points), generator=generator).split(4):
        activations = forward(layers, points[rows])
        slope = binary_cross_entropy_with_logits_slope(activations.logits, labels[rows, None])
        state = sgd.step(weights_of(layers), backward(layers, activations, slope), state)
    kept.append(copy(layers))

# %% [markdown]
# ## Where the corners lie
# `forward` keeps what each layer took in. What the second layer took in is the representation: two numbers between 0
# and 1 for each point. The output's line is where its weighted sum of the two, and its bias, is 0. Beside it we ask for
# the best of all lines in that plane: the widest gap that any direction leaves between the corners of the two classes.


# %%
def hidden(layers: list[Layer], points: Tensor) -> Tensor:
    """Each point in the plane of the two hidden units: [point, unit]."""
    return forward(layers, points).inputs[1]


def own_gap(layers: list[Layer]) -> float:
    """From the output's line to the nearest corner; below 0 if a corner is on the wrong side."""
    towards_right = forward(layers, corners).logits[:, 0] * (2 * xor - 1)
    return (towards_right / layers[1].weight.norm()).min().item()


def best_gap(places: Tensor) -> float:
    """From the best line to the nearest of four places; below 0 if no line separates the classes."""
    angle = torch.linspace(0, 2 * torch.pi, 3601, dtype=torch.float64)
    along = places @ torch.stack([angle.cos(), angle.sin()])  # [place, direction]
    return (along[xor == 1].amin(0) - along[xor == 0].amax(0)).max().item() / 2


def apart(places: Tensor) -> float:
    """The distance from (0, 1) to (1, 0)."""
    return (places[1] - places[2]).norm().item()


seen = {epoch: hidden(kept[epoch], corners) for epoch in SHOWN}
print("epoch    (0, 0)        (0, 1)        (1, 0)        (1, 1)       best line   its line")
print(f"inputs                {best_gap(corners):47.2f}")
for epoch, places in seen.items():
    row = "  ".join(f"({h1:.2f}, {h2:.2f})" for h1, h2 in places.tolist())
    print(f"{epoch:5}  {row} {best_gap(places):10.2f} {own_gap(kept[epoch]):10.2f}")
print(f"\nfrom (0, 1) to (1, 0): inputs {apart(corners):.2f}", end="")
print(*(f", epoch {epoch} {apart(places):.2f}" for epoch, places in seen.items()), sep="")

# %% [markdown]
# At first the inputs are only tilted and shrunk (note the scale of the second panel): sigmoids of small sums are almost
# straight, and what no line separated before, none separates now. At epoch 20 (0, 1) and (1, 0), far apart in the
# inputs, lie on the same spot: for this question they are the same, and the hidden units have learned so. A line could
# already separate the three spots that are left, but the output has not found it yet. At epoch 50 it has, and the spots
# have moved apart. In the figure, black lines are the output's.

# %%
figure, axes = plt.subplots(2, 2, figsize=(7, 6.6), layout="constrained")
panels = [("inputs", points, corners), *((f"epoch {it}", hidden(kept[it], points), seen[it]) for it in SHOWN)]
for axis, (title, places, at_corners) in zip(axes.flat, panels, strict=True):
    for label, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "^")):
        axis.scatter(*places[labels == label].T, s=9, color=colour, marker=marker, alpha=0.4, label=f"label {label}")
    axis.scatter(*at_corners.T, s=30, color="black", marker="x")
    for name, place, offset in zip(("0, 0", "0, 1", "1, 0", "1, 1"), at_corners.tolist(), OFFSETS, strict=True):
        axis.annotate(name, place, textcoords="offset points", xytext=offset, weight="bold", ha="center", bbox=HALO)
    axis.set(title=title, xlabel="hidden unit 1", ylabel="hidden unit 2")
axes[0, 0].set(xlabel="x1", ylabel="x2")
side = torch.linspace(-0.2, 1.2, 100, dtype=torch.float64)
h1, h2 = torch.meshgrid(side, side, indexing="xy")
for axis, epoch in zip(axes[1], SHOWN[1:], strict=True):
    output = kept[epoch][1]
    p = sigmoid(output.weight[0, 0] * h1 + output.weight[0, 1] * h2 + output.bias)
    axis.contourf(h1, h2, p, levels=[0, 0.5, 1], colors=[BLUE, ORANGE], alpha=0.15)
    axis.contour(h1, h2, p, levels=[0.5], colors="black", linewidths=1.5)
figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
plt.show()
