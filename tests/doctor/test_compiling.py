"""torch.compile inside a watched loop: what is compiled whole stays so, and nothing of the doctor stands in its way."""

import subprocess
import sys

import pytest

LOOP = """
import torch
from torch import nn
from torch.nn import functional
from pellucid.doctor import watch

def one_to_one(logits, labels):
    return (logits.argmax(1) == labels).float().mean()

def all_pairs(logits, labels):
    return (logits.argmax(1) != labels[:, None]).float().mean()

def learn(by_module, metric):
    torch._dynamo.reset()
    torch.manual_seed(0)
    model = nn.Linear(8, 3)
    compiled = torch.compile(metric, backend="eager", fullgraph=True)  # raises where anything cannot be traced
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    watched = model if by_module else [*model.parameters()]
    with watch(watched, optimizer, every=2, say=lambda told: None) as doctor:
        for _ in range(5):
            inputs, labels = torch.randn(16, 8), torch.randint(3, (16,))
            logits = model(inputs)
            loss = functional.cross_entropy(logits, labels)
            print(bool(compiled(logits.detach(), labels) == metric(logits.detach(), labels)))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    assert not doctor.stumbled
    assert len(doctor.history.training) >= 4

for metric in (one_to_one, all_pairs):
    learn(True, metric)
    learn(False, metric)
"""


@pytest.mark.slow
def test_comparisons_compiled_whole_within_a_look_are_compiled():
    """In a process of its own: the wrappers by which tests check shapes cannot be traced."""
    done = subprocess.run([sys.executable, "-c", LOOP], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["True"] * 20
