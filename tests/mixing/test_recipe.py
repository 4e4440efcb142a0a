"""Recipes: mixtures written down."""

from pathlib import Path

import pytest

from instructkit.errors import BadInput
from instructkit.mixing.recipe import read_recipe
from instructkit.mixing.settings import Constraint, GroupRule, MixSettings

RECIPE = """
by: [source, task]
temperature: 2
max-epochs: 3
size: 1000
shares: {language=zh: 0.3}
groups:
  nli: 2
  sentiment: {share: 0.25, cap: 500}
  topic: {cap: 40, weight: 1.5}
"""


def test_a_recipe_gives_settings(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE)
    assert MixSettings(**read_recipe(str(tmp_path / "r.yaml"))) == MixSettings(
        by=("source", "task"),
        temperature=2,
        max_epochs=3,
        size=1000,
        shares=(Constraint("language", "zh", 0.3),),
        weights={"nli": 2, "topic": 1.5},
        groups={"sentiment": GroupRule(share=0.25, cap=500), "topic": GroupRule(cap=40)},
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("- a", "a recipe is a mapping"),
        ("tempreature: 2", "a recipe has no 'tempreature'; it may have by, cap"),
        ("size: many", "size of a recipe is a whole number, not 'many'"),
        ("size: true", "size of a recipe is a whole number"),
        ("groups: {a: {shares: 1}}", "the group a has no 'shares'"),
        ("groups: {a: {share: 1.5}}", "a: a group's share is above 0"),
        ("groups: {a: {share: 0.5, rows: 3}}", "not both"),
        ("groups: {a: [1]}", "weight of the group a is a number"),
        ("weights: {a: [1]}", "the weight of a is a number"),
        ("groups: {a: {rows: 1.5}}", "rows of the group a is a whole number"),
        ("shares: {language: 0.3}", "shares maps COLUMN=VALUE"),
        ("shares: {language=zh: 3}", "the share is between 0 and 1"),
        ("by: [1]", "by names columns"),
        ("a: !!python/object/apply:os.system [ls]", "can't be read as YAML"),
        ("a: [", "can't be read as YAML"),
    ],
)
def test_what_is_wrong_with_a_recipe_is_one_sentence(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "r.yaml").write_text(content)
    with pytest.raises(BadInput, match=why) as told:
        read_recipe(str(tmp_path / "r.yaml"))
    assert "r.yaml" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_recipe_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nothing\.yaml"):
        read_recipe(str(tmp_path / "nothing.yaml"))
