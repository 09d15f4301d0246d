"""Numbers, not classes: squared error of a small network, outputs and targets both (N, 1), both standardised."""

import torch
from sklearn.datasets import load_diabetes
from torch import nn


def run(watch, seed=0):
    torch.manual_seed(seed)
    features, target = (torch.tensor(part).float() for part in load_diabetes(return_X_y=True, scaled=False))
    features = (features - features.mean(0)) / features.std(0)
    target = ((target - target.mean()) / target.std()).unsqueeze(1)
    model = nn.Sequential(nn.Linear(10, 16), nn.Tanh(), nn.Linear(16, 1))
    mse = nn.MSELoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with watch(model, optimizer) as doctor:
        for _epoch in range(20):
            for rows in torch.randperm(len(features)).split(32):
                prediction = model(features[rows])
                loss = mse(prediction, target[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return doctor
