"""Dropout and batch normalisation under Adam, judged in every epoch, the best state kept by deepcopy."""

from copy import deepcopy

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F


def run(watch, seed=0):
    torch.manual_seed(seed)
    digits = load_digits()
    images, labels = torch.tensor(digits.data / 16).float(), torch.tensor(digits.target)
    order = torch.randperm(len(images))
    train, valid = order[:1200], order[1200:]
    model = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.3), nn.Linear(64, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    best_loss, best = float("inf"), None
    with watch(model, optimizer) as doctor:
        for _epoch in range(12):
            model.train()
            for rows in train[torch.randperm(1200)].split(60):
                optimizer.zero_grad()
                F.cross_entropy(model(images[rows]), labels[rows]).backward()
                optimizer.step()
            model.eval()
            with torch.no_grad():
                valid_loss = F.cross_entropy(model(images[valid]), labels[valid]).item()
            if valid_loss < best_loss:
                best_loss, best = valid_loss, deepcopy(model.state_dict())
        model.load_state_dict(best)
    return doctor
