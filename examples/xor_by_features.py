# %% [markdown]
# # XOR by better features
#
# Exclusive or: one of two, but not both. Four points in a plane, and no straight line has the right two on each side. A
# logistic regression draws straight lines only. Give it products of the inputs beside the inputs themselves, and the
# same regression solves it at once.

# %%
from math import log

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from pellucid.blocks import binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_slope
from pellucid.blocks import linear, linear_slope_of_weights, sigmoid

torch.set_num_threads(1)
BLUE, ORANGE = "#0072B2", "#D55E00"  # two colours that colour-blind readers tell apart
corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
xor = torch.tensor([0, 1, 1, 0])

# %% [markdown]
# ## Logistic regression, with the slope by hand
# A weighted sum of the features and a bias, a = t1 f1 + t2 f2 + ... + t0. Then p = 1 / (1 + exp(-a)). The slope of the
# loss with regard to a is p - label, divided by the number of cases; the layer's own slope does the rest.


# %%
def regress(features: Tensor, labels: Tensor, steps: int = 3000, rate: float = 2.0) -> tuple[Tensor, Tensor]:
    """Weight and bias after so many steps of plain gradient descent on all cases at once."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(1, features.shape[1], generator=generator, dtype=torch.float64)
    bias = torch.zeros(1, dtype=torch.float64)
    for _ in range(steps):
        slope = binary_cross_entropy_with_logits_slope(linear(features, weight, bias)[:, 0], labels)
        of_weight, of_bias = linear_slope_of_weights(slope[:, None], features)
        weight -= rate * of_weight
        bias -= rate * of_bias
    return weight, bias


weight, bias = regress(corners, xor)
logits = linear(corners, weight, bias)[:, 0]
corner_probabilities, corner_loss = sigmoid(logits), binary_cross_entropy_with_logits(logits, xor).item()
print("x1 x2  label  probability")
for (x1, x2), label, p in zip(corners.tolist(), xor.tolist(), corner_probabilities.tolist(), strict=True):
    print(f"{x1:2.0f} {x2:2.0f} {label:6} {p:12.6f}")
print(f"loss {corner_loss:.6f}; log 2, which is the loss of one who knows nothing, is {log(2):.6f}")

# %% [markdown]
# It ends where it knows nothing: one half for every corner. That is not bad luck. The loss of a logistic regression has
# no valleys but one, and this is its floor. Nor can any other line do it. It would need
#
# - t0 < 0 for (0, 0), and t1 + t2 + t0 < 0 for (1, 1): together t1 + t2 + 2 t0 < 0;
# - t1 + t0 > 0 for (1, 0), and t2 + t0 > 0 for (0, 1): together t1 + t2 + 2 t0 > 0.
#
# The same sum cannot be below 0 and above it. Three corners of four are the most that a line gets right.

# %%
lines = torch.randn(100_000, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
guesses = linear(corners, lines[:, :2], lines[:, 2]) > 0
right = (guesses == (xor == 1)[:, None]).sum(0)
most_right = int(right.max())
print(f"of {len(lines):,} random lines, the best gets {most_right} corners of 4 right")

# %% [markdown]
# ## Quadratic features
# Now 400 points, a hundred around each corner. Beside x1 and x2 the regression gets x1², x2² and x1 x2. It stays linear
# in what it is given; only what it is given has changed.


# %%
def quadratic(points: Tensor) -> Tensor:
    """x1, x2, x1², x2², x1 x2 of each point."""
    x1, x2 = points.T
    return torch.stack([x1, x2, x1 * x1, x2 * x2, x1 * x2], dim=1)


noise = torch.randn(400, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
points, labels = corners.repeat(100, 1) + 0.15 * noise, xor.repeat(100)


def measure(features: Tensor) -> tuple[Tensor, Tensor, float, float]:
    """Weight, bias, loss and accuracy of a regression on these features."""
    weight, bias = regress(features, labels)
    logits = linear(features, weight, bias)[:, 0]
    accuracy = ((logits > 0) == (labels == 1)).double().mean().item()
    return weight, bias, binary_cross_entropy_with_logits(logits, labels).item(), accuracy


line_weight, line_bias, line_loss, line_accuracy = measure(points)
curve_weight, curve_bias, curve_loss, curve_accuracy = measure(quadratic(points))
print(f"\nx1, x2 alone:        loss {line_loss:.4f}, accuracy {line_accuracy:.3f}")
print(f"quadratic features:  loss {curve_loss:.4f}, accuracy {curve_accuracy:.3f}")
terms = zip(curve_weight[0].tolist(), ("x1", "x2", "x1²", "x2²", "x1 x2"), strict=True)
print(f"a = {curve_bias.item():.1f} " + " ".join(f"{value:+.1f} {name}" for value, name in terms))

# %% [markdown]
# The product decides: x1 + x2 - 2 x1 x2 is 0, 1, 1, 0 at the four corners, which is XOR itself. Two features are
# enough, then: the sum and the product. In their plane, on the right, a straight line separates the classes. Seen from
# the plane of x1 and x2, in the middle, the boundary is a curve: the five features make it a pair of bent lines. On the
# left, the line of least loss, which gets about half of the points right.

# %%
two_features = torch.stack([points.sum(1), points.prod(1)], dim=1)
two_weight, two_bias, two_loss, two_accuracy = measure(two_features)
print(f"\nsum and product:     loss {two_loss:.4f}, accuracy {two_accuracy:.3f}")


def grid(x_range: tuple[float, float], y_range: tuple[float, float]) -> Tensor:
    """200 x 200 points of a plane: [row, column, coordinate]."""
    x, y = (torch.linspace(*ends, 200, dtype=torch.float64) for ends in (x_range, y_range))
    return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=2)


plane, feature_plane = grid((-0.6, 1.6), (-0.6, 1.6)), grid((-0.7, 2.7), (-0.6, 1.9))
panels = [
    (points, plane, linear(plane.flatten(0, 1), line_weight, line_bias)),
    (points, plane, linear(quadratic(plane.flatten(0, 1)), curve_weight, curve_bias)),
    (two_features, feature_plane, linear(feature_plane.flatten(0, 1), two_weight, two_bias)),
]
titles = ("x1 and x2 alone", "quadratic features", "sum and product")
accuracies = (line_accuracy, curve_accuracy, two_accuracy)
figure, axes = plt.subplots(1, 3, figsize=(7, 3.1), layout="constrained")
for axis, (shown, places, values), title, accuracy in zip(axes, panels, titles, accuracies, strict=True):
    x, y, heights = places[..., 0], places[..., 1], values.reshape(200, 200)
    axis.contourf(x, y, heights, levels=[-1e9, 0, 1e9], colors=[BLUE, ORANGE], alpha=0.15)
    axis.contour(x, y, heights, levels=[0], colors="black", linewidths=1.5)
    for label, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "^")):
        axis.scatter(*shown[labels == label].T, s=9, color=colour, marker=marker, label=f"label {label}")
    axis.set(title=f"{title}\n{accuracy:.0%} right", xlabel="x1", ylabel="x2")
axes[2].set(xlabel="x1 + x2", ylabel="x1 x2")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
plt.show()
