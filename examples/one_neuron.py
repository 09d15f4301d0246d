# %% [markdown]
# # One neuron, down to the single multiplication
#
# A neuron multiplies each pixel by a weight, adds the products up, adds a bias, and bends the sum to between 0 and 1.
# (The sum is also called the logit.) That is all. This page teaches one neuron to tell an 8 from a 1, looks at what it
# has learned, and follows one prediction until there is nothing left to explain. Nothing is downloaded.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap
from torch import Tensor

from pellucid.blocks import SGD, binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_slope
from pellucid.blocks import linear, linear_slope_of_weights, sigmoid
from pellucid.data import draw_split, read

NO, YES = 1, 8  # what it says when it gives nearly 0, and nearly 1
BLUE, ORANGE = "#0072B2", "#D55E00"
DIVERGING = LinearSegmentedColormap.from_list("blue to orange", [BLUE, "white", ORANGE])

# %% [markdown]
# ## The pictures
# Handwritten digits of 8 x 8 pixels, each from 0 (paper) to 16 (ink), here divided by 16. We keep the ones and the
# eights. A picture becomes a row of 64 numbers: a neuron does not know which pixels are neighbours. Some pictures are
# held out: nothing is learned from them, so that they can say how good the neuron is.

# %%
digits = read("digits")
split = draw_split(digits, seed=0)


def pictures(rows: np.ndarray) -> tuple[Tensor, Tensor]:
    """Pixels from 0 to 1, one row a picture, and the label of each: 0 or 1."""
    rows = rows[(digits.labels[rows] == NO) | (digits.labels[rows] == YES)]
    pixels = torch.from_numpy(digits.images[rows]).flatten(1).double() / 16
    return pixels, torch.from_numpy(digits.labels[rows] == YES).long()


pixels, labels = pictures(split.train)
held_pixels, held_labels = pictures(split.held_out)
print(f"{len(pixels)} pictures to learn from, {len(held_pixels)} held out; {labels.double().mean():.0%} are eights")

# %% [markdown]
# ## Learning
# The loss is one number for how wrong the neuron is: minus the log of the probability that it gave to the truth, the
# mean over the pictures (binary cross-entropy). Weights and bias begin at 0: the neuron says one half to everything,
# and its loss is log(2) = 0.6931. At each step the slope of the loss says which way each weight should move. The slope
# of a weight is a mean over the pictures: the pixel, times how far the answer was off.

