# %% [markdown]
# # Ten layers, and what reaches the first
#
# A layer learns from the slope of the loss with regard to its weights. The slope comes from the end of the network, and
# every layer on its way multiplies it by the slope of its bend (its activation function). That of the sigmoid is a
# quarter at most. Ten layers of sigmoids leave next to nothing for the first; ReLU leaves enough. Here are the numbers.

# %%
from itertools import pairwise
from math import log

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from pellucid.blocks import SGD, ActivationName, Layer, backward, cross_entropy, cross_entropy_slope, forward
from pellucid.blocks import linear_slope_of_inputs, relu_slope, sigmoid_slope, tanh_slope, train_step, weights_of
from pellucid.data import draw_split, measure_scaling, read

torch.set_num_threads(1)
SLOPE_OF = {"sigmoid": sigmoid_slope, "tanh": tanh_slope, "relu": relu_slope}
STYLE = {"sigmoid": ("#D55E00", "o"), "tanh": ("#009E73", "s"), "relu": ("#0072B2", "^")}
DEPTH, WIDTH = 10, 64
dataset = read("digits")
split = draw_split(dataset, seed=0)
scaling = measure_scaling(dataset.images, split.train)
pixels = (torch.tensor(dataset.images).flatten(1) - scaling.mean[0]) / scaling.deviation[0]
labels = torch.tensor(dataset.labels)
train = torch.tensor(split.train)

# %% [markdown]
# ## The slope of a bend
# sigmoid(x) (1 - sigmoid(x)) is a quarter at 0 and less elsewhere. Tanh is a sigmoid from -1 to 1; its slope is 1 at 0.
# ReLU's is 1 above 0 and 0 below. Nine bends lie between the first of ten layers and the last: for sigmoids, (1/4)^9 is
# four millionths.

# %%
x = torch.linspace(-6, 6, 241, dtype=torch.float64)
steepest = {}
figure, axis = plt.subplots(figsize=(7, 2.8), layout="constrained")
for name, slope_of in SLOPE_OF.items():
    slopes = slope_of(torch.ones_like(x), x)
    steepest[name] = slopes.max().item()
    colour, marker = STYLE[name]
    axis.plot(x, slopes, color=colour, marker=marker, markevery=20, label=name)
    print(f"{name:8} is steepest by {steepest[name]:.2f}; to the ninth: {steepest[name] ** 9:.1e}")
axis.set(title="How steep the bends are", xlabel="weighted sum", ylabel="slope")
axis.legend()
plt.show()

# %% [markdown]
# ## Ten layers, measured
# Weights matter, too: each layer multiplies the slope by them. So that they do neither harm nor good, each network gets
# the start that suits its bend: normal weights with a deviation of 1 / sqrt(inputs), and for ReLU, which cuts one half
# off, sqrt(2 / inputs). Biases are 0. One batch of 256 digits goes forward, the slope of its loss comes back.
#
# Source of the starts: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural
# networks"; He et al. 2015, "Delving deep into rectifiers".


# %%
def start(bend: ActivationName, gain: float, seed: int = 0) -> list[Layer]:
    """Ten layers, the last without a bend; weights of deviation gain / sqrt(inputs)."""
    generator = torch.Generator().manual_seed(seed)
    widths = [pixels.shape[1], *[WIDTH] * (DEPTH - 1), len(dataset.classes)]
    layers = []
    for number, (inputs, outputs) in enumerate(pairwise(widths), start=1):
        weight = torch.randn(outputs, inputs, generator=generator) * gain / inputs**0.5
        layers.append(Layer(weight, torch.zeros(outputs), bend if number < DEPTH else "identity"))
    return layers


def slopes_of_weights(layers: list[Layer], rows: Tensor) -> list[float]:
    """Root mean square of the loss's slope with regard to the weights of each layer, first layer first."""
    activations = forward(layers, pixels[rows])
    slopes = backward(layers, activations, cross_entropy_slope(activations.logits, labels[rows]))
    return [slope.square().mean().sqrt().item() for slope in slopes[::2]]  # weights stand at even places


GAIN = {"sigmoid": 1.0, "tanh": 1.0, "relu": 2**0.5}
some = train[:256]
measured = {name: slopes_of_weights(start(name, gain), some) for name, gain in GAIN.items()}
print("\nlayer     " + "".join(f"{number:9}" for number in range(1, DEPTH + 1)))
for name, slopes in measured.items():
    print(f"{name:10}" + "".join(f"{slope:9.1e}" for slope in slopes))
