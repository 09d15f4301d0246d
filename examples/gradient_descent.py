# %% [markdown]
# # Gradient descent by hand
#
# Learning is going downhill. The loss says how wrong a weight is, its slope says which way is less wrong, and the
# learning rate says how far to go. This page goes down with one weight, too timidly, well, and too boldly; then with
# two; then with slopes that are only guessed from a few cases. Nothing is downloaded.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from sklearn.datasets import load_diabetes
from torch import Tensor

from pellucid.blocks import SGD, linear, linear_slope_of_weights, mean_squared_error, mean_squared_error_slope

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#777777"

# %% [markdown]
# ## The data
# 442 patients with diabetes: their body mass index, their blood pressure, and how far the disease had gone a year later
# (the data come with scikit-learn). Each column has mean 0 and deviation 1, so that no bias is needed.

# %%
source = load_diabetes()
columns = np.stack([source.data[:, 2], source.data[:, 3], source.target], axis=1)
columns = torch.from_numpy((columns - columns.mean(0)) / columns.std(0))
mass_index, pressure, progression = columns.T
print(f"{len(columns)} patients; body mass index and blood pressure correlate by {(mass_index * pressure).mean():.2f}")

# %% [markdown]
# ## One weight
# The guess is weight x body mass index, the loss the mean squared error. Both are blocks, and each has its slope beside
# it: how the loss changes with each guess, and from there, by the chain rule, how it changes with the weight.


# %%
def loss_and_slope(inputs: Tensor, targets: Tensor, weights: Tensor) -> tuple[float, Tensor]:
    """The mean squared error of inputs @ weights, and its slope: one number a weight."""
    none = torch.zeros(1, dtype=torch.float64)  # no bias
    guesses = linear(inputs, weights[None], none)[:, 0]
    slope_of_guesses = mean_squared_error_slope(guesses, targets)
    slope_of_weights, _ = linear_slope_of_weights(slope_of_guesses[:, None], inputs)
    return mean_squared_error(guesses, targets).item(), slope_of_weights[0]


def descend(inputs: Tensor, start: list[float], rate: float, steps: int) -> tuple[Tensor, list[float]]:
    """Every place visited, [step, weight], and the loss at each."""
    weights, sgd = torch.tensor(start, dtype=torch.float64), SGD(learning_rate=rate)
    state, places, losses = sgd.start([weights]), [], []
    for _ in range(steps + 1):
        loss, slope = loss_and_slope(inputs, progression, weights)
        places.append(weights.clone())
        losses.append(loss)
        state = sgd.step([weights], [slope], state)
    return torch.stack(places), losses


one = mass_index[:, None]
first_loss, first_slope = loss_and_slope(one, progression, torch.zeros(1, dtype=torch.float64))
best_weight = (mass_index * progression).mean().item()  # where the slope is 0: known here, for once
print(f"at weight 0 the loss is {first_loss:.3f} and its slope {first_slope.item():+.3f}: uphill is to the left")
print(f"one step with a learning rate of 0.3: 0 - 0.3 x {first_slope.item():.3f} = {-0.3 * first_slope.item():+.3f}")
print(f"the lowest point is at {best_weight:.3f}")

# %% [markdown]
# ## Three learning rates
# The loss is a parabola. At a distance d from its lowest point the slope is 2d here, so a step leaves (1 - 2 x rate) of
# the distance. That factor decides everything: near 1, one hardly moves; between -1 and 1, one arrives; beyond, each
# step overshoots by more than it mends. Rates above 1 cannot work on this curve, however long one waits. (Black: where
# all three begin.)

# %%
RATES = {"too small": 0.02, "right": 0.3, "too large": 1.03}
paths = {name: descend(one, [-1.0], rate, steps=12) for name, rate in RATES.items()}
grid = torch.linspace(-2.8, 4.0, 81, dtype=torch.float64)
curve = [loss_and_slope(one, progression, weight[None])[0] for weight in grid]

figure, axes = plt.subplots(1, 3, figsize=(7, 2.8), sharex=True, sharey=True, layout="constrained")
for axis, (name, (places, losses)), colour in zip(axes, paths.items(), (BLUE, GREEN, ORANGE), strict=True):
    axis.plot(grid, curve, color=GREY, linewidth=1)
    axis.plot(places[:, 0], losses, "o-", color=colour, markersize=4, linewidth=1)
    axis.plot(places[0, 0], losses[0], "o", color="black", markersize=5)
    axis.set(title=f"{name}: {RATES[name]}", xlabel="weight")
