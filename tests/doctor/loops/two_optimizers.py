"""An autoencoder whose two halves have an optimizer each; what it is to give back is what it was given."""

import torch
from sklearn.datasets import load_digits
from torch import nn


def run(watch, seed=0):
    torch.manual_seed(seed)
    images = torch.tensor(load_digits().data / 16).float()
    encoder = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 8))
    decoder = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 64), nn.Sigmoid())
    model = nn.Sequential(encoder, decoder)
    optimizers = [torch.optim.Adam(encoder.parameters(), lr=3e-3), torch.optim.RMSprop(decoder.parameters(), lr=1e-3)]
    with watch(model) as doctor:
        for _epoch in range(10):
            for rows in torch.randperm(len(images)).split(64):
                batch = images[rows]
                loss = nn.functional.mse_loss(model(batch), batch)
                for optimizer in optimizers:
                    optimizer.zero_grad()
                loss.backward()
                for optimizer in optimizers:
                    optimizer.step()
    return doctor
