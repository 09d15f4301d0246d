# %% [markdown]
# # A chest CT in five stages
# From the files of a scan to a few places that a radiologist should look at: load the scan, mark the voxels that could
# belong to a nodule, group them into lumps, classify each lump, and rate what is left. `pellucid ct find` does it with
# one command. This page does it step by step, shows what each stage hands to the next, and asks at the end what could
# have been missed.
#
# **Not a medical device**: for research and teaching, never for the care of a patient.
#
# The scan is `ct/chest_ct_dicom.zip` in the folder that `PELLUCID_DATA` names, a real one whose nodules nobody has
# annotated; without it, a simulated chest. `python examples/ct_five_stages.py STUDY` takes any other chest CT. Nothing
# was learned from the real scan, and no threshold chosen on it. The page needs `pip install "pellucid[ct]"`.

# %%
import os
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from pellucid.ct.findings import Lump, Nodule
from pellucid.ct.grid import working_copy
from pellucid.ct.likeness import nodule_likeness
from pellucid.ct.lumps import group
from pellucid.ct.lungs import find_lungs
from pellucid.ct.network import classify, cut_windows, load_network
from pellucid.ct.outline import measure
from pellucid.ct.phantom import draw_phantom
from pellucid.ct.planting import measure_blur, plant
from pellucid.ct.planting.places import survey
from pellucid.ct.planting.rounds import draw_plan
from pellucid.ct.rating import features_of, load_rating, rate
from pellucid.ct.reporting import BONE, LUNG, MEDIASTINUM, Sheet, plane
from pellucid.ct.reporting.colours import LEFT, MARK, RIGHT, heat_colours
from pellucid.ct.reporting.planes import cut
from pellucid.ct.reporting.windows import as_grey
from pellucid.ct.shapes import load_shapes
from pellucid.ct.study import find_nodules
from pellucid.data.volumes import Frame, read_scan
from pellucid.errors import PellucidError

torch.set_num_threads(1)  # so that every machine adds in one order, and prints the same
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8A94A0"

given = sys.argv[1:] if "__file__" in globals() else []  # a notebook has no arguments of its own
there = Path(os.environ.get("PELLUCID_DATA", "nowhere"), "ct", "chest_ct_dicom.zip")
try:
    if given or there.is_file():
        path = Path(given[0]) if given else there
        scan, volume = path.name, read_scan(path)
    else:
        scan, volume = "phantom 3, a simulated scan", draw_phantom(3, part="test").volume
except PellucidError as error:
    sys.exit(str(error))
slices, rows, columns = volume.voxels_hu.shape
print(f"{scan}: {slices} slices of {rows} x {columns} voxels")
print("\n".join(volume.told) or "Nothing odd was noticed on reading it.")

# %% [markdown]
# ## 1. Load
# ### Where is a voxel?
# A scan is rows of numbers, and says beside them where the first voxel lies in the patient, how far apart its
# neighbours are, and along which directions the indices grow:
#
# place = origin + direction @ (spacing * (column, row, slice))
#
# Arrays count slice, row, column; places are x, y, z in millimetres (towards the patient's left, back and head). Here
# is one voxel by hand; `Frame` must say the same.

