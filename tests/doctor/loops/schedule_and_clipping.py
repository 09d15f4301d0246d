"""A convolutional network with log-softmax at its end and NLL: weight decay, a cosine schedule, clipped gradients."""

import torch
from sklearn.datasets import load_digits
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        return torch.log_softmax(self.fc(x.flatten(1)), dim=1)


def run(watch, seed=0):
    torch.manual_seed(seed)
    digits = load_digits()
    images, labels = torch.tensor(digits.images[:, None] / 16).float(), torch.tensor(digits.target)
    model, criterion, epochs = Net(), nn.NLLLoss(), 8
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=epochs)
    with watch(model, optimizer) as doctor:
        for _epoch in range(epochs):
            for rows in torch.randperm(len(images)).split(64):
                loss = criterion(model(images[rows]), labels[rows])
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
            scheduler.step()
    return doctor
