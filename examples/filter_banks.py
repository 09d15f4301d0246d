# %% [markdown]
# # Filter banks: features that people thought of
#
# Before networks learned their own filters, people wrote them down: edges, bars, spots, brightness, each at several
# sizes. This page draws such a bank, lets it loose on a slice of tissue, and asks what each filter answers to. Pellucid
# keeps the same bank as a rival for its networks. Nothing is downloaded.

# %%
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from scipy.signal import fftconvolve
from skimage.data import immunohistochemistry

from pellucid.evaluate.rivals.filters import SCALES_PX, Scale, filter_bank, filter_responses

BLUE, ORANGE = "#0072B2", "#D55E00"
DIVERGING = LinearSegmentedColormap.from_list("blue to orange", [BLUE, "white", ORANGE])
FRAME = 49  # pixels a side to draw a filter in: six deviations of the largest one to each side

# %% [markdown]
# ## The tissue
# Human colon under the microscope (the picture comes with scikit-image). Nuclei are stained blue, a protein brown. We
# take a piece with a gland in it, and its mean brightness: the bank knows no colour.

# %%
tissue = immunohistochemistry()[256:456, 176:376]
grey = tissue.mean(2)  # 0 to 255
figure, axes = plt.subplots(1, 2, figsize=(7, 4), layout="constrained")
axes[0].imshow(tissue)
axes[0].set_title("colon, nuclei blue, a protein brown")
axes[1].imshow(grey, cmap="gray", vmin=0, vmax=255)
axes[1].set_title("brightness: what the bank sees")
for axis in axes:
    axis.set(xticks=[0, 50, 100, 150], yticks=[0, 50, 100, 150], xlabel="pixels")
print(f"{grey.shape[0]} x {grey.shape[1]} pixels, brightness from {grey.min():.0f} to {grey.max():.0f}")
plt.show()

# %% [markdown]
# ## The bank
# All begin with a Gaussian, a bell of weights that averages. Its slope across finds edges: it compares one side with
# the other. Its second slope finds bars: it compares the middle with both sides. The Laplacian does that in all
# directions at once, and finds spots. Edges and bars come in four directions, and all of it in three sizes.
#
# A Gaussian is a product of a column and a row of weights, and so are its slopes along the axes. The bank keeps those
# columns and rows; a filter at an angle is a mixture of them.


# %%
def filters_of(scale: Scale) -> dict[str, np.ndarray]:
    """The weights of ten filters by name, each [row, column], for the middle of a frame."""
    middle = scale.down.shape[1] // 2
    (g, first, second), across = scale.down[:, middle], scale.across[:, middle]
    gx, gy = np.outer(g, across[1]), np.outer(first, across[0])
    gxx, gyy, gxy = np.outer(g, across[2]), np.outer(second, across[0]), np.outer(first, across[1])
    found = {}
    for degrees in (0, 45, 90, 135):
        c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        found[f"edge {degrees}°"] = c * gx + s * gy
    for degrees in (0, 45, 90, 135):
        c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        found[f"bar {degrees}°"] = c * c * gxx + s * s * gyy + 2 * c * s * gxy
    return found | {"Laplacian": gxx + gyy, "Gaussian": np.outer(g, across[0])}


bank = [filters_of(scale) for scale in filter_bank(FRAME, FRAME)]
names = list(bank[0])

figure, axes = plt.subplots(3, 10, figsize=(7, 2.5), layout="constrained")
for row, (filters, sigma_px) in enumerate(zip(bank, SCALES_PX, strict=True)):
    for axis, (name, weights) in zip(axes[row], filters.items(), strict=True):
        most = np.abs(weights).max()
        axis.imshow(weights[10:-10, 10:-10], cmap=DIVERGING, vmin=-most, vmax=most)  # beyond, nearly 0
        axis.set(xticks=[], yticks=[])
        if row == 0:
            axis.set_title(name, fontsize=7)
    axes[row, 0].set_ylabel(f"{sigma_px:.0f} px", fontsize=8)
figure.suptitle("Thirty filters: orange counts for, blue against", fontsize=10)
plt.show()

# %% [markdown]
# What each answers to can be asked with pictures made for it. A flat picture moves none but the Gaussian: the weights
# of the others add up to 0. The edge filter that looks across the edge answers most, the bar filter that looks across
# the bar, and to a spot the Laplacian. These two count the middle against: bright ones answer below 0, dark ones above.

