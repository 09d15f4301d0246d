"""Three answers a case at once (odd, above four, a prime), in bfloat16 by autocast, with early stopping."""

import copy

import torch
from sklearn.datasets import load_digits
from torch import nn


def run(watch, seed=0):
    torch.manual_seed(seed)
    digits = load_digits()
    images, digit = torch.tensor(digits.data / 16).float(), torch.tensor(digits.target)
    primes = torch.isin(digit, torch.tensor([2, 3, 5, 7]))
    labels = torch.stack([digit % 2 == 1, digit > 4, primes], 1).float()
    train, valid = torch.randperm(len(images)).split([1200, len(images) - 1200])
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 3))
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    best, kept, patience = torch.inf, copy.deepcopy(model), 3
    with watch(model, optimizer) as doctor:
        for _epoch in range(20):
            model.train()
            for rows in train[torch.randperm(1200)].split(64):
                with torch.autocast("cpu", torch.bfloat16):
                    loss = criterion(model(images[rows]), labels[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            model.eval()
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                judged = criterion(model(images[valid]), labels[valid]).item()
            if judged < best:
                best, kept, patience = judged, copy.deepcopy(model), 3
            else:
                patience -= 1
            if not patience:
                break
    assert best < 0.5
    assert kept is not model
    return doctor
