"""Questions of several threads: those that wait are answered together, and each gets its own answer or error."""

import threading
from collections.abc import Sequence

import pytest
from waiting import until

from workbench.shared.together import Together


def asked(together: Together[int, int], questions: Sequence[int], groups: str) -> tuple[dict[int, object], list]:
    """What each question found, and what was answered at once, where all come while the first one is being answered."""
    batches: list[list[int]] = []
    found: dict[int, object] = {}
    begun, may_end = threading.Event(), threading.Event()

    def answer(given: Sequence[int]) -> list[int]:
        batches.append(list(given))
        begun.set()
        may_end.wait()
        if -1 in given:
            raise ValueError(f"{given}")
        return [10 * one for one in given]

    def ask(question: int, group: str) -> None:
        try:
            found[question] = together.ask(group, question, answer)
        except ValueError as error:
            found[question] = error

    threads = [threading.Thread(target=ask, args=one) for one in zip(questions, groups, strict=True)]
    threads[0].start()
    begun.wait()
    for thread in threads[1:]:
        thread.start()
    until(lambda: len(together._waiting) == len(questions))
    may_end.set()
    for thread in threads:
        thread.join()
    assert together._waiting == []
    return found, batches


def test_who_waits_is_answered_together_and_gets_his_own() -> None:
    found, batches = asked(Together(8), range(6), "aaaaaa")
    assert found == {one: 10 * one for one in range(6)}
    assert batches[0] == [0] and sorted(batches[1]) == [1, 2, 3, 4, 5] and len(batches) == 2


def test_a_batch_has_a_bound_and_no_question_of_another_group() -> None:
    found, batches = asked(Together(3), range(8), "aabababa")
    assert found == {one: 10 * one for one in range(8)}
    kinds = {one: group for one, group in zip(range(8), "aabababa", strict=True)}
    assert all(len(batch) <= 3 and len({kinds[one] for one in batch}) == 1 for batch in batches)
    assert sorted(one for batch in batches for one in batch) == list(range(8))


def test_nobody_gets_the_error_of_another() -> None:
    found, _ = asked(Together(8), (0, 1, -1, 2), "aaaa")
    assert isinstance(found.pop(-1), ValueError) and found == {0: 0, 1: 10, 2: 20}


def test_who_comes_alone_is_answered_alone() -> None:
    assert Together[int, str](8).ask("a", 3, lambda given: [str(one) for one in given]) == "3"
    with pytest.raises(ZeroDivisionError):
        Together[int, float](8).ask("a", 0, lambda given: [1 / one for one in given])
