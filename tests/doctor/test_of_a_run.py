"""What the doctors of a run say outlives a kill, and "nothing wrong" is said only where all was seen."""

import pytest

from pellucid.doctor import watching
from pellucid.doctor.of_a_run import DoctorsOfARun
from pellucid.errors import BadInput
from pellucid.learn import Settings, plan_learning


@pytest.fixture
def learned(digits, split):
    def learn(doctors: DoctorsOfARun, first: int = 0, **told: object) -> None:
        plan = plan_learning(Settings(model="linear", epochs=8, **told), digits, split)
        examine = doctors.watch(plan)
        for step in plan.learner.steps(plan.batches.after(first)):
            examine(step)

    return learn


def test_of_a_sound_run_all_was_seen_and_nothing_is_wrong(learned, tmp_path):
    doctors = DoctorsOfARun(tmp_path, 10)
    learned(doctors)
    seen = doctors.seen("linear")
    assert (seen.findings, seen.stumbles, seen.whole) == ((), 0, True)
    assert seen.looks >= 20
    said = seen.said("linear", faultless=True)
    assert said == f"The doctor looked at {seen.looks} steps of the linear and found nothing wrong."
    assert "nothing wrong" not in seen.said("linear", faultless=False)


def test_what_was_found_in_a_model_that_had_learned_before_a_kill_is_told_afterwards(learned, tmp_path):
    before = DoctorsOfARun(tmp_path, 10)
    learned(before, learning_rate=30.0)
    found = before.seen("linear")
    assert [kind for kind, _ in found.findings] == ["learning-rate-too-high"]
    after = DoctorsOfARun(tmp_path, 10)
    learned(after, first=10**4, learning_rate=30.0)  # nothing is left to learn
    assert after.seen("linear") == found
    assert after.seen("linear", known={"learning-rate-too-high"}).findings == ()


def test_a_damaged_note_of_an_earlier_sitting_is_named(tmp_path):
    note = tmp_path / "ladder" / "mlp" / "doctor.json"
    note.parent.mkdir(parents=True)
    for damaged in ("{", "[]", '{"looks": 3}'):
        note.write_text(damaged)
        with pytest.raises(BadInput, match="is damaged: remove it"):
            DoctorsOfARun(tmp_path, 10).seen("mlp")


def test_a_run_that_goes_on_in_the_middle_says_which_steps_were_seen(learned, tmp_path):
    doctors = DoctorsOfARun(tmp_path, 10)
    learned(doctors, first=60)
    seen = doctors.seen("linear")
    assert not seen.whole
    assert "already-trained" not in dict(seen.findings)
    assert "steps of the linear after the interruption" in seen.said("linear", faultless=True)


def test_who_stumbles_or_never_looks_does_not_say_that_all_is_well(learned, tmp_path, monkeypatch):
    def stumbles(*_: object) -> list[object]:
        raise ValueError("planted")

    monkeypatch.setattr(watching, "CHECKS", (stumbles,))
    doctors = DoctorsOfARun(tmp_path, 10)
    learned(doctors)
    seen = doctors.seen("linear")
    assert seen.stumbles == seen.looks > 0
    assert f"could not make out {seen.looks} of them" in seen.said("linear", faultless=True)
    assert "nothing wrong" not in DoctorsOfARun(tmp_path / "other", 10).seen("cnn").said("cnn", faultless=True)
