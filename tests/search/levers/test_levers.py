"""All levers there are: each with what it must say, on every kind of run, and those that other packages bring."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from thirdwatt.cli import VERBS
from thirdwatt.cli.data import VERBS as DATA_VERBS
from thirdwatt.ledger import scenario_of
from thirdwatt.quantity import unit
from thirdwatt.scenario import InputError
from thirdwatt.scenario.schema import paths
from thirdwatt.search.levers import FILES, levers
from thirdwatt.search.levers.lever import GROUPS, UNKNOWN, Evidence, Lever, Today, Way
from thirdwatt.search.plan.bench import Bench
from thirdwatt.search.plan.goals import Counted
from thirdwatt.search.plan.offered import offered
from thirdwatt.search.today import start

ROOT = Path(__file__).parents[3]
QUICK = ("startup-lora-8xh100", "gpt-4o", "resnet-50", "dit-xl-2", "bert-large")
RUNS = ("pretrain-7b-256xa100", "gpt-3-175b", "llama-3.1-405b", "deepseek-v3", "bloom-176b", "palm-540b")
NAMES = [each.id for each in levers()]


def begun(preset: str) -> tuple[Bench, Today]:
    found = start(scenario_of(preset), samples=1, seed=0)
    today = Today(found.ledger, found.stated)
    on, _ = offered(today, allow=NAMES)
    return Bench(found, on, Counted(found.ledger.boundary)), today


def test_there_are_thirty_and_a_file_each() -> None:
    assert len(levers()) >= 30
    folder = Path(sys.modules["thirdwatt.search.levers"].__file__ or "").parent
    beside = {"__init__", "lever", "shapes"}
    assert {path.stem for path in folder.glob("*.py")} - beside == set(FILES)
    assert [each.id for each in levers()] == [name.replace("_", "-") for name in FILES]
    assert {each.group for each in levers()} == set(GROUPS)


@pytest.mark.parametrize("lever", levers(), ids=NAMES)
def test_each_says_what_it_must(lever: Lever) -> None:
    assert lever.changes
    assert lever.doubt
    assert all(each.said and each.source for each in lever.evidence)
    assert lever.excludes | lever.needs <= set(NAMES) - {lever.id}
    assert not lever.excludes & lever.needs


@pytest.mark.parametrize("preset", [*QUICK, *(pytest.param(each, marks=pytest.mark.slow) for each in RUNS)])
def test_every_way_on_every_run_is_a_scenario_or_says_why_not(preset: str) -> None:
    bench, today = begun(preset)
    fields = set(paths()) | {"layout"}
    for column, each in enumerate(bench.levers):
        ids = [way.id for way in each.ways]
        assert len(set(ids)) == len(ids), each.lever.id
        for number, way in enumerate(each.ways):
            assert way.words == way.words.strip()
            assert way.sets or way.scales
            for path in way.sets:
                assert path in fields or (path.startswith("known.") and unit(path.removeprefix("known.")) is not None)
            combination = tuple(number + 1 if at == column else 0 for at in range(len(bench.levers)))
            document = bench.document(combination)
            if isinstance(document, str):
                assert document, each.lever.id
            else:
                scenario_of(document)
    refusing = [each.ways(today) for each in levers()]
    for said in refusing:
        if isinstance(said, str):
            assert len(said) > 20
            assert not said.endswith(".")


def test_commands_that_reasons_name_exist() -> None:
    named: set[tuple[str, str]] = set()
    for preset in QUICK:
        _, today = begun(preset)
        for said in (each.ways(today) for each in levers()):
            if isinstance(said, str):
                named |= set(re.findall(r"thirdwatt (\w+)(?: (\w+))?", said))
    assert {verb for verb, _ in named} <= set(VERBS)
    assert {part for verb, part in named if verb == "data"} <= set(DATA_VERBS)
    assert ("data", "scan") in named


def test_what_is_unknown_is_off_and_can_be_allowed() -> None:
    bench, today = begun("llama-3.1-405b")
    on, off = offered(today)
    assert not [each for each in on if each.lever.quality == UNKNOWN]
    assert {each.lever.id for each in off} >= {"experts", "early-stopping"}
    assert {"experts", "early-stopping"} <= {each.lever.id for each in bench.levers}
    group, _ = offered(today, allow=["model"], forbid=["machine", "clock"])
    assert "experts" in {each.lever.id for each in group}
    assert not {each.lever.group for each in group} & {"machine"}


def test_a_wrong_name_is_refused_with_the_nearest() -> None:
    _, today = begun("gpt-4o")
    with pytest.raises(InputError, match="experts"):
        offered(today, allow=["expert"], forbid=["mashine"])


# --- levers of others ---------------------------------------------------------------------------------------------

SHOWN = re.search(r"<!-- lever -->\n```python\n(.*?)```", (ROOT / "docs" / "plan.md").read_text(), re.DOTALL)
assert SHOWN is not None
BROUGHT = SHOWN[1]
"""The lever that the documentation shows."""


def test_the_lever_that_is_shown_is_short() -> None:
    assert BROUGHT.count("\n") <= 32


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    levers.cache_clear()
    yield tmp_path
    levers.cache_clear()


def bring(folder: Path, name: str, code: str, attribute: str = "LEVER") -> None:
    (folder / f"{name}.py").write_text(code)
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[thirdwatt.levers]\n{name} = {name}:{attribute}\n")


def test_other_packages_bring_levers(packages: Path) -> None:
    bring(packages, "river_one", BROUGHT)
    assert levers()[-1].id == "river"
    assert len(levers()) == len(FILES) + 1
    bench, _ = begun("gpt-4o")
    column = [each.lever.id for each in bench.levers].index("river")
    document = bench.document(tuple(int(at == column) for at in range(len(bench.levers))))
    assert not isinstance(document, str)
    assert document["site"]["pue"] == 1.06


def test_what_is_no_lever_is_named(packages: Path) -> None:
    bring(packages, "river_two", "LEVER = 3")
    with pytest.raises(TypeError, match="river_two"):
        levers()


def test_two_of_one_name_are_refused(packages: Path) -> None:
    bring(packages, "river_three", BROUGHT.replace('"river"', '"clock"'))
    with pytest.raises(ValueError, match="clock"):
        levers()


def test_a_lever_that_says_nonsense_is_refused_with_all_of_it() -> None:
    with pytest.raises(ValueError, match=r"group 'x'.*risk 'y'.*quality 'z'.*no evidence.*effort_d"):
        Lever("a", "b", "x", "c", (0, 1, 2), "y", "d", "z", (), lambda _: [Way("e")])
    with pytest.raises(ValueError, match="strength"):
        Lever("a", "b", "run", "c", (1, 1, 2), "low", "d", "same", (Evidence("f", "g", "rumour"),), lambda _: "no")


def test_what_is_for_want_of_knowledge_says_so_by_its_kind() -> None:
    folder = Path(sys.modules["thirdwatt.search.levers"].__file__ or "").parent
    plain = [
        file.name
        for file in sorted(folder.glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant | ast.JoinedStr)
        if re.search("(not|nor) (known|stated)", ast.unparse(node.value))
    ]
    assert plain == ["early_stopping.py"]  # it hands on why no law says anything, which nothing to state would mend
