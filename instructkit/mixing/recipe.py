"""A mixture's recipe: a YAML file that says what the options would, and what each group is to give."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from instructkit.errors import BadInput, UsageError
from instructkit.mixing.settings import Constraint, GroupRule
from instructkit.records.yaml_files import load_yaml

_NUMBERS = (int, float)
_KINDS: dict[str, tuple[type, ...]] = {
    "by": (str, list), "cap": (int,), "temperature": _NUMBERS, "weights": (dict,), "groups": (dict,),
    "quality": (str,), "shares": (dict,), "size": (int,), "max_epochs": (int,), "on_shortage": (str,),
    "select": (str,), "order": (str,), "curriculum": (str,), "stages": (int,), "pretraining_share": _NUMBERS,
    "pretraining_as": (str,), "count_by": (str,), "seed": (int,),
}  # fmt: skip
_RULE: dict[str, tuple[type, ...]] = {"weight": _NUMBERS, "share": _NUMBERS, "rows": (int,), "cap": (int,),
                                      "max_epochs": (int,)}  # fmt: skip


def read_recipe(path: str) -> dict[str, Any]:
    """The settings a recipe gives, as keyword arguments of `MixSettings`.

    Its keys are the options' names with an underscore or a hyphen; ``groups`` holds for each group a weight, or a
    mapping of ``weight``, ``share``, ``rows``, ``cap`` and ``max_epochs``; ``shares`` maps "COLUMN=VALUE" to a share.

    Raises `BadInput` for a file that can't be read, a key that is none, and a value of the wrong kind.
    """
    content = load_yaml(Path(path))
    if not isinstance(content, dict):
        raise BadInput(f"{path}: a recipe is a mapping of settings, such as groups: {{nli: {{share: 0.2}}}}")
    given = {str(key).replace("-", "_"): value for key, value in content.items()}
    _check(path, given, _KINDS, "a recipe")
    weights = {str(group): weight for group, weight in given.pop("weights", {}).items()}
    rules: dict[str, GroupRule] = {}
    for group, said in given.pop("groups", {}).items():
        rule = said if isinstance(said, dict) else {"weight": said}
        rule = {str(key).replace("-", "_"): value for key, value in rule.items()}
        _check(path, rule, _RULE, f"the group {group}")
        if "weight" in rule:
            weights[str(group)] = rule.pop("weight")
        if rule:
            try:
                rules[str(group)] = GroupRule(**rule)
            except UsageError as error:
                raise BadInput(f"{path}: {group}: {error}") from error
    for group, weight in weights.items():
        if not _is(weight, _NUMBERS):
            raise BadInput(f"{path}: the weight of {group} is a number, not {weight!r}")
    if weights:
        given["weights"] = weights
    if rules:
        given["groups"] = rules
    if "shares" in given:
        given["shares"] = tuple(_constraint(path, str(key), share) for key, share in given["shares"].items())
    return given


def _constraint(path: str, key: str, share: Any) -> Constraint:
    column, equals, value = key.partition("=")
    if not equals or not column or not _is(share, _NUMBERS):
        raise BadInput(f"{path}: shares maps COLUMN=VALUE to a number, not {key!r} to {share!r}")
    try:
        return Constraint(column, value, float(share))
    except UsageError as error:
        raise BadInput(f"{path}: {error}") from error


def _check(path: str, given: Mapping[str, Any], kinds: Mapping[str, tuple[type, ...]], what: str) -> None:
    for key, value in given.items():
        if key not in kinds:
            raise BadInput(f"{path}: {what} has no {key!r}; it may have {', '.join(kinds)}")
        if not _is(value, kinds[key]):
            wanted = "a number" if kinds[key] == _NUMBERS else " or ".join(_WORDS[kind] for kind in kinds[key])
            raise BadInput(f"{path}: {key} of {what} is {wanted}, not {value!r}")
    if "by" in given and isinstance(given["by"], list) and not all(isinstance(one, str) for one in given["by"]):
        raise BadInput(f"{path}: by names columns, not {given['by']!r}")


def _is(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


_WORDS: dict[type, str] = {str: "a text", list: "a list", int: "a whole number", dict: "a mapping"}
