"""A body that learned the digits 0-4 is frozen; a new head learns 5-9 on top, and the optimizer is given the head."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F


class Transferred(nn.Module):
    def __init__(self, body, head):
        super().__init__()
        self.body, self.head = body, head

    def forward(self, images):
        return self.head(self.body(images))


def run(watch, seed=0):
    torch.manual_seed(seed)
    digits = load_digits()
    images, labels = torch.tensor(digits.data / 16).float(), torch.tensor(digits.target)
    body = nn.Sequential(nn.Linear(64, 48), nn.BatchNorm1d(48), nn.ReLU())
    first = nn.Sequential(body, nn.Linear(48, 5))
    learn(first, torch.optim.Adam(first.parameters(), lr=0.01), images[labels < 5], labels[labels < 5], 3)
    body.requires_grad_(False)
    model = Transferred(body, nn.Linear(48, 5))
    optimizer = torch.optim.SGD((w for w in model.parameters() if w.requires_grad), lr=0.1, momentum=0.9)
    with watch(model, optimizer) as doctor:
        learn(model, optimizer, images[labels > 4], labels[labels > 4] - 5, 10, frozen=body)
    return doctor


def learn(model, optimizer, images, labels, epochs, frozen=None):
    for _epoch in range(epochs):
        model.train()
        if frozen is not None:
            frozen.eval()  # its normalisation stays as it was learned
        for rows in torch.randperm(len(images)).split(50):
            if len(rows) > 1:
                loss = F.cross_entropy(model(images[rows]), labels[rows])
                optimizer.zero_grad(set_to_none=False)
                loss.backward()
                optimizer.step()
