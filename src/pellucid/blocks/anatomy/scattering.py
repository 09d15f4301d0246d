"""One-hot by scatter: a row of zeros for each case, and a 1 written where its label points."""

from dataclasses import dataclass

import torch
from torch import Tensor

from pellucid.blocks.anatomy.scatter_drawn import draw
from pellucid.blocks.labels import check_labels
from pellucid.drawing.paper import on_paper
from pellucid.errors import BadInput
from pellucid.shapes import Int64, Integer


@dataclass(frozen=True)
class OneHot:
    """One-hot, and each step on the way.

    Args:
        labels: class indices, one a case.
        zeros: what is written on.
        column: the labels as one column; scatter needs as many axes as it writes on.
        result: a 1 in the label's column of each row, 0 elsewhere.
    """

    labels: Int64[Tensor, " case"]
    zeros: Int64[Tensor, "case klass"]
    column: Int64[Tensor, "case 1"]
    result: Int64[Tensor, "case klass"]

    def lines(self) -> list[str]:
        """The code of each step, with what it gives for the first cases."""
        cases, classes = self.result.shape
        shown = [(case, int(self.labels[case])) for case in range(min(cases, 8))]
        rows = [f"  row {case}: column {label} = 1    {self.result[case].tolist()}" for case, label in shown]
        return [
            f"zeros = torch.zeros({cases}, {classes}, dtype=torch.int64): a row for each case, a column for each class",
            f"column = labels.unsqueeze(1): shape ({cases},) becomes ({cases}, 1), a view",
            "zeros.scatter_(1, column, 1): for every case, zeros[case, column[case, 0]] = 1",
            *rows,
            *([f"  and {cases - len(rows):,} more rows"] if cases > len(rows) else []),
        ]

    def as_svg(self) -> str:
        """Each label, and the row of zeros in which it writes its 1; a corner of many cases or classes."""
        return draw(self.labels, self.result)

    def _repr_svg_(self) -> str:
        return self.as_svg()

    def _repr_html_(self) -> str:
        return on_paper(self.as_svg())


def one_hot_step_by_step(labels: Integer[Tensor, " case"], classes: int) -> OneHot:
    """One-hot by scatter, keeping every tensor on the way.

    Args:
        labels: class indices, of any integer type.
        classes: how many columns there are.
    Returns:
        zeros, the labels as a column, and the result.
    Raises:
        BadInput: no labels, not whole numbers, not one a case, or a label without a column.
    Source: torch.Tensor.scatter_: self[i][index[i][j]] = value along dimension 1.

    >>> print(*one_hot_step_by_step(torch.tensor([2, 0]), 3).lines(), sep="\\n")
    zeros = torch.zeros(2, 3, dtype=torch.int64): a row for each case, a column for each class
    column = labels.unsqueeze(1): shape (2,) becomes (2, 1), a view
    zeros.scatter_(1, column, 1): for every case, zeros[case, column[case, 0]] = 1
      row 0: column 2 = 1    [0, 0, 1]
      row 1: column 0 = 1    [1, 0, 0]
    """
    if classes < 1:
        raise BadInput(f"There are {classes} classes; at least 1 was needed. Pass how many columns there are.")
    check_labels(labels, classes)
    labels = labels.long()  # scatter takes no other indices
    zeros = torch.zeros(len(labels), classes, dtype=torch.int64, device=labels.device)
    column = labels.unsqueeze(1)
    return OneHot(labels, zeros, column, zeros.scatter(1, column, 1))


def one_hot(labels: Integer[Tensor, " case"], classes: int) -> Int64[Tensor, "case klass"]:
    """A row for each case: 1 in the column of its label, 0 in all others.

    Args:
        labels: class indices, of any integer type.
        classes: how many columns there are.
    Returns:
        zeros and ones, as torch.nn.functional.one_hot gives them.
    Raises:
        BadInput: no labels, not whole numbers, not one a case, or a label without a column.

    >>> one_hot(torch.tensor([2, 0]), 3)
    tensor([[0, 0, 1],
            [1, 0, 0]])
    """
    return one_hot_step_by_step(labels, classes).result
