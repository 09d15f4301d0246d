"""Every cell that is drawn shows the number of the cell of storage that its index reads."""

import pickle
from dataclasses import replace
from itertools import product
from xml.etree import ElementTree

import pytest
import torch

from pellucid.blocks.anatomy import anatomy, side_by_side
from pellucid.blocks.anatomy.drawn import draw
from pellucid.errors import BadInput

NOTES = torch.tensor([[4, 1], [5, 3], [2, 1]])
SVG = "{http://www.w3.org/2000/svg}"


def cells(svg, kind):
    return [group for group in ElementTree.fromstring(svg).iter(f"{SVG}g") if group.get("class") == kind]


def fills(group):
    return [rect.get("fill") for rect in group.iter(f"{SVG}rect")]


def said(svg):
    return [text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def outlined(group):
    return any(rect.get("stroke") for rect in group.iter(f"{SVG}rect"))


@pytest.mark.parametrize(
    "tensor",
    [
        NOTES,
        NOTES.T,
        NOTES[1],
        NOTES[:, 1],
        torch.arange(3).expand(4, 3),
        torch.arange(24).reshape(2, 4, 3).permute(2, 0, 1),
        torch.tensor(-1.5),
        torch.arange(4704).reshape(2, 3, 28, 28),
        torch.arange(600.0).reshape(20, 30)[3:, 5:].T,
    ],
)
def test_a_drawn_cell_holds_the_number_that_its_index_reads(tensor):
    svg = anatomy(tensor).as_svg()
    storage = torch.tensor([], dtype=tensor.dtype).set_(tensor.untyped_storage())
    drawn = {int(group.get("data-cell")): group for group in cells(svg, "storage")}
    for cell, group in drawn.items():
        assert group.get("data-number") == str(storage[cell].item())
    indices = set()
    for group in cells(svg, "tensor"):
        index = tuple(map(int, (group.get("data-index") or "").split(","))) if group.get("data-index") else ()
        number, cell = [text.text for text in group.iter(f"{SVG}text")]
        assert float(number) == pytest.approx(tensor[index].item(), rel=1e-3)
        assert float(number) == pytest.approx(storage[int(cell)].item(), rel=1e-3)
        assert group.get("data-cell") == cell
        assert fills(group) == fills(drawn[int(cell)])  # the same colour
        indices.add(index)
    assert indices == set(anatomy(tensor).corner)


def test_all_of_a_small_tensor_is_drawn():
    svg = anatomy(NOTES).as_svg()
    assert len(cells(svg, "storage")) == 6
    assert {group.get("data-index") for group in cells(svg, "tensor")} == {
        f"{i},{j}" for i, j in product(range(3), range(2))
    }


def test_a_picked_index_is_outlined_with_its_cell_and_its_sum():
    svg = anatomy(NOTES, "x").as_svg(at=(1, 0))
    assert [group.get("data-cell") for group in cells(svg, "storage") if outlined(group)] == ["2"]
    assert [group.get("data-index") for group in cells(svg, "tensor") if outlined(group)] == ["1,0"]
    assert "x[1, 0] reads cell 0 + 1×2 + 0×1 = 2, which holds 5" in said(svg)


def test_the_line_ends_in_the_middle_of_both_cells():
    svg = anatomy(NOTES, "x").as_svg(at=(2, 1))
    line = next(ElementTree.fromstring(svg).iter(f"{SVG}polyline"))
    points = [tuple(map(float, point.split(","))) for point in line.get("points").split()]
    ends = []
    for kind in ("tensor", "storage"):
        box = next(next(group for group in cells(svg, kind) if outlined(group)).iter(f"{SVG}rect"))
        x, y, wide, high = (float(box.get(name)) for name in ("x", "y", "width", "height"))
        ends.append((x + wide / 2, y + high / 2, y + high))
    assert points[0] == pytest.approx(ends[0][:2], abs=0.11)
    assert points[-1] == pytest.approx((ends[1][0], ends[1][2] + 1), abs=0.11)


def test_one_cell_is_outlined_in_every_tensor_that_reads_it():
    together = side_by_side(("a", NOTES), ("a.T", NOTES.T), ("a[1]", NOTES[1]), ("copy", NOTES.T.contiguous()))
    svg = together.as_svg(cell=2)
    assert [group.get("data-index") for group in cells(svg, "tensor") if outlined(group)] == ["1,0", "0,1", "0"]
    assert len(cells(svg, "storage")) == 12  # the copy has a storage of its own
    assert sum(outlined(group) for group in cells(svg, "storage")) == 1
    assert "a.T[0, 1] reads cell 0 + 0×1 + 1×2 = 2, which holds 5" in said(svg)


def test_an_expanded_axis_reads_one_cell_by_many_indices():
    svg = side_by_side(("e", torch.tensor([7, 8]).expand(5, 2))).as_svg(cell=1)
    assert sum(outlined(group) for group in cells(svg, "tensor")) == 5
    assert "2 more indices read this cell." in said(svg)


def test_a_corner_says_that_it_is_one_and_what_is_left_out():
    svg = anatomy(torch.zeros(2, 3, 28, 28), "images").as_svg()
    assert "A corner: 72 of its 4,704 numbers are drawn." in said(svg)
    assert "storage: 4,704 cells of float32, 18,816 bytes · 4,632 of them are not drawn" in said(svg)
    assert "A corner" not in anatomy(NOTES).as_svg()


def test_dots_stand_where_cells_of_storage_are_left_out():
    drawn = said(anatomy(torch.arange(100)[10:], "x").as_svg())
    assert drawn[1:4] == ["…", "10", "10"]  # before cell 10: left out


def test_an_index_beyond_the_corner_still_has_its_sum():
    assert "x[27, 27] reads cell 0 + 27×28 + 27×1 = 783" in said(anatomy(torch.zeros(28, 28)).as_svg(at=(27, 27)))


def test_the_same_bytes_as_another_dtype_are_drawn_as_a_storage_of_their_own():
    numbers = torch.tensor([1, 2], dtype=torch.int32)
    svg = side_by_side(("n", numbers), ("n.view(int16)", numbers.view(torch.int16))).as_svg()
    assert [group.get("data-number") for group in cells(svg, "storage")] == [*"12", *"1020"]


def test_names_cannot_break_out_of_a_drawing():
    svg = anatomy(NOTES, "<script>&\x1b").as_svg(at=(0, 0))
    assert "<script>" not in svg
    assert anatomy(NOTES)._repr_html_().count("<svg") == 1
    assert anatomy(NOTES)._repr_svg_() == draw([anatomy(NOTES)])


def test_renamed_and_pickled_facts_still_draw_themselves():
    renamed = replace(anatomy(NOTES), name="y")
    assert pickle.loads(pickle.dumps(renamed)) == renamed
    assert pickle.loads(pickle.dumps(renamed)).as_svg() == draw([anatomy(NOTES, "y")])
    assert repr(renamed).startswith("Anatomy(name='y', size=(3, 2)")


def test_nothing_is_drawn_past_the_right_edge():
    for tensor in (NOTES, torch.randn(2, 3, 28, 28), torch.randn(48), torch.arange(48).reshape(4, 3, 4)):
        svg = anatomy(tensor).as_svg()
        width = float(ElementTree.fromstring(svg).get("viewBox").split()[2])
        boxes = [rect for group in (*cells(svg, "storage"), *cells(svg, "tensor")) for rect in group.iter(f"{SVG}rect")]
        assert max(float(rect.get("x")) + float(rect.get("width")) for rect in boxes) < width <= 772


def test_a_cell_that_the_storage_lacks_is_refused():
    with pytest.raises(BadInput, match="Cell 6 is not in the storage, which has 6"):
        side_by_side(("a", NOTES)).as_svg(cell=6)
    with pytest.raises(BadInput, match="No tensor was given"):
        side_by_side()


def test_columns_lie_beside_each_other_and_rows_below():
    places = {}
    for group in cells(anatomy(NOTES).as_svg(), "tensor"):
        box = next(group.iter(f"{SVG}rect"))
        places[group.get("data-index")] = (float(box.get("x")), float(box.get("y")))
    left, top = places["0,0"]
    wide, high = places["0,1"][0] - left, places["1,0"][1] - top
    assert min(wide, high) > 30
    assert places == {f"{i},{j}": (left + j * wide, top + i * high) for i, j in product(range(3), range(2))}
