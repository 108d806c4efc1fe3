"""What several visitors ask of the network at the same time is answered by one forward pass.

Knows no Streamlit. While one pass runs, those who come wait; the next one of them answers as many of the others as go
into a batch. Who comes alone waits for nobody. docs/load.md says what it is worth.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(eq=False)
class _Asked(Generic[Q, A]):
    group: Hashable
    question: Q
    answer: A | None = None
    is_answered: bool = False


class Together(Generic[Q, A]):
    """Collects questions of several threads.

    Args:
        most: questions that are answered at once.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._turn, self._lock = threading.Lock(), threading.Lock()
        self._waiting: list[_Asked[Q, A]] = []

    def ask(self, group: Hashable, question: Q, answer: Callable[[Sequence[Q]], Sequence[A]]) -> A:
        """The answer to a question.

        Args:
            group: only questions of equal groups are answered together, by the `answer` of any one of them.
            answer: an answer for each question, in order. What it raises meets only the thread that called it; the
                others then ask themselves.
        """
        mine: _Asked[Q, A] = _Asked(group, question)
        with self._lock:
            self._waiting.append(mine)
        try:
            with self._turn:
                if not mine.is_answered:
                    self._answer(mine, answer)
        finally:
            with self._lock:
                if mine in self._waiting:
                    self._waiting.remove(mine)
        return cast(A, mine.answer)

    def _answer(self, mine: _Asked[Q, A], answer: Callable[[Sequence[Q]], Sequence[A]]) -> None:
        with self._lock:
            others = [one for one in self._waiting if one.group == mine.group and one is not mine]
            batch = [mine, *others[: self._most - 1]]
        try:
            found = answer([one.question for one in batch])
        except Exception:  # nobody suffers from another one's picture
            if len(batch) == 1:
                raise
            batch = [mine]
            found = answer([mine.question])
        for one, its in zip(batch, found, strict=True):
            one.answer, one.is_answered = its, True
        with self._lock:
            self._waiting = [one for one in self._waiting if not one.is_answered]
