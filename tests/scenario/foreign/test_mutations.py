"""No file, however broken, ends in anything but a draft or a list of mistakes."""

from __future__ import annotations

import copy
import json
import tomllib
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.scenario.foreign.test_huggingface import PUBLISHED
from tests.scenario.foreign.test_launchers import SAID
from thirdwatt.ledger.book import book
from thirdwatt.scenario import InputError
from thirdwatt.scenario.foreign import understand
from thirdwatt.scenario.foreign.write import merged, scenario
from thirdwatt.scenario.parse import parse

ODD = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 10**12), st.floats(), st.text(max_size=6),
    st.sampled_from(["auto", "None"]),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip
DOCUMENTS = [config for config, _ in PUBLISHED.values()] + [document for _, document, _ in SAID.values() if document]


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(DOCUMENTS), st.data())
def test_mutated_documents(document: dict[str, Any], data: st.DataObject) -> None:
    broken = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 4))):
        places = [broken, *(value for value in broken.values() if isinstance(value, dict))]
        here = places[data.draw(st.integers(0, len(places) - 1))]
        if here:
            here[data.draw(st.sampled_from(sorted(here)))] = data.draw(ODD)
    _ends_well("", broken)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from([text for text, _, _ in SAID.values() if text]), st.data())
def test_mutated_texts(text: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(text)))
    _ends_well(text[:cut] + data.draw(st.text(max_size=12)) + text[cut + data.draw(st.integers(0, 40)) :], None)


def _ends_well(text: str, document: Any) -> None:
    try:
        drafted = scenario(merged([understand("file", text, document)]), title="x", tokens=None)
    except InputError as error:
        assert error.mistakes
        return
    try:
        parse(tomllib.loads(drafted), book().names)
    except InputError as error:
        assert all(mistake.path for mistake in error.mistakes)
    json.dumps(drafted)