axes[0].set_ylabel("loss (mean squared error)")

print("\nlearning rate    one step leaves    loss at first    after 12 steps")
for name, (places, losses) in paths.items():
    left = ((places[1] - best_weight) / (places[0] - best_weight)).item()
    print(f"{RATES[name]:5} {name:10} {left:15.2f} {losses[0]:16.3f} {losses[-1]:17.3f}")
plt.show()

# %% [markdown]
# ## Two weights
# With blood pressure as a second input the loss is a bowl, seen here from above: lines of equal loss. The step goes
# straight against the slope, across the lines. Because the two inputs go together, the bowl is longer one way than the
# other: the first steps fall down its steep side, the later ones creep along its floor, to the star.

# %%
two = columns[:, :2]
bowl_places, bowl_losses = descend(two, [-0.6, 0.1], rate=0.2, steps=25)
lowest = torch.linalg.lstsq(two, progression).solution
steepness = torch.linalg.eigvalsh(2 * two.T @ two / len(two))  # of the bowl, along its floor and down its side
across, up = torch.linspace(-0.8, 1.4, 61, dtype=torch.float64), torch.linspace(-0.6, 1.2, 61, dtype=torch.float64)
heights = [[loss_and_slope(two, progression, torch.stack([x, y]))[0] for x in across] for y in up]


def draw_bowl(axis: Axes, places: Tensor, colour: str, title: str) -> None:
    """Lines of equal loss, a way down, and the lowest point."""
    axis.contour(across, up, heights, levels=12, colors=GREY, linewidths=0.6)
    axis.plot(*places.T, "o-", color=colour, markersize=3, linewidth=1)
    axis.plot(*lowest, "*", color="black", markersize=10)
    axis.set(title=title, xlabel="weight of body mass index", ylabel="weight of blood pressure", aspect="equal")


figure, axis = plt.subplots(figsize=(5, 4.2), layout="constrained")
draw_bowl(axis, bowl_places, BLUE, "All patients at every step")
print(f"\ntwo weights: {bowl_places[-1].tolist()[0]:.3f} and {bowl_places[-1].tolist()[1]:.3f} after 25 steps;")
print(f"  the lowest point: {lowest[0]:.3f} and {lowest[1]:.3f}")
print(f"  steepness {steepness[1]:.2f} down the side, {steepness[0]:.2f} along the floor: rates up to", end=" ")
print(f"{2 / steepness[1]:.2f} arrive")
plt.show()

# %% [markdown]
# ## Mini-batches
# The slope over all cases is a mean, and a few cases tell roughly the same. A mini-batch is such a few; an epoch is
# once through all cases, batch by batch. A step on 16 patients costs a 28th of a step on 442, so one takes many rough
# steps instead of a few good ones. They come near the lowest point sooner, and then wander about it: the slope of a few
# never quite vanishes. A smaller rate calms them.


# %%
def wander(rate: float, epochs: int = 4, size: int = 16, seed: int = 0) -> Tensor:
    """Every place visited; each epoch sees every patient once, in a new order."""
    weights, sgd = torch.tensor([-0.6, 0.1], dtype=torch.float64), SGD(learning_rate=rate)
    state, generator = sgd.start([weights]), torch.Generator().manual_seed(seed)
    places = [weights.clone()]
    for _ in range(epochs):
        for rows in torch.randperm(len(two), generator=generator).split(size):
            _, slope = loss_and_slope(two[rows], progression[rows], weights)
            state = sgd.step([weights], [slope], state)
            places.append(weights.clone())
    return torch.stack(places)


figure, axes = plt.subplots(1, 2, figsize=(7, 3.3), sharey=True, layout="constrained")
wandering = {rate: wander(rate) for rate in (0.2, 0.04)}
spread = {}
print("\nmini-batches of 16, four epochs; distance from the lowest point, last epoch, mean")
for axis, (rate, places), colour in zip(axes, wandering.items(), (ORANGE, GREEN), strict=True):
    draw_bowl(axis, places, colour, f"16 patients a step, rate {rate}")
    spread[rate] = (places[-28:] - lowest).norm(dim=1).mean().item()
    print(f"  learning rate {rate:4}: {spread[rate]:.3f}")
axes[1].set_ylabel("")
plt.show()
