# %% [markdown]
# # Autograd's habits
# The slopes that autograd finds are right: `autograd_by_hand.py` holds them against slopes by hand. But it has three
# habits that one must know. It adds to the slopes that are there already. It will not have a weight moved under its
# eyes. And it keeps its record where there is nothing to learn, too, unless it is told not to. This page shows each,
# and the line that deals with it.

# %%
import matplotlib.pyplot as plt
import torch

BLUE, ORANGE = "#0072B2", "#D55E00"  # two colours that colour-blind readers tell apart

# %% [markdown]
# ## Slopes add up
# `backward()` adds to `.grad`; it never sets it. Call it twice and the slope has doubled. That is useful when a batch
# is too large for memory and comes in halves, and a fault everywhere else. The loss here is 0.5 (t - 3)², whose slope
# at t = 0 is -3.

# %%
t = torch.tensor(0.0, requires_grad=True)
seen = []
for _ in range(3):
    (0.5 * (t - 3) ** 2).backward()
    seen.append(t.grad.item())
print(f"slope at t = 0 after one, two, three calls: {seen}")

# %% [markdown]
# What that does to gradient descent: without zeroing, the slopes of all earlier steps push on. Like a pendulum without
# friction, t swings about 3 and never settles.


# %%
def descend(zeroed: bool, steps: int = 40, rate: float = 0.1) -> list[float]:
    """Where t is before each step of gradient descent, beginning at 0, and after the last."""
    t = torch.tensor(0.0, requires_grad=True)
    path = [t.item()]
    for _ in range(steps):
        (0.5 * (t - 3) ** 2).backward()
        with torch.no_grad():  # the update is no part of the loss
            t -= rate * t.grad
        if zeroed:
            t.grad = None
        path.append(t.item())
    return path


paths = {"zeroed": descend(True), "never zeroed": descend(False)}
figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
for (name, path), colour, style in zip(paths.items(), (BLUE, ORANGE), ("-", "--"), strict=True):
    axis.plot(path, color=colour, linestyle=style, label=name)
    print(f"{name}: after 40 steps t = {path[-1]:.3f}, farthest from 3 in the last 20: ", end="")
    print(f"{max(abs(it - 3) for it in path[-20:]):.3f}")
axis.axhline(3, color="black", linewidth=0.7)
axis.set(title="Gradient descent to t = 3", xlabel="step", ylabel="t")
axis.legend()
plt.show()

# %% [markdown]
# `optimizer.zero_grad()` before `backward()` does the zeroing for all weights. `pellucid.watch(model, optimizer)` names
# a loop that forgets it.
#
# ## Updates are recorded, unless one says no
# The update belongs in `no_grad`. Outside, torch refuses to move a leaf (a tensor that was not computed, but given) in
# place. And `t = t - rate * t.grad` makes a new t, which is no leaf and gets no slope, so that the next step has
# nothing to go by.

# %%
try:
    t -= 0.1 * t.grad
except RuntimeError as refused:
    print(f"t -= ...: {str(refused)[:80]}")
moved = t - 0.1 * t.grad
print(f"t = t - ...: still a leaf? {moved.is_leaf}")

# %% [markdown]
# ## Validation needs no record
# A record costs memory, and for validation nobody reads it. `set_grad_enabled(training)` switches it off and on again
# with one flag, so that one function can serve for both.

# %%
recorded = {}
for training in (True, False):
    with torch.set_grad_enabled(training):
        recorded[training] = (0.5 * (t - 3) ** 2).requires_grad
    print(f"set_grad_enabled({training}): recorded? {recorded[training]}")