# %%
frame = volume.frame
index = np.array([2 * slices // 3, rows // 2, columns // 3], float)  # slice, row, column
place_by_hand = []
print(f"slice {index[0]:.0f}, row {index[1]:.0f}, column {index[2]:.0f}")
for axis, name in enumerate("xyz"):
    steps = [frame.direction[axis, number] * frame.spacing_xyz_mm[number] * index[2 - number] for number in range(3)]
    place_by_hand.append(frame.origin_xyz_mm[axis] + sum(steps))
    said = "".join(f" {step:+8.2f}" for step in steps)
    print(f"  {name} = {frame.origin_xyz_mm[axis]:8.2f}{said} = {place_by_hand[-1]:8.2f} mm")
place = frame.to_xyz_mm(index[None])[0]
back = frame.to_irc(place[None])[0]
print(f"Frame says {place[0]:.2f}, {place[1]:.2f}, {place[2]:.2f} mm;")
print(f"and back again slice {back[0]:.2f}, row {back[1]:.2f}, column {back[2]:.2f}")

# %% [markdown]
# ### What does its number mean?
# How strongly it weakens X-rays, in Hounsfield units: air has -1000, water 0. The file keeps whole numbers; slope and
# intercept, which stand beside them, turn them into HU. What lies in a chest can be read from the histogram; the shaded
# bands are where textbooks expect each tissue. Noise widens every peak, the more the sharper the scan, and voxels at
# borders hold a little of both sides: that fills the gaps.

# %%
TISSUES_HU = {
    "air": (-1100, -950),
    "lung": (-950, -500),
    "fat": (-120, -50),
    "soft tissue": (10, 100),
    "bone": (300, 1500),
}
counts, edges = np.histogram(volume.voxels_hu, bins=np.arange(-1100, 1510, 10))
tissue_share = {}
for name, (low, high) in TISSUES_HU.items():
    tissue_share[name] = counts[(edges[:-1] >= low) & (edges[:-1] < high)].sum() / volume.voxels_hu.size
    print(f"{name:12} {low:6} to {high:5} HU: {tissue_share[name]:6.1%} of the voxels")

figure, axis = plt.subplots(figsize=(7, 2.8), layout="constrained")
for name, (low, high) in TISSUES_HU.items():
    axis.axvspan(low, high, color=BLUE, alpha=0.15, linewidth=0)
    ends = {"fat": "right", "soft tissue": "left"}.get(name, "center")  # these two stand close together
    at = {"right": high, "left": low, "center": (low + min(high, 1000)) / 2}[ends]
    axis.text(at, 1.02, name, ha=ends, fontsize=9, transform=axis.get_xaxis_transform())
axis.stairs(counts / volume.voxels_hu.size, edges, color="black", linewidth=1.2)
axis.set(yscale="log", xlim=(-1100, 1000), xlabel="HU", ylabel="share of the voxels")
plt.show()

# %% [markdown]
# A screen shows 256 greys, a scan holds thousands of numbers. So one looks through windows: one for the lung, one for
# soft tissue, one for bone. All three pictures are the same slice. As always in radiology it is seen from the feet, so
# that the patient's right is at the left.

# %%
middle_slice = slices // 2
middle = tuple(frame.to_xyz_mm(np.array([[middle_slice, (rows - 1) / 2, (columns - 1) / 2]]))[0].tolist())
wide_mm = float(max(rows, columns) * frame.spacing_xyz_mm[:2].max())
windows = (LUNG, MEDIASTINUM, BONE)
three_windows = {window.name: plane(volume, middle, "axial", wide_mm, window)[0] for window in windows}
figure, axes = plt.subplots(1, 3, figsize=(7, 2.6), layout="constrained")
for axis, window in zip(axes, windows, strict=True):
    axis.imshow(three_windows[window.name], cmap="gray", vmin=0, vmax=255)
    low, high = (window.centre_hu + side * window.width_hu / 2 for side in (-1, 1))
    axis.set_title(f"{window.name}, {low:.0f} to {high:.0f} HU", fontsize=8)
    axis.set_axis_off()
plt.show()

# %% [markdown]
# ### Cubes of a millimetre
# Voxels are seldom cubes: between slices there is often five times as much way as between columns. All further stages
# work on one grid, cubes of 1 mm whose axes run along the patient's, so that a nodule has the same size whichever
# scanner it comes from.

# %%
working = working_copy(volume)
before, after = (" x ".join(f"{step:.3f}" for step in one.frame.spacing_xyz_mm[::-1]) for one in (volume, working))
print(f"as scanned       {' x '.join(map(str, volume.voxels_hu.shape)):>15} voxels of {before} mm")
print(f"the working grid {' x '.join(map(str, working.voxels_hu.shape)):>15} voxels of {after} mm")

# %% [markdown]
# ## 2. Segment: which voxels could belong to a nodule?
# ### The lungs
# Nodules of the lung lie in the lung, so everything else can go. A threshold finds air, and that is not enough: it
# keeps the windpipe and the bowel, and cuts off what is dense, vessels and also the nodules, above all those that lean
# on the chest wall. So the borders are closed over dense parts, and the windpipe taken out.


# %%
def box_around(inside: np.ndarray, margin: int = 8) -> tuple[slice, slice, slice]:
    """The part of the grid that holds a mask, and a margin."""
    found = []
    for axis in range(3):
        hit = np.flatnonzero(inside.any(axis=tuple({0, 1, 2} - {axis})))
        found.append(slice(max(0, int(hit[0]) - margin), int(hit[-1]) + margin + 1))
    return found[0], found[1], found[2]


def draw_lungs(axis: Axes, side: np.ndarray) -> None:
    """The border of either lung, the patient's right in blue, the left in purple."""
    for number, colour in ((1, RIGHT), (2, LEFT)):
        if (side == number).any():
            axis.contour(side == number, levels=[0.5], colors=colour, linewidths=1)


try:
    lungs = find_lungs(working)
except PellucidError as error:
    sys.exit(str(error))
box = box_around(lungs.inside)
hu, inside, side = working.voxels_hu[box], lungs.inside[box], lungs.side[box]
litres = {name: np.count_nonzero(lungs.side == number) / 1e6 for number, name in ((1, "right"), (2, "left"))}
print(f"right lung {litres['right']:.2f} litres, left lung {litres['left']:.2f} litres")
print(f"{(hu[inside] > -400).mean():.1%} of their voxels are denser than -400 HU: vessels, scars, nodules")
print(*lungs.told, sep="\n")

# %%
at, row = hu.shape[0] // 2, hu.shape[1] // 2
figure, axes = plt.subplots(1, 3, figsize=(7, 2.4), layout="constrained")
axes[0].imshow(hu[at] < -500, cmap="gray")
axes[0].set_title("a threshold: below -500 HU", fontsize=8)
axes[1].imshow(as_grey(hu[at], LUNG), cmap="gray")
draw_lungs(axes[1], side[at])
axes[1].set_title("the lungs, seen from the feet", fontsize=8)
axes[2].imshow(as_grey(hu[::-1, row], LUNG), cmap="gray")
draw_lungs(axes[2], side[::-1, row])
axes[2].set_title("and from the front", fontsize=8)
for axis in axes:
    axis.set_axis_off()
plt.show()

# %% [markdown]
# ### The heat map
# How much does each voxel look like the middle of a bright ball? Filters for balls of several diameters are laid on
# every voxel, and the loudest answer counts; a second set listens for haze, such as ground glass. A vessel is a tube,
# dense along its own way, and answers less; but where vessels fork or bend, they pass for balls.

# %%
likeness = nodule_likeness(working, lungs)
heat = likeness.values[box].astype(np.float32)
print("diameters that are looked for:", ", ".join(f"{size:g}" for size in likeness.sizes_mm), "mm")
for least in (0.2, 0.4, 0.6, 0.8):
    print(f"{(heat[inside] >= least).mean():7.2%} of the lung is at least {least} like a nodule")
hottest_slice = int(np.unravel_index(heat.argmax(), heat.shape)[0])

figure, axes = plt.subplots(1, 3, figsize=(7, 2.4), layout="constrained")
axes[0].imshow(as_grey(hu[hottest_slice], LUNG), cmap="gray")
axes[0].set_title(f"slice {hottest_slice + box[0].start} of the grid", fontsize=8)
axes[1].imshow(as_grey(hu[hottest_slice], LUNG), cmap="gray")
axes[1].imshow(heat_colours(heat[hottest_slice].astype(float)))
axes[1].set_title("and its heat", fontsize=8)
axes[2].imshow(heat.max(axis=1)[::-1], cmap="inferno", vmin=0, vmax=1)
axes[2].set_title("all heat, from the front", fontsize=8)
for axis in axes:
    axis.set_axis_off()
plt.show()

# %% [markdown]
# ## 3. Group: from voxels to lumps
# Each peak of the heat map becomes a lump: the scan itself says how far it reaches, down to half way between the
# lump's middle and the lung around it. Peaks within one and the same lump are one. Each lump keeps where it is, how
# large, how dense, and why it was found. Hundreds are wanted here: what is lost now, no later stage brings back.

# %%
lumps = group(likeness, working, lungs)
if len(lumps) < 2:
    sys.exit("Fewer than two lumps were found, so there is nothing to compare: name another scan.")
print(f"{len(lumps)} lumps; the twelve that look most like a ball:")
print("\nnumber  side   x, y, z in mm          diameter  mean HU  likeness")
for lump in lumps[:12]:
    x, y, z = lump.centre_xyz_mm
    told = f"{x:7.1f}{y:8.1f}{z:8.1f}   {lump.diameter_mm:5.1f} mm   {lump.mean_hu:6.0f}      {lump.likeness:.2f}"
    print(f"{lump.number:6}  {lump.side:5}{told}")
print("\nWhy they were found:")
for lump in lumps[:12]:
    print(f"{lump.number:3}. {lump.why}")


# %%
def outlined(lump: Lump, sheet: Sheet) -> np.ndarray:
    """Which pixels of a flat picture belong to a lump."""
    corner = working.frame.to_xyz_mm(np.array([lump.corner_irc], float))[0]
    return cut(lump.outline, Frame(corner, working.frame.spacing_xyz_mm, working.frame.direction), sheet, False)


def draw_lump(axis: Axes, lump: Lump, name: str = "axial", width_mm: float = 40.0) -> None:
    """The scan around a lump as it was scanned, and the lump's outline."""
    grey, sheet = plane(volume, lump.centre_xyz_mm, name, width_mm)
    tall, wide = (count * size for count, size in zip(grey.shape, sheet.pixel_mm, strict=True))
    axis.imshow(grey, cmap="gray", vmin=0, vmax=255, extent=(0, wide, tall, 0), interpolation="nearest")
    mask = outlined(lump, sheet)
    if mask.any() and not mask.all():
        height, width = sheet.pixel_mm
        across, down = (np.arange(mask.shape[1]) + 0.5) * width, (np.arange(mask.shape[0]) + 0.5) * height
        axis.contour(across, down, mask, levels=[0.5], colors=MARK, linewidths=0.9)
    axis.set(xticks=[], yticks=[])


figure, axes = plt.subplots(2, 6, figsize=(7, 2.7), layout="constrained")
for axis in axes.flat:
    axis.set_axis_off()
for axis, lump in zip(axes.flat, lumps, strict=False):
    draw_lump(axis, lump)
    axis.set_title(f"{lump.number}: {lump.diameter_mm:.0f} mm", fontsize=8)
figure.suptitle("40 mm around each, axial; the outline is the lump", fontsize=9)
plt.show()

# %% [markdown]
# ## 4. Classify: nodule, or something else?
# A small network looks at each lump through two windows of fixed size, 32 mm in cubes of 1 mm, and 64 mm in cubes of
# 2 mm: the near one shows the form, the wide one whether a vessel runs on. It was taught on simulated chests, whose
# nodules mostly have the shapes of real ones. Below is what it sees of the likeliest lump, and of the rejected one that
# looked most like a ball to stage 2.

# %%
nodules, threshold = classify(lumps, working)
accepted = [one for one in nodules if one.accepted]
likeliest = max(nodules, key=lambda one: one.p_nodule)
others = [one for one in nodules if one is not likeliest and one.same_as is None]
turned_down = next((one for one in others if not one.accepted), min(nodules, key=lambda one: one.p_nodule))
pair = {"the likeliest": likeliest, "a rejected one": turned_down}
seen_of = cut_windows(
    working.voxels_hu, working.frame.to_irc(np.array([one.lump.centre_xyz_mm for one in pair.values()]))
)

figure, axes = plt.subplots(2, 6, figsize=(7, 2.6), layout="constrained")
for number, (told, one) in enumerate(pair.items()):
    for scale, size in enumerate((32, 64)):
        cube = seen_of[number, scale]
        for view, picture in enumerate((cube[16], cube[::-1, 16], cube[::-1, :, 16])):
            axis = axes[number, 3 * scale + view]
            axis.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            if number == 0:
                axis.set_title(f"{('axial', 'coronal', 'sagittal')[view]}, {size} mm", fontsize=7)
    axes[number, 0].set_ylabel(f"{told}\nlump {one.lump.number}, p {one.p_nodule:.2f}", fontsize=7)
plt.show()

# %% [markdown]
# The network answers with a logit, any number; for the likeliest lumps it is the mean over the 16 ways in which the
# window can be mirrored and turned (rows and columns may change places, slices may not). Two numbers that were fitted
# on other simulated scans make it a probability (Platt's scaling), and a threshold that was frozen on those scans makes
# it a verdict:
#
# p_nodule = 1 / (1 + exp(-(slope * logit + intercept)))
#
# A rejected lump is kept with its probability. Look at it yourself: a network that has seen phantoms only can be wrong
# about a real nodule, and sure of it.

# %%
_, facts = load_network()
p_by_hand = {}
for told, one in pair.items():
    inner = facts.slope * one.logit + facts.intercept
    p_by_hand[told] = 1 / (1 + np.exp(-inner))
    print(f"lump {one.lump.number}, {told}: logit {one.logit:.3f}")
    print(f"  {facts.slope:.3f} * {one.logit:.3f} {facts.intercept:+.3f} = {inner:.3f}")
    print(f"  p_nodule = 1 / (1 + exp({-inner:.3f})) = {p_by_hand[told]:.3f}")
    print(f"  threshold {threshold:.3f}: {'accepted' if one.accepted else 'rejected'}")
twins = sum(one.same_as is not None for one in nodules)
print(f"\n{len(nodules)} lumps: {len(accepted)} accepted, {twins} are the same spot as a likelier one,")
print(f"{len(nodules) - len(accepted) - twins} below the threshold")

figure, axis = plt.subplots(figsize=(7, 2.4), layout="constrained")
chances = np.sort([one.p_nodule for one in nodules if one.same_as is None])[::-1]
axis.scatter(1 + np.arange(len(chances)), chances, s=8, color=np.where(chances >= threshold, ORANGE, GREY))
axis.axhline(threshold, color=BLUE, linewidth=1)
axis.text(len(chances), threshold, "threshold", color=BLUE, ha="right", va="bottom", fontsize=9)
axis.set(xlabel="spots, the likeliest first", ylabel="p_nodule", xscale="log", ylim=(-0.03, 1.05))
plt.show()

# %% [markdown]
# ## 5. Rate: how would readers have rated it?
# Four things are measured from the outline: diameter, volume, elongation (the longest axis over the shortest) and
# irregularity (how much more surface it has than a ball). Volume and diameter say the same, so three of them go into a
# logistic sum: each is compared with what is usual in LIDC's nodules, weighted, and added up.
#
# The answer, `p_rated_suspicious`, is about readers' impressions of pictures. Of what a nodule is made only pathology
# can tell.

# %%
outline = measure(likeliest.lump.outline)
print(f"lump {likeliest.lump.number}: diameter {outline.diameter_mm:.2f} mm, volume {outline.volume_mm3:.0f} mm3,")
print(f"elongation {outline.elongation:.3f}, irregularity {outline.irregularity:.3f}\n")
model = load_rating()
terms = {"intercept": model.intercept}
print(f"{'intercept':14} {'':42} {model.intercept:+7.3f}")
for term, value in zip(model.terms, features_of(outline).tolist(), strict=True):
    terms[term.name] = term.coefficient * (value - term.mean) / term.deviation
    told = f"{term.coefficient:+.3f} * ({value:.3f} - {term.mean:.3f}) / {term.deviation:.3f}"
    print(f"{term.name:14} {told:42} {terms[term.name]:+7.3f}")
total = sum(terms.values())
p_suspicious = 1 / (1 + np.exp(-total))
print(f"{'sum':14} {'':42} {total:+7.3f}")
print(f"\np_rated_suspicious = 1 / (1 + exp({-total:.3f})) = {p_suspicious:.3f}")

figure, axis = plt.subplots(figsize=(7, 2), layout="constrained")
start = 0.0
for number, (name, size) in enumerate([*terms.items(), ("sum", total)]):
    left = 0.0 if name == "sum" else start
    axis.barh(number, size, left=left, height=0.6, color=BLUE if size < 0 else ORANGE)
    start += size
axis.set_yticks(range(len(terms) + 1), [*terms, "sum"])
axis.axvline(0, color="black", linewidth=0.6)
axis.invert_yaxis()
axis.set_xlabel("blue: less suspicious; orange: more; each bar begins where the last one ended")
plt.show()

# %% [markdown]
# ## What came of it
# All accepted lumps with their ratings. Each can be looked at on three planes, as scanned: from the feet, from the
# front, and from the patient's left. Up to six are shown; if none was accepted, the likeliest lump stands there.

# %%
findings = sorted(rate(accepted, working), key=lambda one: -one.nodule.p_nodule)
print(f"{len(findings)} findings; each is a place to look at, not a diagnosis")
print("\nnumber  side   x, y, z in mm          diameter  p_nodule  p_rated_suspicious")
for one in findings:
    lump = one.nodule.lump
    x, y, z = lump.centre_xyz_mm
    told = f"{x:7.1f}{y:8.1f}{z:8.1f}   {lump.diameter_mm:5.1f} mm     {one.nodule.p_nodule:.3f}"
    print(f"{lump.number:6}  {lump.side:5}{told}     {one.p_rated_suspicious:.3f}")

shown: list[Nodule] = [one.nodule for one in findings[:6]] or [likeliest]
figure, axes = plt.subplots(len(shown), 3, figsize=(5.4, 1.75 * len(shown)), squeeze=False, layout="constrained")
for line, one in zip(axes, shown, strict=True):
    for axis, name in zip(line, ("axial", "coronal", "sagittal"), strict=True):
        draw_lump(axis, one.lump, name, max(50.0, 2 * one.lump.diameter_mm))
        if one is shown[0]:
            axis.set_title(name, fontsize=9)
    line[0].set_ylabel(f"lump {one.lump.number}\np {one.p_nodule:.2f}", fontsize=8)
plt.show()

# %% [markdown]
# ## What could have been missed?
# A scan without findings may hold no nodule, or one that this method cannot see. So plant some: ten nodules of known
# diameter, with shapes of real ones, at drawn places in these very lungs, blurred as the scan itself is blurred; then
# let the whole pipeline look again. A nodule is found if a finding lies within its radius. Ten say little:
# `pellucid ct plant` does it with many more, never more than ten at once, and tells intervals.

# %%
marks = [one.nodule.lump.centre_xyz_mm for one in findings]
blur = measure_blur(volume)
print(f"blur: {blur}")
plan = draw_plan(
    volume, survey(working, lungs, marks), marks, diameters_mm=(4.0, 6.0, 8.0, 10.0), densities_hu=(40.0,), per_cell=1,
    rng=np.random.default_rng(0), shapes=load_shapes("test"),
)  # fmt: skip
planted = sorted(plan.rounds[0], key=lambda one: one.nodule.diameter_mm)
with_them = plant(volume, [one.nodule for one in planted], blur=blur)
again = find_nodules(with_them)

outcomes = []
for one in planted:
    radius, centre = one.nodule.diameter_mm / 2, one.nodule.centre_xyz_mm
    near = [seen for seen in again.nodules if np.linalg.norm(np.subtract(seen.lump.centre_xyz_mm, centre)) <= radius]
    p = max((seen.p_nodule for seen in near), default=None)
    outcome = "found" if any(seen.accepted for seen in near) else "rejected" if near else "no lump"
    outcomes.append(outcome)
    said = "" if p is None else f"p_nodule {p:.2f}"
    print(f"{one.nodule.diameter_mm:4.0f} mm, {one.place:13} {outcome:9} {said}")
print(f"{outcomes.count('found')} of {len(planted)} found")

# %%
figure, axes = plt.subplots(4, 5, figsize=(7, 6), layout="constrained")
for axis in axes.flat:
    axis.set_axis_off()
for number, (one, outcome) in enumerate(zip(planted, outcomes, strict=True)):
    pictured = axes[2 * (number // 5) : 2 * (number // 5) + 2, number % 5]
    for axis, looked_at in zip(pictured, (volume, with_them), strict=True):
        grey, _ = plane(looked_at, one.nodule.centre_xyz_mm, "axial", 40.0)
        axis.imshow(grey, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    pictured[0].set_title(f"{one.nodule.diameter_mm:.0f} mm, {one.place}:\n{outcome}", fontsize=8)
figure.suptitle("40 mm around each: the scan as it is, and below it with the nodule", fontsize=9)
plt.show()

# %% [markdown]
# ## Slice by slice
# The whole scan once more, every twelfth slice of the working grid from the head to the feet: the border of either
# lung, the heat over it, and a ring with its number at every finding, in the slice nearest to it.

# %%
chosen = list(range(box[0].start + 8, box[0].stop - 8, 12))[::-1]
finding_z = np.array([working.frame.to_irc(np.array([place]))[0, 0] for place in marks])
ringed = {at: [] for at in chosen}
for one, z in zip(findings, finding_z, strict=True):
    ringed[min(chosen, key=lambda at: abs(at - z))].append(one.nodule.lump)

across = 4
figure, axes = plt.subplots(
    -(-len(chosen) // across), across, figsize=(7, 1.55 * -(-len(chosen) // across)), layout="constrained"
)
for axis in axes.flat:
    axis.set_axis_off()
for axis, at in zip(axes.flat, chosen, strict=False):
    inner = at - box[0].start
    axis.imshow(as_grey(hu[inner], LUNG) // 8, cmap="gray", vmin=0, vmax=31)  # 32 greys: half the bytes
    axis.imshow(heat_colours(heat[inner].astype(float)))
    draw_lungs(axis, side[inner])
    for lump in ringed[at]:
        _, row, column = working.frame.to_irc(np.array([lump.centre_xyz_mm]))[0]
        x, y = column - box[2].start, row - box[1].start
        axis.add_patch(plt.Circle((x, y), max(9.0, lump.diameter_mm / 2 + 4), fill=False, color=MARK))
        number = axis.text(x, y + 12, str(lump.number), color=MARK, fontsize=7, ha="center", va="top")
        number.set_path_effects([withStroke(linewidth=2, foreground="black")])
    z = working.frame.to_xyz_mm(np.array([[at, 0.0, 0.0]]))[0, 2]
    axis.set_title(f"z = {z:.0f} mm", fontsize=7, pad=2)
plt.show()

# %% [markdown]
# How the stages were tested, and on what, stands in `docs/ct.md`: thresholds and weights come from simulated scans, and
# the figures from scans that no part of it was fitted on. What a network has learned from phantoms it knows of
# phantoms; the planted nodules say how far that goes in this scan, and say nothing of other patients.
