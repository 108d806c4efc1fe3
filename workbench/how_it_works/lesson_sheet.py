"""The lesson sheet for teachers, docs/lesson.md, made from the tour's cards. Knows no Streamlit.

python -m workbench.how_it_works.lesson_sheet > docs/lesson.md
"""

from collections.abc import Sequence

from workbench.how_it_works import words
from workbench.how_it_works.words import CARDS, Card
from workbench.shared import glossary

SHORT = (1, 2, 3, 4, 5, 7, 9)
"""Steps of the lesson of 45 minutes."""
MINUTES = {
    45: (6, "5 minutes at the end for the question “when does it fail?”"),
    90: (8, "18 minutes at the end to draw"),
}
"""Length of a lesson -> minutes for a step, and what the rest is for."""


def sheet() -> str:
    """The whole sheet, in Markdown."""
    return "\n".join(
        [
            f"# {words.LESSON}\n",
            *(f"{line}\n" for line in words.LESSON_ABOUT),
            *_plan(45, SHORT),
            *_plan(90, range(1, len(CARDS) + 1)),
            *(line for number, card in enumerate(CARDS, 1) for line in _step(number, card)),
            f"## {words.LESSON_LAST}\n",
            *(f"- {line}" for line in words.LESSON_TASKS),
            "",
        ]
    )


def _plan(minutes: int, steps: Sequence[int]) -> list[str]:
    each, rest = MINUTES[minutes]
    title = words.LESSON_PLAN.format(minutes=minutes)
    listed = ", ".join(str(number) for number in steps)
    return [f"## {title}\n", words.LESSON_STEPS.format(steps=listed, each=each, rest=rest) + "\n"]


def _step(number: int, card: Card) -> list[str]:
    options = " · ".join(f"{index} {option}" for index, option in enumerate(card.options.values(), 1))
    story = [f"- **{words.LESSON_PAPER}** {card.story[0].upper()}{card.story[1:]}"] if card.story else []
    return [
        f"## {number} · {card.title}\n",
        f"{glossary.plain(card.text)}\n",
        f"- **{words.LESSON_PRESS}** {words.LESSON_LINK.format(step=number)}",
        f"- **{words.LESSON_ASK}** {card.question}",
        f"- **{words.LESSON_OPTIONS}** {options}",
        f"- **{words.LESSON_SEEN}** {card.look}",
        *story,
        f"- **{words.LESSON_NOTES}** . . . . . . . . . . . . . . . . . . . .\n",
    ]


if __name__ == "__main__":
    print(sheet(), end="")
