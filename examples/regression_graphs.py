# %% [markdown]
# # Linear and logistic regression as graphs
#
# A formula is a graph: numbers go in, each node does one small thing, one number comes out. Values flow to the right.
# Slopes flow back to the left: each says by how much the last number changes for a small change of this one. That is
# the whole of training. `pellucid graph logistic-regression` draws the second one.

# %%
import math

import torch

from pellucid.blocks.graphs import linear_regression_graph, logistic_regression_graph

weights = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64)
inputs = torch.tensor([3.0, 4.0], dtype=torch.float64)

# %% [markdown]
# ## Linear regression: y = t0·1 + t1·x1 + t2·x2
# With t = (0.5, -1, 2) and x = (3, 4): 0.5 - 3 + 8 = 5.5. The target is 5, and the loss is the square of what is
# between them.

# %%
line = linear_regression_graph(weights, inputs, target=5.0)
print(*line.lines(), sep="\n")
line

# %% [markdown]
# Read a slope from right to left. The loss is (y - target)², so its slope at y is 2·(5.5 - 5) = 1. A sum hands its
# slope on as it is. A product hands it on times the other number: at t2 it is 1 · 4, since x2 = 4.

# %%
y, at_y, at_t2 = (numbers.whole.item() for numbers in (line["y"].value, line["y"].slope, line["t2"].slope))
by_hand = 2 * (5.5 - 5) * 4
print(f"y = {y}, slope at y {at_y}, slope at t2 {at_t2}; by hand {by_hand}")

# %% [markdown]
# ## Logistic regression: p = 1 / (1 + exp(-a))
# The same sum, now called a, is bent into a probability, and the loss is the cross-entropy. Something lovely happens on
# the way back: the slope at a is p - label, whatever the numbers are.

# %%
point = torch.tensor([3.0, 1.5], dtype=torch.float64)
bent = logistic_regression_graph(weights, point, label=1)
print(*bent.lines(), sep="\n")
bent

# %%
p, at_a = bent["p"].value.whole.item(), bent["a"].slope.whole.item()
print(f"p = {p:.4f} = 1 / (1 + exp(-0.5)) = {1 / (1 + math.exp(-0.5)):.4f};  slope at a = {at_a:.4f} = p - 1")

# %% [markdown]
# ## The same slopes, by autograd
# torch keeps such a graph behind every number that it computes, and walks it backwards.

# %%
t = weights.clone().requires_grad_()
a = t[0] + t[1] * point[0] + t[2] * point[1]
(-torch.log(torch.sigmoid(a))).backward()
of_hand = [bent[name].slope.whole.item() for name in ("t0", "t1", "t2")]
for place, slope in enumerate(t.grad.tolist()):
    print(f"t{place}: by hand {of_hand[place]:.6f}, by autograd {slope:.6f}")

# %% [markdown]
# ## The boundary is a straight line
# p is one half where a is 0, that is where 0.5 - x1 + 2·x2 = 0. Two classes that no straight line parts, such as XOR's,
# are out of reach: `xor_by_features.py` and `xor_by_network.py` go on from here.

# %%
import matplotlib.pyplot as plt
import numpy as np

x1, x2 = np.meshgrid(np.linspace(-3, 7, 101), np.linspace(-3, 5, 81))
t0, t1, t2 = weights.tolist()
probability = 1 / (1 + np.exp(-(t0 + t1 * x1 + t2 * x2)))
on_the_boundary = np.array([[-3.0, (-3.0 - 0.5) / 2], [7.0, (7.0 - 0.5) / 2]])
figure, axes = plt.subplots(figsize=(5.2, 4))
shown = axes.contourf(x1, x2, probability, levels=np.linspace(0, 1, 11), cmap="RdBu_r")
axes.plot(*on_the_boundary.T, color="black")
axes.plot(3.0, 1.5, "o", color="black")
white = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none"}
axes.annotate(f"p = {p:.2f}", (3.0, 1.5), textcoords="offset points", xytext=(10, -18), bbox=white)
figure.colorbar(shown, label="p")
axes.set(title="p, and the boundary where it is 0.5", xlabel="x1", ylabel="x2", ylim=(-3, 5))
plt.show()
