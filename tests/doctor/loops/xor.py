"""XOR by a network of 2, 2 and 1 sigmoids: it seems to guess for a long while, and then it does not."""

import torch
from torch import nn


def run(watch, seed=0):
    torch.manual_seed(seed)
    corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    answers = torch.tensor([[0.0], [1.0], [1.0], [0.0]])
    model = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    criterion = nn.BCELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    with watch(model, optimizer) as doctor:
        for _step in range(400):
            optimizer.zero_grad()
            loss = criterion(model(corners), answers)
            loss.backward()
            optimizer.step()
    return doctor
