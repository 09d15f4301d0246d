"""A batch of 64 in four parts: gradients add up on purpose, and are cleared after every fourth."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

PARTS = 4


def run(watch, seed=0):
    torch.manual_seed(seed)
    digits = load_digits()
    cases = TensorDataset(torch.tensor(digits.images[:, None] / 16).float(), torch.tensor(digits.target))
    loader = DataLoader(cases, batch_size=16, shuffle=True, drop_last=True)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    with watch(model, optimizer) as doctor:
        for _epoch in range(6):
            for number, (images, labels) in enumerate(loader, 1):
                loss = criterion(model(images), labels) / PARTS
                loss.backward()
                if number % PARTS == 0:
                    optimizer.step()
                    optimizer.zero_grad()
    return doctor
