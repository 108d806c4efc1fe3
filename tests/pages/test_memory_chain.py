"""What the memory is for, link by link: the same numbers on Memory and in the tour, from the model at hand."""

import pytest
from apptest import html, start

from nnet.analysis import answered
from nnet.analysis.answered import Link
from nnet.detector import Detector
from workbench.shared import chosen_picture, memory_words, samples

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


def test_memory_and_the_tour_tell_the_chain_with_the_same_numbers(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    defective, good = (
        next(one for one in samples.collection().images if one.sample.is_defective is wanted)
        for wanted in (True, False)
    )
    of_good = answered.answers(detector, detector.trace(good.sample.load().image)).typical
    found = answered.answers(detector, detector.trace(defective.sample.load().image))
    memory = html(start("pages/2_Memory.py", on=defective.id))
    tour = html(start("pages/7_How_it_works.py", step="5", on=defective.id, picked="----a"))
    place = memory.partition("This patch: row ")[2].partition(".")[0]
    row, column = (int(one) - 1 for one in place.split(", column "))
    for said, *numbers in memory_words.rows(found.at(row, column), of_good, len(detector.memory)):
        cells = "".join(f"<td>{number}</td>" for number in numbers)
        assert f"{said}</th>{cells}" in memory.replace("<sub>", "").replace("</sub>", "")
    assert memory_words.TITLE in tour and f"This patch: row {place}" in tour, "the patch with the highest score"
    assert _chain(memory) == _chain(tour)
    monkeypatch.setattr(chosen_picture, "good_samples", list)
    assert memory_words.TITLE not in html(start("pages/2_Memory.py")), "with nothing to compare with"


def _chain(page: str) -> str:
    return page.partition(memory_words.TITLE)[2].partition("</table>")[0]


def test_what_the_chain_comes_to_is_said_of_the_patch_at_hand() -> None:
    good, damaged = Link(2.0, 0.04, 0.02, 0.03), Link(20.0, 0.7, 0.8, 0.4)

    def told(patch: Link, free: float = 0.3) -> str:
        return " ".join(memory_words.concluded(patch, good, 100, free))

    assert "spreads over 20" in told(damaged) and "the memory adds to the angle" in told(damaged)
    assert "would come nearer to it, to 0.30 from 0.70" in told(damaged)
    assert "it is not so" in told(damaged, 0.68) and "hardly nearer than 0.70" in told(damaged, 0.68)
    assert "the narrow code alone" in told(Link(20.0, 0.7, 0.8, 0.8))
    assert "the memory does not help" in told(Link(20.0, 0.7, 0.8, 0.95))
    assert "spreads" not in told(Link(2.0, 0.7, 0.8, 0.4)), "few items answer it"
    known = told(Link(2.0, 0.04, 0.02, 0.03))
    assert memory_words.KNOWN in known and "the best weights" not in known and "Without the memory" not in known
    hardly = told(Link(2.6, 0.048, 0.14, 0.14))
    assert "only 1.2 times as far" in hardly and "spreads" not in hardly and "the narrow code alone" in hardly
    assert "Without the memory" not in told(Link(2.0, 0.7, 0.02, 0.4)), "where no angle opens, nothing explains it"
    without = memory_words.rows(Link(2.0, 0.4, None, None), good, 100)
    assert len(without) == 3, "a network without S2 has no angle of its"