for name, slopes in measured.items():
    print(f"{name}: the first layer's slopes are {slopes[0] / slopes[-1]:.1e} times the last's")

figure, axis = plt.subplots(figsize=(7, 3.4), layout="constrained")
for name, slopes in measured.items():
    colour, marker = STYLE[name]
    axis.semilogy(range(1, DEPTH + 1), slopes, color=colour, marker=marker, label=name)
axis.set_xticks(range(1, DEPTH + 1))
axis.set(title="What reaches each layer", xlabel="layer, the first next to the pixels", ylabel="slope of a weight")
axis.legend()
plt.show()

# %% [markdown]
# ## Where it goes
# The same way back, one layer at a time, for the sigmoids: first through the bend, then through the weights. The bend
# takes three quarters or more each time. The weights give back about as much as they take.

# %%
layers = start("sigmoid", GAIN["sigmoid"])
activations = forward(layers, pixels[some])
slope = linear_slope_of_inputs(cross_entropy_slope(activations.logits, labels[some]), layers[-1].weight)
through_bend, through_weights = [], []
for number in range(DEPTH - 2, 0, -1):
    bent = sigmoid_slope(slope, activations.sums[number])
    back = linear_slope_of_inputs(bent, layers[number].weight)
    through_bend.append((bent.norm() / slope.norm()).item())
    through_weights.append((back.norm() / bent.norm()).item())
    slope = back
print("\nsigmoids, from layer 9 back to 2: size of the slope after, as a share of before")
print("  the bend     " + "".join(f"{share:7.3f}" for share in through_bend))
print("  the weights  " + "".join(f"{share:7.3f}" for share in through_weights))

# %% [markdown]
# ## What it means for learning
# Twenty epochs of plain SGD, learning rate 0.05, batches of 64. The loss of the sigmoids stays at log(10), as if they
# had been shown nothing: what the last layer gets to see, through nine that hardly move, says next to
# nothing of the digit.


# %%
def learn(layers: list[Layer], epochs: int = 20) -> tuple[float, float]:
    """Train in place; return loss and accuracy on the held-out images."""
    sgd, generator = SGD(learning_rate=0.05), torch.Generator().manual_seed(0)
    state = sgd.start(weights_of(layers))
    for _ in range(epochs):
        for rows in train[torch.randperm(len(train), generator=generator)].split(64):
            _, state = train_step(layers, pixels[rows], labels[rows], sgd, state)
    logits, right = forward(layers, pixels[split.held_out]).logits, labels[split.held_out]
    return cross_entropy(logits, right).item(), (logits.argmax(1) == right).float().mean().item()


results: dict[str, tuple[float, float]] = {}
moved: dict[str, list[float]] = {}
print(f"\nloss of one who knows nothing: log 10 = {log(10):.3f}")
print("             loss  accuracy  weights moved by: first layer   last layer")
for name, gain in GAIN.items():
    layers = start(name, gain)
    results[name] = learn(layers)
    pairs = zip(layers, start(name, gain), strict=True)
    moved[name] = [((now.weight - then.weight).norm() / then.weight.norm()).item() for now, then in pairs]
    loss, accuracy = results[name]
    print(f"{name:8} {loss:8.3f} {accuracy:9.3f} {moved[name][0]:30.4%} {moved[name][-1]:12.1%}")

# %% [markdown]
# ReLU is no charm. With the smaller start of the others, deviation 1 / sqrt(inputs), every layer halves the squares of
# what goes through it: values on their way there, slopes on their way back. The value that a weight meets has come
# through all layers before, the slope through all layers after, nine together. From the same slope at the logits, every
# weight gets (1/2)^(9/2) = 0.044 of what it got. The start belongs to the bend.

# %%
own, small = start("relu", GAIN["relu"]), start("relu", 1.0)
at_logits = cross_entropy_slope(forward(own, pixels[some]).logits, labels[some])
pair = [backward(layers, forward(layers, pixels[some]), at_logits)[::2] for layers in (own, small)]
shares = [(of_small.norm() / of_own.norm()).item() for of_own, of_small in zip(*pair, strict=True)]
print("\nReLU, slopes with the smaller start as a share of those with its own, layers 1 to 10:")
print(" ".join(f"{share:.4f}" for share in shares))
