# %% [markdown]
# # A tensor is a row of numbers, and a rule for reading it
#
# Three points in the plane, `[[4, 1], [5, 3], [2, 1]]`. In memory there are no rows and no columns: there are six
# numbers, one behind the other. Size, stride and offset say which of them an index reads. Everything else on this page
# follows from that: why a transpose costs nothing, why changing one tensor changes another, and when a copy is made.
#
# `pellucid anatomy IMAGE` shows the same of a picture of yours.

# %%
import tempfile
from pathlib import Path
from textwrap import fill

import torch

from pellucid.blocks.anatomy import anatomy, bit_depth, boxed, families, layouts, one_hot_step_by_step
from pellucid.blocks.anatomy import save_three_ways, side_by_side, watch_copies
from pellucid.drawing.paper import Drawn


def tell(facts) -> None:
    """Print what the facts say of themselves, long lines folded."""
    print(*(fill(line, 110, subsequent_indent="    ") for line in facts.lines()), sep="\n")


points = torch.tensor([[4.0, 1.0], [5.0, 3.0], [2.0, 1.0]])
whole = anatomy(points, "points")
tell(whole)

# %% [markdown]
# The cell that an index reads is offset + stride x index, added up over the axes. For `points[1, 1]` that is
# 0 + 2 x 1 + 1 x 1 = 3.

# %%
row, column = 1, 1
cell = whole.cell((row, column))
storage = points.flatten().tolist()
print(f"points[{row}, {column}] reads cell {cell}, which holds {storage[cell]:g}")
Drawn(whole.as_svg(at=(row, column)))

# %% [markdown]
# ## Views: the same numbers, read by another rule
# The transpose swaps the strides. Row 1 begins at cell 2. Neither copies a number.

# %%
views = {"points": points, "points.T": points.T, "points[1]": points[1]}
print("one storage:", *families(views))
side_by_side(*views.items())

# %% [markdown]
# So a change through one shows in all. This is how a data set is spoiled by a "copy" that was none.

# %%
row_1 = points[1]
before = points.T[0, 1].item()
row_1[0] = 50
after = points.T[0, 1].item()
print(f"points.T[0, 1] was {before:g}; after row_1[0] = 50 it is {after:g}")
row_1[0] = 5  # as it was

# %% [markdown]
# ## Copies that nobody asked for
# `reshape` gives a view where it can, and copies where it cannot, without a word. `watch_copies` has the word.

# %%
with watch_copies() as watched:
    points.reshape(6)  # as it lies: a view
    points.T.reshape(6)  # in another order: a copy
    points[[0, 2]]  # rows picked by a list: a copy
tell(watched)

# %% [markdown]
# ## Numbers in boxes, numbers in a row
# A Python list holds the places of its numbers, and each number lies in a box of its own. A tensor holds the numbers.

# %%
brightness = [level / 7 for level in range(4096)]  # as many as a picture of 64 x 64 has
in_boxes = boxed(brightness)
tell(in_boxes)

# %% [markdown]
# ## Pictures: four orders of the same axes
# Files hold row, column, channel (HWC); torch wants channel first, and a batch before it (NCHW), or a batch of volumes
# (NCDHW). Most of the ways between them are views.

# %%
picture = torch.arange(2 * 3 * 3, dtype=torch.uint8).reshape(2, 3, 3)  # 2 rows, 3 columns, 3 channels
arranged = layouts(picture)
volume = layouts(torch.zeros(4, 2, 3), "DHW")  # 4 slices of 2 rows and 3 columns, as CT has them
for order in [*arranged, next(order for order in volume if order.layout == "NCDHW")]:
    tell(order)

# %% [markdown]
# Files of 8 bits have 256 levels of grey, CT and X-ray files 12 or 16. What holds them without loss:

# %%
depths = [bit_depth(8), bit_depth(12, signed=True), bit_depth(16)]
for depth in depths:
    tell(depth)

# %% [markdown]
# ## One-hot: a 1 where the label says, by `scatter`
# Class 2 of three becomes 0 0 1: a row of zeros into which a 1 is scattered at the place that the label names.

# %%
labels = torch.tensor([2, 0, 1, 2])
hot = one_hot_step_by_step(labels, 3)
tell(hot)

# %% [markdown]
# ## Saving: three files, three habits
# A slice is a view: it holds on to the whole of its storage, and torch saves the whole. Two slices of one storage are
# still one after torch has read them again; the other formats give each its own numbers.

# %%
large = torch.arange(10_000.0).reshape(100, 100)
with tempfile.TemporaryDirectory() as folder:
    saved = save_three_ways({"corner": large[:2, :2], "first row": large[0]}, Path(folder))
for way in saved:
    tell(way)
