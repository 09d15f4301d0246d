"""The ladder of models: linear, mlp, cnn; plain torch.nn.Sequential with named layers, nothing hidden."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from pellucid.errors import BadInput
from pellucid.learn.settings import Settings
from pellucid.shapes import Float

HIDDEN = (128,)
"""Hidden widths of the mlp. Chosen by us: enough for 0.98 on MNIST in four seconds."""


SMALLEST = 8
"""Side in pixels of the smallest images that the cnn's two poolings leave anything of to look at."""


class GlobalPool(nn.Module):
    """Of each channel the strongest response anywhere in the image, and the mean: what is seen, and how much of it."""

    def forward(self, responses: Float[Tensor, "case channel row column"]) -> Float[Tensor, "case both"]:
        """Maxima of all channels, then their means."""
        return torch.cat((responses.amax((2, 3)), responses.mean((2, 3))), 1)


def build_model(settings: Settings, channels: int, size: int, outputs: int) -> nn.Sequential:
    """The model that the settings name, its first weights drawn from torch's own generator.

    Args:
        settings: model (linear, mlp or cnn), hidden, start.
        channels: of the images.
        size: side of the images, pixels.
        outputs: logits.
    Raises:
        BadInput: another model, or images too small for the cnn.

    >>> [name for name, _ in build_model(Settings(model="mlp"), 1, 28, 10).named_children()]
    ['flatten', 'hidden1', 'relu1', 'logits']
    """
    pixels = channels * size * size
    if settings.model == "linear":
        model = _mlp(pixels, (), outputs)
    elif settings.model == "mlp":
        model = _mlp(pixels, settings.hidden or HIDDEN, outputs)
    elif settings.model == "cnn":
        if size < SMALLEST:
            raise BadInput(
                f"Images of {size} x {size} pixels are too small for the cnn: take --model mlp, "
                f"or --image-size {SMALLEST}."
            )
        model = _cnn(channels, size, outputs)
    else:
        raise BadInput(f"Model {settings.model!r} is none of linear, mlp, cnn.")
    _start(model, settings.start)
    return model


def _mlp(pixels: int, hidden: tuple[int, ...], outputs: int) -> nn.Sequential:
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    width = pixels
    for number, wider in enumerate(hidden, 1):
        layers[f"hidden{number}"] = nn.Linear(width, wider)
        layers[f"relu{number}"] = nn.ReLU()
        width = wider
    layers["logits"] = nn.Linear(width, outputs)
    return nn.Sequential(layers)


def _cnn(channels: int, size: int, outputs: int) -> nn.Sequential:
    """Convolutions of 32, 64 and 128 channels; the first one's stride brings any image to about 16 x 16 at once.

    Nearly all of a small network's time goes where images are large: so there is one layer there, a coarse one, and
    pooling comes before the normalisation, which then has a quarter to do. Source of that order: Jordan, "94% on
    CIFAR-10 in 3.29 seconds on a single GPU", 2024.
    """
    stride = 4 if size >= 48 else 2 if size >= 20 else 1
    layers: OrderedDict[str, nn.Module] = OrderedDict(
        stem=_convolution(channels, 32, kernel=7 if stride == 4 else 5 if stride == 2 else 3, stride=stride, pool=True),
        block1=_convolution(32, 64, pool=True),
        block2=_convolution(64, 128),
        everywhere=GlobalPool(),
        logits=nn.Linear(256, outputs),
    )
    model: nn.Sequential = nn.Sequential(layers).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model


def _convolution(
    channels_in: int, channels_out: int, kernel: int = 3, stride: int = 1, pool: bool = False
) -> nn.Module:
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    parts["convolution"] = nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False)
    if pool:
        parts["pool"] = nn.MaxPool2d(2)
    parts["norm"] = nn.BatchNorm2d(channels_out)
    parts["relu"] = nn.ReLU(inplace=True)
    return nn.Sequential(parts)


def _start(model: nn.Sequential, start: str) -> None:
    if start == "default":
        return
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_() if start == "normal" else weight.zero_()


def count_parameters(model: nn.Module) -> int:
    """How many numbers the model learns."""
    return sum(weight.numel() for weight in model.parameters())
