"""What each finding of an audit means, and what to do about it, in a sentence each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The title of a kind of finding, what it means, what to do, and what its absence is called."""

    title: str
    means: str
    todo: str
    absent: str = ""


WORDS = {
    "identical_across_classes": Words(
        "The same image with different labels",
        "At least one of the labels is wrong, and no model can be right on all of these files.",
        "Look each up in its source, correct the label, or leave all files of the image out.",
        "No image stands in two classes.",
    ),
    "groups_across_parts": Words(
        "The same patient or exam in two parts",
        "Images of one patient are alike in many ways: a model is rewarded for knowing the patient again.",
        "Draw a new split with whole patients together; figures on the source's own split flatter the model.",
        "No patient or exam stands in two of the source's parts.",
    ),
    "identical_across_parts": Words(
        "The same image in two parts",
        "A model is examined on images that it has learned by heart: figures on that part are too good.",
        "Take these files out of the training part, and say so where the figures are given.",
        "No image stands in two of the source's parts.",
    ),
    "near_identical_across_parts": Words(
        "Nearly the same image in two parts",
        "They may be one image saved twice, or neighbours from one scan: either way the figures on that part are too "
        "good.",
        "Look at the pairs; keep those that are one image or one patient on one side.",
        "No near-identical images stand in two of the source's parts.",
    ),
    "near_identical_across_classes": Words(
        "Nearly the same image with different labels",
        "Either a label is wrong, or the difference that matters is too small to be seen at this size.",
        "Look at each group: correct the labels, or ask whether a larger image size shows the difference.",
        "No near-identical images stand in two classes.",
    ),
    "blank": Words(
        "Blank images",
        "They show nothing, and yet carry a label: a model learns that nothing means that class.",
        "Leave them out, or find out why they came to be empty.",
        "No image is blank.",
    ),
    "nearly_constant": Words(
        "Nearly constant images",
        "They show next to nothing: a speck, an edge, noise. Their label cannot be seen in them.",
        "Look at them; leave out those that a person could not label.",
        "No image is nearly constant.",
    ),
    "identical": Words(
        "Images that stand more than once",
        "There are fewer different images than files. Where a copy falls on the other side of a random split, the "
        "figures are too good.",
        "Keep one of each, or keep copies on one side of the split.",
        "No two files hold the same image.",
    ),
    "near_identical": Words(
        "Images that are nearly the same",
        "One image saved twice, or neighbours from one scan: they count as one observation, not as several.",
        "Keep each group on one side of the split; where it is one patient, say so with --group-by.",
        "No near-identical images.",
    ),
    "shortcut": Words(
        "Shortcuts",
        "The class can be told without seeing what it is about: from the frame, the brightness or the coarsest shape. "
        "A good figure does not show that a model has learned medicine, and it may fail at another hospital.",
        "Crop borders and markings, even out brightness, and compare every model with these probes.",
        "No probe that sees next to nothing does well.",
    ),
    "unreadable": Words(
        "Files that cannot be read",
        "They are left out of everything; if they are of one class or one hospital, what is left is skewed.",
        "Copy them again from their source, or remove them.",
        "Every file could be read.",
    ),
    "sizes_by_class": Words(
        "Classes that came in different sizes",
        "The larger images are blurred more by resizing: a model can tell the classes by their sharpness.",
        "Find out whether the classes come from different places; bring all to one size in the same way.",
        "No class came in other sizes than the others.",
    ),
    "saturated_bright": Words(
        "Images that are mostly white",
        "Much of each is stuck at its brightest value, where nothing can be told apart any more.",
        "Export them again with a wider window, or leave them out.",
        "No image is saturated.",
    ),
    "saturated_dark": Words(
        "Images that are mostly black",
        "Much more of each is black than is usual in its class: cropped wrongly, or badly windowed.",
        "Look at them; export them again, or leave them out.",
        "No image is mostly black where its class is not.",
    ),
    "groups_unknown": Words(
        "Patients are not known",
        "Where a patient has several images, they may stand on both sides of any split, which flatters the figures.",
        "Say which belong together with --group-by (a column, a folder, a pattern, a DICOM tag); if nobody knows any "
        "more, say that.",
    ),
    "odd_sizes": Words(
        "Images of another size",
        "They were exported or cropped differently than the rest, and look different after resizing.",
        "See whether they are of one class or one source.",
        "No image stands out by its size.",
    ),
    "odd_shapes": Words(
        "Images of another shape",
        "Resizing them to a square stretches them more than the rest.",
        "Crop or pad them to the usual shape.",
        "No image has a shape of its own.",
    ),
    "imbalance": Words(
        "Uneven classes",
        "Accuracy is mostly that of the largest class.",
        "Read the balanced accuracy, AUROC and the figures of each class, not accuracy alone.",
        "The largest class has at most three times as many cases as the smallest.",
    ),
}
