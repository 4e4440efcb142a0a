"""Settings from a call's options, and what of a model lineage tells."""

from dataclasses import fields, replace
from typing import Any, TypeVar

from instructkit.errors import UsageError
from instructkit.generation.client.endpoint import DEFAULT_URL, parse_url
from instructkit.generation.client.settings import ModelSettings
from instructkit.generation.prompting import check_folder

Settings = TypeVar("Settings")


def split_options(
    own: Settings, model: ModelSettings | str | None, options: dict[str, Any]
) -> tuple[Settings, ModelSettings]:
    """Settings of a step and of its model, with a call's options put into those they belong to.

    Raises `UsageError` for an option of neither, where no model is named, and for a folder of prompts that is none.
    """
    mine = {one.name for one in fields(own)}  # type: ignore[arg-type]
    models = {one.name for one in fields(ModelSettings)}
    for name in options:
        if name not in mine | models:
            raise UsageError(f"unknown option {name!r}; there are {', '.join(sorted(mine | models))}")
    given = {name: value for name, value in options.items() if name in models}
    told = replace(model, **given) if isinstance(model, ModelSettings) else ModelSettings(model=model, **given)
    check_folder(told.prompts)
    return replace(own, **{name: value for name, value in options.items() if name in mine}), told  # type: ignore[type-var]


def model_arguments(settings: ModelSettings) -> dict[str, Any]:
    """What lineage tells of a model: its name, its address without any secret, and what was changed in its requests."""
    told: dict[str, Any] = {"model": settings.model}
    if settings.base_url is not None and parse_url(settings.base_url)[2] != DEFAULT_URL:
        told["base_url"] = parse_url(settings.base_url)[2]
    if settings.api != "chat":
        told["api"] = settings.api
    if settings.parameters:
        told["parameters"] = dict(settings.parameters)
    if settings.prompts is not None:
        told["prompts"] = settings.prompts
    return told
