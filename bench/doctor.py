"""What it costs to be watched: steps of a loop with and without the doctor, who looks every 50.

Five loops, one thread: a small network on scikit-learn's digits; pellucid's own cnn on 64 x 64 tiles of scikit-image's
histology picture; the network with batch normalisation, dropout and an evaluation every 100 steps; a softmax
regression by hand, on leaf tensors without an optimizer; and pellucid's own Learner on a linear model of 28 x 28
pixels, each step shown to `doctor.examine`. All in this process, with and without in turns, in an order that changes
from round to round.

What is measured: n = rounds each way; processor time of a step bare and watched (medians), the extra share (of the
medians, and of the fastest round of each way: what else the machine does can only add). Building and entering the
with-block, its first three looks (about 3 ms) and its end are included, and spread over the steps of the run.

    OMP_NUM_THREADS=1 python bench/doctor.py [--rounds 9] [--every 50] [--only NAME]
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import numpy as np
import torch
from skimage.data import immunohistochemistry
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F

import pellucid.doctor
from pellucid.blocks import SGD
from pellucid.data import measure_scaling
from pellucid.learn import Batches, Images, Learner, Settings, build_model, loss_of

PROMISED = 0.05


def digits():
    images, labels = load_digits(return_X_y=True)
    return torch.tensor(images / 16).float(), torch.tensor(labels)


def tiles():
    """64 of 64 x 64 pixels, and whether a tile is browner than most: stained."""
    picture = torch.tensor(immunohistochemistry() / 255.0).float().permute(2, 0, 1)
    cut = picture.unfold(1, 64, 64).unfold(2, 64, 64).permute(1, 2, 0, 3, 4).reshape(-1, 3, 64, 64).contiguous()
    stain = cut[:, 0].mean((1, 2)) - cut[:, 2].mean((1, 2))
    return (cut - cut.mean()) / cut.std(), (stain > stain.median()).long()


def batches(count: int, steps: int, size: int) -> Iterator[torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    for _ in range(steps):
        yield torch.randint(0, count, (size,), generator=draw)


def learn(model: nn.Module, images, labels, size: int, steps: int, watch: Callable, judge_every: int = 0) -> float:
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    begun = time.process_time()
    with watch(model, optimizer):
        for number, rows in enumerate(batches(len(images), steps, size), 1):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images[rows]), labels[rows])
            loss.backward()
            optimizer.step()
            if judge_every and number % judge_every == 0:
                model.eval()
                with torch.no_grad():
                    for rows in torch.arange(1024).split(64):
                        F.cross_entropy(model(images[rows]), labels[rows]).item()
                model.train()
    return time.process_time() - begun


def small_mlp(steps: int, watch: Callable) -> float:
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    return learn(model, *digits(), 64, steps, watch)


def with_evaluation(steps: int, watch: Callable) -> float:
    parts = (nn.Linear(64, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
    return learn(nn.Sequential(*parts), *digits(), 64, steps, watch, judge_every=100)


def cnn_64(steps: int, watch: Callable) -> float:
    return learn(build_model(Settings(model="cnn"), 3, 64, 2), *tiles(), 64, steps, watch)


def by_hand(steps: int, watch: Callable) -> float:
    images, labels = digits()
    weights, bias = torch.zeros(64, 10, requires_grad=True), torch.zeros(10, requires_grad=True)
    begun = time.process_time()
    with watch([weights, bias]):
        for rows in batches(len(images), steps, 64):
            scores = images[rows] @ weights + bias
            log_p = scores - scores.logsumexp(1, keepdim=True)
            (-log_p[torch.arange(len(rows)), labels[rows]].mean()).backward()
            with torch.no_grad():
                for weight in (weights, bias):
                    weight -= 0.3 * weight.grad
                    weight.grad = None
    return time.process_time() - begun


def learner_linear(steps: int, watch: Callable) -> float:
    draw = np.random.default_rng(0)
    pictures = draw.integers(0, 256, (64 * 100, 1, 28, 28), np.uint8)
    labels, rows = torch.from_numpy(draw.integers(0, 10, len(pictures))), np.arange(len(pictures))
    images = Images(pictures, measure_scaling(pictures, rows, "by_255"), torch.device("cpu"))
    learner = Learner(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), loss_of("multi-class"), SGD(learning_rate=0.01))
    begun = time.process_time()
    with watch(learner.model) as doctor:
        examine = doctor.examine if doctor is not None else lambda step: None
        for step in learner.steps(Batches(images, labels, rows, 64, steps // 100, 0)):
            examine(step)
    return time.process_time() - begun


LOOPS = {small_mlp: 3000, with_evaluation: 3000, cnn_64: 250, by_hand: 3000, learner_linear: 6000}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--every", type=int, default=50)
    parser.add_argument("--only", choices=[loop.__name__ for loop in LOOPS])
    chosen = parser.parse_args()
    torch.set_num_threads(1)

    def watched(*given):
        return pellucid.doctor.watch(*given, every=chosen.every, say=lambda told: None)

    ways = {"bare": lambda *_: nullcontext(), "watched": watched}
    print(f"{'loop':>16}{'steps':>7}{'bare':>10}{'watched':>10}{'extra':>8}{'fastest':>9}   n={chosen.rounds}")
    for loop, steps in LOOPS.items():
        if chosen.only not in (None, loop.__name__):
            continue
        seconds = {name: [] for name in ways}
        loop(steps // 10, watched)  # so that neither way is the first
        for number in range(chosen.rounds):
            for name in sorted(ways, reverse=number % 2 == 1):
                torch.manual_seed(number)
                seconds[name].append(loop(steps, ways[name]))
        bare, seen = (statistics.median(seconds[name]) / steps * 1e3 for name in ("bare", "watched"))
        fastest = min(seconds["watched"]) / min(seconds["bare"]) - 1
        verdict = "" if fastest < PROMISED else f"   NOT below {PROMISED:.0%}"
        print(f"{loop.__name__:>16}{steps:7}{bare:7.3f} ms{seen:7.3f} ms{seen / bare - 1:8.1%}{fastest:9.1%}{verdict}")


if __name__ == "__main__":
    main()
