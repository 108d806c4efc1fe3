"""The glossary: few terms, and each that a card of the tour marks is explained where it is pressed."""

import pytest

from workbench.how_it_works.words import CARDS
from workbench.shared import glossary
from workbench.shared.glossary_words import TERMS


def test_there_are_few_terms_and_every_pressed_one_is_explained() -> None:
    assert len(TERMS) <= 25
    assert all("<summary>" in glossary.prose(card.text) for card in CARDS[:-1])
    assert glossary.prose("a < [[code]]").startswith('<div class="nn-prose">a &lt; <details')
    with pytest.raises(KeyError):
        glossary.prose("[[no such term]]")