# %%
down, across = np.mgrid[:FRAME, :FRAME] - FRAME // 2
PICTURES = {
    "flat": np.full((FRAME, FRAME), 100.0),
    "edge": 100.0 * (across > 0) + 50.0 * (across == 0),
    "bar": 100.0 * (np.abs(across) <= 2),
    "spot": 100.0 * (down**2 + across**2 <= 6),
}
answers = {}
print(f"\n{'2 px':10}" + "".join(f"{shown:>8}" for shown in PICTURES))
for name, weights in bank[1].items():
    answers[name] = {shown: float((weights * picture).sum()) for shown, picture in PICTURES.items()}
    print(f"{name:10}" + "".join(f"{value:z8.1f}" for value in answers[name].values()))

# %% [markdown]
# ## The answers
# Each filter is laid on every pixel of the tissue in turn; multiply, add up, and write the sum down there. The result
# is a picture of its answers: grain at 1 px, cell borders at 2, the outline of the gland at 4. Beyond the border, the
# tissue is taken as mirrored.


# %%
def answer(weights: np.ndarray) -> np.ndarray:
    """What the filter says at every pixel of the tissue, in grey levels."""
    mirrored = np.pad(grey, FRAME // 2, mode="symmetric")
    return fftconvolve(mirrored, weights[::-1, ::-1], mode="valid")


maps = [{name: answer(weights) for name, weights in filters.items()} for filters in bank]
figure, axes = plt.subplots(5, 6, figsize=(7, 6.2), layout="constrained")
left, right = [*names[:4], "Laplacian"], [*names[4:8], "Gaussian"]
for row, pair in enumerate(zip(left, right, strict=True)):
    for number, axis in enumerate(axes[row]):
        name, scale = pair[number // 3], number % 3
        most = np.quantile(np.abs(maps[scale][name]), 0.995)  # a few stronger answers look no stronger
        if name == "Gaussian":
            axis.imshow(maps[scale][name], cmap="gray", vmin=0, vmax=255)
        else:
            axis.imshow(maps[scale][name], cmap=DIVERGING, vmin=-most, vmax=most)
        axis.set(xticks=[], yticks=[], ylabel=name if scale == 0 else "")
        if row == 0:
            axis.set_title(f"{SCALES_PX[scale]:.0f} px", fontsize=9)
plt.show()

# %% [markdown]
# ## What each likes best
# The place where each filter of the middle size answers most, cut out of the tissue. The Laplacian has found a
# dark knot where cell borders meet. It was looking for dark spots, such as nuclei or dividing cells, and cannot tell:
# a filter sees a shape of its size, and nothing else.

# %%
half = 12
places = {}
for name, found in maps[1].items():
    inside = found[half:-half, half:-half]
    places[name] = tuple(int(place) + half for place in np.unravel_index(inside.argmax(), inside.shape))
figure, axes = plt.subplots(2, 5, figsize=(7, 3.2), layout="constrained")
for axis, (name, (row, column)) in zip(axes.flat, places.items(), strict=True):
    axis.imshow(grey[row - half : row + half + 1, column - half : column + half + 1], cmap="gray", vmin=0, vmax=255)
    axis.set_title(name, fontsize=9)
    axis.set(xticks=[], yticks=[])
print("\nfilter, 2 px   strongest answer   at row, column")
for name, place in places.items():
    print(f"{name:12} {maps[1][name][place]:14.1f} {place[0]:13}, {place[1]}")
plt.show()

# %% [markdown]
# ## From pictures to features
# A classifier wants one row of numbers for an image, wherever in it things lie. So the sizes of the answers, without
# their signs, are averaged in nine fields: how much edge, how much bar, how much spot there is, and roughly where.
# `filter_responses` does it for thousands of images at once; `handcrafted_or_learned.py` asks how far one gets.

# %%
features = filter_responses(grey[None].astype(np.float32), filter_bank(*grey.shape))[0]
spots = features[: 91 * 3].reshape(3, 91)[:, 8 * 9 : 9 * 9].reshape(3, 3, 3)  # 91 a size; filter 8 is the Laplacian
print(f"\n{grey.size:,} pixels became {len(features)} features. The Laplacian of 4 px in the nine fields:")
for row in spots[2]:
    print("".join(f"{value:8.1f}" for value in row))
