# %% [markdown]
# # XOR by a network of three neurons
#
# Two hidden units, each a logistic regression of its own, and a third that reads the two: a 2-2-1 network of nine
# numbers. It can do XOR, but whether gradient descent gets it there depends on where it starts. Here a hundred networks
# start at random. Most succeed, and they do not all end in the same place.

# %%
from collections import Counter
from itertools import product

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from pellucid.blocks import SGD, binary_cross_entropy_with_logits, draw_layers, sigmoid, weights_of

torch.set_num_threads(1)
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"  # colour-blind readers tell them apart
STARTS, EPOCHS = 100, 50
corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
xor = torch.tensor([0.0, 1.0, 1.0, 0.0], dtype=torch.float64)

# %% [markdown]
# ## The recipe
# Sigmoids throughout, binary cross-entropy, SGD with a learning rate of 0.005 and a momentum of 0.95, 50 epochs: these
# come from a lecture. (Momentum: each step goes on with 0.95 of the step before, so that steps in one direction grow.)
# It does not say which points, nor how many a step. We chose 1000 points, 250 around each corner with a deviation of
# 0.1, and one point a step, so that 50 epochs make 50,000 small steps. The four corners alone would make 200, which is
# far too few at this learning rate; that is tried below, too.
#
# All networks are trained at once: a row of `weights` is one network, and every step moves all rows. They see the same
# points in the same order. Each begins as `torch.nn.Linear` would: uniform between -0.71 and 0.71.


