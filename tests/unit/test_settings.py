"""Each setting is declared once, and no two pages use one name for two things."""

import importlib
import pkgutil
from types import ModuleType

import pytest

import workbench
from workbench.shared import settings
from workbench.shared.settings import Setting, one_of, whole_number, yes_or_no


def modules() -> list[ModuleType]:
    names = [info.name for info in pkgutil.walk_packages(workbench.__path__, "workbench.")]
    return [importlib.import_module(name) for name in names]


def test_no_two_settings_of_the_pages_have_one_name() -> None:
    """A name that is taken fails at import; what is left is that each page declares under its own name. What the
    sidebar sets on a page is declared where both can import it."""
    for module in modules():
        for name, setting in vars(module).items():
            if isinstance(setting, Setting):
                assert settings.declared()[setting.name] is setting, f"{module.__name__}.{name}"
                own = module.__name__.split(".")[1]
                assert own == "shared" or setting.page in ("shared", own), f"{module.__name__}.{name}"
    assert {"model", "opacity"} <= set(settings.declared())


def test_a_taken_name_is_refused_and_says_by_whom() -> None:
    with pytest.raises(ValueError, match="“opacity”, on the pages shared and test"):
        Setting("test", "opacity", 1, int)


def test_one_module_cannot_declare_a_name_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_declared", {})
    Setting("test", "twice", 1, int)
    with pytest.raises(ValueError, match="“twice”"):
        Setting("test", "twice", 1, int)


def test_a_module_that_is_loaded_again_declares_its_settings_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "_declared", {})
    source = "from workbench.shared.settings import Setting\nONE = Setting('test', 'one', 1, int)"
    for _ in range(2):
        exec(source, {"__name__": "workbench.somewhere.settings"})
    with pytest.raises(ValueError, match="“one”"):
        exec(source, {"__name__": "workbench.elsewhere.settings"})


@pytest.mark.parametrize("name", ["sample", "set", "image", "embed_options", "two words", ""])
def test_a_reserved_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        Setting("test", name, "", str)


def test_the_readers_refuse_what_is_impossible() -> None:
    assert one_of(("a", "b"))("a") == "a" and whole_number(1, 3)("3") == 3 and yes_or_no("no") is False
    for read, wrong in ((one_of(("a",)), "b"), (whole_number(1, 3), "4"), (whole_number(1, 3), "x"), (yes_or_no, "1")):
        with pytest.raises((ValueError, KeyError)):
            read(wrong)
