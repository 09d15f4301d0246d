"""One network small enough for paper: two inputs, two hidden numbers, two classes, one step."""

import math

import torch

from pellucid.blocks import SGD, Layer, forward, train_step, weights_of


def test_one_step_of_a_tiny_network_worked_out_on_paper() -> None:
    hidden = Layer(torch.tensor([[1.0, 2.0], [-1.0, 0.0]]), torch.tensor([0.0, 0.5]), "relu")
    last = Layer(torch.tensor([[0.0, 7.0], [0.0, 8.0]]), torch.tensor([math.log(3), 0.0]))
    layers, inputs = (hidden, last), torch.tensor([[1.0, 3.0]])
    activations = forward(layers, inputs)
    assert activations.sums[0].tolist() == [[7.0, -0.5]]  # 1 * 1 + 2 * 3, and -1 * 1 + 0.5
    assert activations.inputs[1].tolist() == [[7.0, 0.0]]
    torch.testing.assert_close(activations.logits, torch.tensor([[math.log(3), 0.0]]))  # p = 3/4, 1/4
    sgd = SGD(learning_rate=4.0)
    loss, _ = train_step(layers, inputs, torch.tensor([1]), sgd, sgd.start(weights_of(layers)))
    torch.testing.assert_close(loss, torch.tensor(math.log(4)))
    # Slope of the logits: 3/4, 1/4 - 1. Of the last weight: that, times the hidden 7 and 0.
    torch.testing.assert_close(last.weight, torch.tensor([[-4 * 0.75 * 7, 7.0], [4 * 0.75 * 7, 8.0]]))
    torch.testing.assert_close(last.bias, torch.tensor([math.log(3) - 3, 3.0]))
    # Of the hidden sums: 0 (both weights were 0), and 0 (below 0, so relu lets nothing through).
    assert hidden.weight.tolist() == [[1.0, 2.0], [-1.0, 0.0]]
    assert hidden.bias.tolist() == [0.0, 0.5]
