"""LBFGS asks for the loss several times a step, by a closure, on all cases at once."""

import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.nn.functional import cross_entropy


def run(watch, seed=0):
    torch.manual_seed(seed)
    found = load_breast_cancer()
    features = torch.tensor(found.data).float()
    features, labels = (features - features.mean(0)) / features.std(0), torch.tensor(found.target)
    model = nn.Sequential(nn.Linear(30, 8), nn.Tanh(), nn.Linear(8, 2))
    optimizer = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=5, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        decay = sum((weight**2).sum() for weight in model.parameters())
        loss = cross_entropy(model(features), labels) + 1e-2 * decay
        loss.backward()
        return loss

    with watch(model, optimizer) as doctor:
        for _ in range(100):
            optimizer.step(closure)
    return doctor
