# %% [markdown]
# # From one neuron to a network of layers
#
# A neuron is a weighted sum, a bias and a bend. A layer is many neurons that look at the same inputs, and its sums are
# one product of matrices. A network is one layer after another. Here they are built in this order, on handwritten
# digits of 8 x 8 pixels that come with the library.

# %%
from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from pellucid.blocks import SGD, Layer, cross_entropy, draw_layers, forward, linear, relu, train_step, weights_of
from pellucid.data import draw_split, measure_scaling, read

torch.set_num_threads(1)  # a batch of 64 is too little work to share out
BLUE, ORANGE = "#0072B2", "#D55E00"  # two colours that colour-blind readers tell apart
dataset = read("digits")
split, classes = draw_split(dataset, seed=0), len(dataset.classes)
scaling = measure_scaling(dataset.images, split.train)
pixels = (torch.tensor(dataset.images).flatten(1) - scaling.mean[0]) / scaling.deviation[0]
labels = torch.tensor(dataset.labels)
print(f"{len(split.train)} images to learn from, {len(split.held_out)} held out, {pixels.shape[1]} pixels each")

# %% [markdown]
# ## One neuron
# 64 weights and a bias: 65 numbers. Each pixel times its weight, all added up, the bias added; then ReLU cuts off what
# is below 0. It gives one number an image.

# %%
generator = torch.Generator().manual_seed(0)
weight, bias = torch.randn(30, 64, generator=generator) / 8, torch.zeros(30)
image = pixels[0]
total = 0.0
for pixel, its_weight in zip(image.tolist(), weight[0].tolist(), strict=True):
    total += pixel * its_weight
one_neuron = max(total + bias[0].item(), 0.0)
print(f"one neuron, one image: {one_neuron:.4f}")

# %% [markdown]
# ## Thirty neurons are one product
# Thirty such neurons, 1,797 images: two loops around the one above. Or one product of two matrices, images by pixels
# and pixels by neurons. The numbers are the same, and the product is what processors are built for.

# %%
neuron_by_neuron = torch.stack(
    [torch.stack([(row * weights).sum() + b for weights, b in zip(weight, bias, strict=True)]) for row in pixels[:100]]
).relu()
as_one_layer = relu(linear(pixels, weight, bias))
layer_differs = (neuron_by_neuron - as_one_layer[:100]).abs().max().item()
shapes = (tuple(pixels.shape), tuple(weight.T.shape), tuple(as_one_layer.shape))
print("a layer: {} @ {} -> {}".format(*shapes))
print(f"one after another or all at once: at most {layer_differs:.0e} apart")

# %% [markdown]
# ## Widths, and numbers to learn
# A layer of n neurons on m inputs has (m + 1) n numbers: m weights and a bias each. The widths of a network are how
# many numbers stand between its layers, the first being pixels and the last classes. The last layer is not bent: its
# sums, one a class, are the logits.


# %%
def count(widths: list[int]) -> int:
    """(inputs + 1) x outputs, added up over the layers."""
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(widths))


network = draw_layers([64, 30, classes], torch.Generator().manual_seed(0))
print(f"\n64 - 30 - 10: {count([64, 30, classes])} numbers")
for number, layer in enumerate(network, start=1):
    outputs, inputs = layer.weight.shape
    print(f"  layer {number}: weight {outputs} x {inputs}, bias {outputs}, then {layer.activation}")

# %% [markdown]
# ## How wide is wide enough?
# The same training for each width: batches of 64 in a new order each epoch, SGD with a learning rate of 0.1, 30 epochs,
# five random starts. Width 0 means no hidden layer at all. The logits become probabilities by softmax, exp(x) /
# sum(exp(x)), and the loss is the cross-entropy: minus the log of the right class's. Two hidden neurons are too narrow
# a gate: ten classes do not pass it. Past sixteen or so, more numbers hardly help on so few images.


# %%
def learn(widths: list[int], seed: int) -> tuple[tuple[Layer, ...], float, float]:
    """The layers after training, their loss and their accuracy on the held-out images."""
    generator = torch.Generator().manual_seed(seed)
    layers, sgd = draw_layers(widths, generator), SGD(learning_rate=0.1)
    state = sgd.start(weights_of(layers))
    train = torch.tensor(split.train)
    for _ in range(30):
        for rows in train[torch.randperm(len(train), generator=generator)].split(64):
            _, state = train_step(layers, pixels[rows], labels[rows], sgd, state)
    logits = forward(layers, pixels[split.held_out]).logits
    right = labels[split.held_out]
    return layers, cross_entropy(logits, right).item(), (logits.argmax(1) == right).float().mean().item()


accuracies: dict[int, list[float]] = {}
numbers: dict[int, int] = {}
print("\nhidden neurons  numbers  accuracy of five starts")
for width in (0, 2, 4, 8, 16, 32, 64):
    widths = [64, width, classes] if width else [64, classes]
    numbers[width] = count(widths)
    trained = [learn(widths, seed) for seed in range(5)]
    accuracies[width] = [accuracy for _, _, accuracy in trained]
    shown = " ".join(f"{accuracy:.3f}" for accuracy in accuracies[width])
    print(f"{width:14} {numbers[width]:8}  {shown}")
    if width == 16:
        looked_at = trained[0][0]

figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
places = range(len(accuracies))
for place, of_starts in zip(places, accuracies.values(), strict=True):
    axis.plot([place] * len(of_starts), of_starts, "o", color=BLUE, markersize=4, alpha=0.6)
means = [sum(of_starts) / len(of_starts) for of_starts in accuracies.values()]
ends = [[it - 0.25 for it in places], [it + 0.25 for it in places]]
axis.hlines(means, *ends, color=ORANGE, label="mean of five starts")
axis.set_xticks(places, [f"{width}\n({numbers[width]:,})" for width in accuracies])
axis.set(title="Digits by width", xlabel="hidden neurons (numbers to learn)", ylabel="held-out accuracy", ylim=(0, 1))
axis.legend(loc="lower right")
plt.show()

# %% [markdown]
# ## What hidden neurons look for
# The 64 weights of a neuron can be looked at as an image: where it is orange a bright pixel excites the neuron, where
# it is purple it silences it. Most have found pieces of strokes. Some have moved little from where they began: they
# fire for few images or for none, and a ReLU that is at 0 passes no slope on.

# %%
before = draw_layers([64, 16, classes], torch.Generator().manual_seed(0))[0].weight
moved = (looked_at[0].weight - before).norm(dim=1) / before.norm(dim=1)
fires = (forward(looked_at, pixels).sums[0] > 0).float().mean(0)
print("\nneuron                   " + "".join(f"{number:4}" for number in range(1, 17)))
print("weights moved by, %      " + "".join(f"{100 * it:4.0f}" for it in moved.tolist()))
print("fires at % of images     " + "".join(f"{100 * it:4.0f}" for it in fires.tolist()))

first_weights: Tensor = looked_at[0].weight.reshape(16, 8, 8)
reach = first_weights.abs().max().item()
figure, axes = plt.subplots(2, 8, figsize=(7, 2.3), layout="constrained")
for number, (axis, weights) in enumerate(zip(axes.flat, first_weights, strict=True), start=1):
    shown = axis.imshow(weights.numpy(), cmap="PuOr_r", vmin=-reach, vmax=reach)
    axis.set_title(str(number), fontsize=8)
    axis.set_axis_off()
figure.suptitle("Weights of 16 hidden neurons")
figure.colorbar(shown, ax=axes, label="weight")
plt.show()