# %%
weight, bias = torch.zeros(1, 64, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
sgd = SGD(learning_rate=1.0)
state = sgd.start([weight, bias])
losses = []
for _ in range(60):
    sums = linear(pixels, weight, bias)[:, 0]
    losses.append(binary_cross_entropy_with_logits(sums, labels).item())
    slope_of_sums = binary_cross_entropy_with_logits_slope(sums, labels)
    state = sgd.step([weight, bias], linear_slope_of_weights(slope_of_sums[:, None], pixels), state)

held_sums = linear(held_pixels, weight, bias)[:, 0]
held_right = (held_sums > 0) == (held_labels == 1)
accuracy = held_right.double().mean().item()
print(f"loss {losses[0]:.4f} at first, {losses[-1]:.4f} after {len(losses)} steps")
print(f"{int(held_right.sum())} of {len(held_labels)} held-out pictures right: {accuracy:.3f}")

# %% [markdown]
# ## The weights are a picture too
# There is one weight for each pixel. Ink on an orange pixel speaks for an 8, ink on a blue one for a 1. Pixels that are
# always paper keep the weight 0 with which they began: nothing was ever learned about them.

# %%
weight_image = weight.reshape(8, 8)
largest = weight_image.abs().max().item()
never_inked = pixels.sum(0) == 0
shown = [pixels[labels == 0].mean(0).reshape(8, 8), pixels[labels == 1].mean(0).reshape(8, 8)]

figure, axes = plt.subplots(1, 3, figsize=(7, 2.6), layout="constrained")
for axis, image, title in zip(axes, shown, (f"mean {NO}", f"mean {YES}"), strict=False):
    axis.imshow(image.numpy(), cmap="Greys", vmin=0, vmax=1)
    axis.set_title(title)
drawn = axes[2].imshow(weight_image.numpy(), cmap=DIVERGING, vmin=-largest, vmax=largest)
axes[2].set_title("weights")
figure.colorbar(drawn, ax=axes[2], label=f"for {NO}     for {YES}")
for axis in axes:
    axis.set(xticks=[], yticks=[])
print(f"{int(never_inked.sum())} pixels are paper in every training picture; their weights are all 0")
plt.show()

# %% [markdown]
# ## One prediction, followed by hand
# We take the held-out picture about which the neuron is least sure. On the left are its pixels, in the middle the
# weights, on the right each pixel times its weight. Add up the 64 numbers on the right, add the bias, and the sum is
# what the neuron had to say.

# %%
chosen = int(held_sums.abs().argmin())
picture = held_pixels[chosen].reshape(8, 8)
products = picture * weight_image

figure, axes = plt.subplots(1, 3, figsize=(7, 2.9), layout="constrained")
largest_product = products.abs().max().item()
drawings = [("pixel", picture, "Greys", 0, 1)]
drawings += [("x weight", weight_image, DIVERGING, -largest, largest)]
drawings += [("= product", products, DIVERGING, -largest_product, largest_product)]
for axis, (title, numbers, colours, low, high) in zip(axes, drawings, strict=True):
    axis.imshow(numbers.numpy(), cmap=colours, vmin=2 * low, vmax=2 * high)  # twice: pale enough to read on
    axis.set(title=title, xticks=range(8), yticks=range(8))
    axis.tick_params(labelsize=6, length=0)
    for row in range(8):
        for column in range(8):
            axis.text(column, row, f"{numbers[row, column]:z.1f}", ha="center", va="center", fontsize=5.5)
axes[0].set(xlabel="column", ylabel="row")
plt.show()

# %% [markdown]
# Here is the same in words, and at the end of it a single multiplication. The sigmoid, 1 / (1 + exp(-sum)), makes a
# probability of the sum: 0 becomes one half, and every unit more multiplies the odds by e = 2.718.

# %%
speaks_for, speaks_against = products[products > 0].sum().item(), products[products < 0].sum().item()
total = speaks_for + speaks_against + bias.item()
p_yes = sigmoid(torch.tensor(total, dtype=torch.float64)).item()
row, column = divmod(int(products.abs().argmax()), 8)
factors = picture[row, column].item(), weight_image[row, column].item()
print(f"pixels that speak for {YES}:     {speaks_for:+9.4f}")
print(f"pixels that speak for {NO}:     {speaks_against:+9.4f}")
print(f"bias:                      {bias.item():+9.4f}")
print(f"sum:                       {total:+9.4f}   the neuron said {held_sums[chosen]:+.4f}")
print(f"1 / (1 + exp({-total:.4f})) = {p_yes:.4f}: the probability that it is an {YES}")
print(f"in truth: {YES if held_labels[chosen] else NO}")
print(f"the largest of the 64 products, row {row}, column {column}:")
print(f"  {factors[0]:.4f} x {factors[1]:+.4f} = {products[row, column].item():+.4f}")

# %% [markdown]
# ## What one neuron cannot do
# Every pixel speaks for itself: none can say "but only if that one is ink as well". A sum above 0 means one side of a
# straight cut through the space of all pictures. For whatever no straight cut can part, one needs more than one neuron.

# %%
figure, axis = plt.subplots(figsize=(7, 2.8), layout="constrained")
edges = (torch.arange(2 * held_sums.min().floor(), 2 * held_sums.max().ceil() + 1) / 2).tolist()  # one of them is 0
parts = [held_sums[held_labels == klass].tolist() for klass in (0, 1)]
_, _, (ones, eights) = axis.hist(parts, edges, stacked=True, color=[BLUE, ORANGE], edgecolor="white", label=[NO, YES])
for bar in eights:
    bar.set_hatch("//")
axis.axvline(0, color="black", linewidth=1)
axis.set(title="Every held-out picture is one number", xlabel="sum (above 0: taken for an 8)", ylabel="pictures")
axis.legend(title="in truth", frameon=False)
wrong = int((~held_right).sum())
print(f"{wrong} of {len(held_labels)} lie on the wrong side of 0")
plt.show()