# %%
def parts(rows: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Views of each row of nine: weights into the hidden units, their biases, weights into the output, its bias."""
    return rows[:, :4].unflatten(1, (2, 2)), rows[:, 4:6], rows[:, 6:8], rows[:, 8:]


def forward_all(rows: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """Sums of the hidden units, [start, point, unit], and logits, [start, point]."""
    into_hidden, hidden_bias, into_output, output_bias = parts(rows)
    sums = points @ into_hidden.mT + hidden_bias[:, None]
    return sums, (sigmoid(sums) * into_output[:, None]).sum(2) + output_bias


def learn(start: Tensor, points: Tensor, labels: Tensor, epochs: int = EPOCHS) -> Tensor:
    """All rows before the first epoch and after each: [epoch + 1, start, 9]."""
    rows, slopes, generator = start.clone(), torch.empty_like(start), torch.Generator().manual_seed(0)
    into_hidden, hidden_bias, into_output, output_bias = parts(rows)
    of_into_hidden, of_hidden_bias, of_into_output, of_output_bias = parts(slopes)
    sgd = SGD(learning_rate=0.005, momentum=0.95)
    state, history = sgd.start([rows]), [start]
    for _ in range(epochs):
        for number in torch.randperm(len(points), generator=generator).tolist():
            point, label = points[number], labels[number]
            hidden = sigmoid(into_hidden @ point + hidden_bias)
            logit = (into_output * hidden).sum(1, keepdim=True) + output_bias
            of_output_bias[:] = sigmoid(logit) - label  # the slope of the logit: probability less label
            torch.mul(of_output_bias, hidden, out=of_into_output)
            of_hidden_bias[:] = of_output_bias * into_output * hidden * (1 - hidden)
            torch.mul(of_hidden_bias[:, :, None], point, out=of_into_hidden)
            state = sgd.step([rows], [slopes], state)
        history.append(rows.clone())
    return torch.stack(history)


generator = torch.Generator().manual_seed(0)
points = corners.repeat(250, 1) + 0.1 * torch.randn(1000, 2, generator=generator, dtype=torch.float64)
labels = xor.repeat(250)
drawn = [weights_of(draw_layers([2, 2, 1], generator, activation="sigmoid")) for _ in range(STARTS)]
start = torch.stack([torch.cat([weight.flatten() for weight in network]) for network in drawn]).double()
history = learn(start, points, labels)
weights = history[-1]

# %% [markdown]
# ## How many succeed
# A network has succeeded if all four corners lie on their right side of one half. The loss of one who knows nothing is
# log 2 = 0.69. All begin near it, and leave it after a while, some early, some late. Some get half-way and stay there.


# %%
def corners_right(rows: Tensor) -> Tensor:
    """How many of the four corners each network gets right: [start]."""
    return ((forward_all(rows, corners)[1] > 0) == (xor == 1)).sum(1)


def losses_of(rows: Tensor) -> Tensor:
    """Binary cross-entropy of each network, the mean over all points: [start]."""
    return torch.stack([binary_cross_entropy_with_logits(logits, labels) for logits in forward_all(rows, points)[1]])


succeeded = corners_right(weights) == 4
loss_by_epoch = torch.stack([losses_of(rows) for rows in history])  # [epoch, start]
on_corners_alone = int((corners_right(learn(start, corners, xor)[-1]) == 4).sum())
print(f"{int(succeeded.sum())} of {STARTS} starts succeed; trained on the four corners alone: {on_corners_alone}")
print(f"median loss of those that succeed {loss_by_epoch[-1][succeeded].median():.4f}, ", end="")
print(f"of the others {loss_by_epoch[-1][~succeeded].median():.4f}")

figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
for chosen, colour, style, name in ((succeeded, BLUE, "-", "succeeds"), (~succeeded, ORANGE, "--", "does not")):
    lines = axis.plot(loss_by_epoch[:, chosen], color=colour, linestyle=style, linewidth=0.7, alpha=0.6)
    lines[0].set_label(f"{name} ({int(chosen.sum())})")
axis.set(title=f"{STARTS} starts of one network", xlabel="epoch", ylabel="loss", ylim=(0, 0.85))
axis.legend()
plt.show()

# %% [markdown]
# ## What the hidden units do
# A hidden unit is above one half on one side of a line. Which corners lie there names it: all but (0, 0) is OR, only
# (1, 1) is AND. The output then needs to combine two such answers: XOR is OR but not AND, for instance.

# %%
NAMES = {"0111": "OR", "1000": "NOR", "0001": "AND", "1110": "NAND"}
NAMES |= {"0010": "x1 not x2", "1101": "x2 or not x1", "0100": "x2 not x1", "1011": "x1 or not x2"}
sides = forward_all(weights, corners)[0] > 0  # [start, corner, unit]
units = [["".join(str(int(side)) for side in column) for column in network.T] for network in sides]
arrangements = Counter(tuple(units[number]) for number in succeeded.nonzero()[:, 0].tolist())
print("\nstarts  first hidden unit  second hidden unit")
for (first, second), count in arrangements.most_common():
    print(f"{count:6}  {NAMES.get(first, first):17}  {NAMES.get(second, second)}")

# %% [markdown]
# Many of these are one solution written differently. Swap the two hidden units, and nothing changes. Turn all signs of
# one unit: as sigmoid(-a) = 1 - sigmoid(a), the output only has to turn its weight for that unit and add the old one to
# its bias. So every solution has 2 x 2 x 2 = 8 copies.


# %%
def copies(row: Tensor) -> Tensor:
    """The eight networks that compute the same as this one, itself first: [8, 9]."""
    found = []
    for swap, *turn in product((False, True), repeat=3):
        into_hidden, hidden_bias, into_output, output_bias = (part[0].clone() for part in parts(row[None]))
        for unit in (0, 1):
            if turn[unit]:
                output_bias += into_output[unit]
                into_hidden[unit], hidden_bias[unit] = -into_hidden[unit], -hidden_bias[unit]
                into_output[unit] = -into_output[unit]
        order = [1, 0] if swap else [0, 1]
        found.append(torch.cat([into_hidden[order].flatten(), hidden_bias[order], into_output[order], output_bias]))
    return torch.stack(found)


logits_of_copies = forward_all(copies(weights[0]), points)[1]
copies_differ = (logits_of_copies - logits_of_copies[0]).abs().max().item()
print(f"logits of the eight copies of one network differ by at most {copies_differ:.0e}")

# %% [markdown]
# What is left after that is which corners the two lines cut off, and there two kinds remain. One cuts off (0, 0) and
# (1, 1): OR and AND, or their opposites. The other cuts off (0, 1) and (1, 0). They are mirror images: exchange 0 and 1
# of one input, and one becomes the other.


# %%
def cut_off(unit: str) -> str:
    """The corners on the smaller side of a unit's line, whichever its sign, or none."""
    ones, zeros = ([name for name, it in zip(CORNER_NAMES, unit, strict=True) if it == side] for side in "10")
    return " ".join(min(ones, zeros, key=lambda side: (len(side), "00" in side))) or "none"


CORNER_NAMES = ("00", "01", "10", "11")
kinds = [" | ".join(sorted(cut_off(unit) for unit in network)) for network in units]
solutions = Counter(kind for kind, good in zip(kinds, succeeded.tolist(), strict=True) if good)
failures = Counter(kind for kind, good in zip(kinds, succeeded.tolist(), strict=True) if not good)
copies_met = Counter(" | ".join(sorted(map(cut_off, pair))) for pair in arrangements)
print("\none line cuts off | the other: starts that end there")
for kind, count in solutions.most_common():
    print(f"  {kind:9} {count:3} succeed, in {copies_met[kind]} of the 8 copies")
for kind, count in failures.most_common():
    print(f"  {kind:9} {count:3} do not")

# %% [markdown]
# Most of the starts that fail are held where the two lines cut off neighbours, (0, 0) and (1, 0) for instance. The
# other two corners lie on the same side of both lines and look alike to the output, but have different labels. The best
# answer for both is then one half: no loss for two corners, log 2 for two, on average log(2) / 2 = 0.347. Where only
# one corner is cut off, three look alike, two of which are 1: the best answer is 2/3, the average loss 0.477. From
# there a start may still find its way out, even late: the figure above shows one.
#
# One network of each kind, that with the lowest loss. Dashed: where a hidden unit is at one half. Solid: where the
# output is.

# %%
final = loss_by_epoch[-1]
drawn_kinds = [*(kind for kind, _ in solutions.most_common()), failures.most_common(1)[0][0]]
chosen = [min((n for n in range(STARTS) if kinds[n] == kind), key=lambda n: final[n].item()) for kind in drawn_kinds]
side = torch.linspace(-0.5, 1.5, 200, dtype=torch.float64)
up, across = torch.meshgrid(side, side, indexing="ij")
grid = torch.stack([across, up], dim=2).reshape(-1, 2)
figure, axes = plt.subplots(1, 3, figsize=(7, 2.9), layout="constrained", sharey=True)
for axis, number in zip(axes, chosen, strict=True):
    sums, logits = forward_all(weights[number : number + 1], grid)
    axis.contourf(across, up, logits.reshape(200, 200), levels=[-100, 0, 100], colors=[BLUE, ORANGE], alpha=0.15)
    axis.contour(across, up, logits.reshape(200, 200), levels=[0], colors="black", linewidths=1.5)
    for unit, colour in ((0, GREEN), (1, PURPLE)):
        heights = sums[0, :, unit].reshape(200, 200)
        axis.contour(across, up, heights, levels=[0], colors=colour, linewidths=2, linestyles="dashed")
    for label, colour, marker in ((0, BLUE, "o"), (1, ORANGE, "^")):
        axis.scatter(*points[labels == label].T, s=4, color=colour, marker=marker)
    done = "succeeds" if succeeded[number] else "is stuck"
    axis.set(title=f"cut off: {kinds[number]}\n{done}, loss {final[number]:.3f}", xlabel="x1", aspect="equal")
axes[0].set_ylabel("x2")
plt.show()
