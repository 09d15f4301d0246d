"""Benign or malignant: one logit a case, binary cross-entropy with logits, labels of shape (N, 1), a DataLoader."""

import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split


def run(watch, seed=0):
    torch.manual_seed(seed)
    found = load_breast_cancer()
    features, labels = torch.tensor(found.data).float(), torch.tensor(found.target).float().unsqueeze(1)
    features = (features - features.mean(0)) / features.std(0)
    train, valid = random_split(TensorDataset(features, labels), [450, 119])
    model = nn.Sequential(nn.Linear(30, 16), nn.ReLU(), nn.Linear(16, 1))
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    right = 0
    with watch(model, optimizer) as doctor:
        for _epoch in range(12):
            model.train()
            for inputs, wanted in DataLoader(train, batch_size=30, shuffle=True):
                optimizer.zero_grad()
                loss = criterion(model(inputs), wanted)
                loss.backward()
                optimizer.step()
            model.eval()
            right = 0
            with torch.no_grad():
                for inputs, wanted in DataLoader(valid, batch_size=64):
                    right += ((model(inputs) > 0) == wanted.bool()).sum().item()
    assert right > 100
    return doctor
