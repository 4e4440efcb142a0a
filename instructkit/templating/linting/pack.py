"""Check a task pack: its keys, its names, its roles, and its languages."""

from collections import Counter
from typing import Any

from instructkit.errors import BadInput
from instructkit.templating.library.catalogue import PARTS, example_row
from instructkit.templating.library.packs import Pack, read_pack
from instructkit.templating.linting.findings import File, Path
from instructkit.templating.linting.keys import EXAMPLE, PACK, PHRASING, ROLE, fit_each, fits, words_fit
from instructkit.templating.linting.phrasing import check_phrasing
from instructkit.templating.linting.rendering import check_examples, check_prompts
from instructkit.templating.pack_templates import shows_options
from instructkit.templating.rendering.render import template

FEWEST = 10  # phrasings of a language; fewer teach a model the words of the prompt and not the task


def lint_pack(file: File) -> None:
    """Note all that is wrong with a pack."""
    pack = readable_pack(file)
    if pack is None:
        return
    sound = [number for number in range(len(pack.phrasings)) if check_phrasing(file, pack, number)]
    check_names(file, [phrasing.name for phrasing in pack.phrasings], ["phrasings"], "phrasing")
    if _choices_are_there(file, pack):
        check_prompts(file, pack, sound, [["phrasings", number] for number in range(len(pack.phrasings))])
        check_examples(file, pack, sound)
    if len(sound) == len(pack.phrasings):
        _check_roles(file, pack)
    _check_languages(file, pack)
    _check_coverage(file, pack, sound)


def readable_pack(file: File) -> Pack | None:
    """The pack in a file, if its keys and types are those of one; notes what is not."""
    content: Any = file.content
    if not fits(file, content, [], PACK):
        return None
    good = fit_each(file, content["roles"], ["roles"], ROLE)
    good = fit_each(file, content["phrasings"], ["phrasings"], PHRASING) and good
    good = fit_each(file, content.get("examples", []), ["examples"], EXAMPLE) and good
    if not good or not all([words_fit(file, entry, ["roles", name]) for name, entry in content["roles"].items()]):
        return None
    try:
        return read_pack(content, file.path)
    except BadInput as error:
        file.add("unreadable", 1, str(error))
        return None


def check_names(file: File, names: list[str], place: Path, what: str) -> None:
    """Note names that stand twice in a list of entries, at the later one."""
    first: dict[str, int] = {}
    for number, name in enumerate(names):
        if name in first:
            line = file.line(*place, first[name])
            file.add("duplicate_name", [*place, number, "name"], f"the {what} {name} is on line {line} already")
        first.setdefault(name, number)


def _choices_are_there(file: File, pack: Pack) -> bool:
    """Whether the role whose list holds a row's choices is one."""
    role = pack.label_role
    if role is None or not role.row_labels:
        return True
    listed = pack.roles.get(role.row_labels)
    if listed is None or not listed.is_list:
        said = f"{role.name} takes its choices from {role.row_labels!r}, which is no role with list: true"
        file.add("unknown_role", ["roles", role.name, "labels"], said)
        return False
    return True


def _check_roles(file: File, pack: Pack) -> None:
    used = {name for one in pack.phrasings for part in PARTS for name in template(getattr(one, part)).names}
    role = pack.label_role
    used |= {role.row_labels} if role else set()
    for name in pack.roles:
        if name not in used:
            file.add("unused_role", ["roles", name], f"no phrasing uses the role {name}")
    for language in pack.languages if role else ():
        if not any(shows_options(one) for one in pack.phrasings if one.language == language):
            file.add("unused_choices", ["roles", role.name if role else ""],
                     f"no phrasing in {language} shows the choices (options or option_lines)")  # fmt: skip


def _check_coverage(file: File, pack: Pack, sound: list[int]) -> None:
    """Note languages without examples, and phrasings that no example can be put by."""
    for language in pack.languages:
        if language not in {example["language"] for example in pack.examples}:
            file.add("missing_example", ["examples"], f"there is no example in {language}")
            continue
        own = [pack.phrasings[number] for number in sound if pack.phrasings[number].language == language]
        bare = [one.name for one in own if example_row(pack, one) is None]
        if bare:
            told = ", ".join(bare[:3]) + (f" and {len(bare) - 3} more" if len(bare) > 3 else "")
            file.add("missing_example", ["examples"], f"no example in {language} fills the roles of {told}")


def _check_languages(file: File, pack: Pack) -> None:
    counts = Counter(phrasing.language for phrasing in pack.phrasings)
    for language, count in counts.items():
        if count < FEWEST:
            file.add("few_phrasings", ["phrasings"], f"few phrasings in {language}: {count}, not {FEWEST} or more")
    if len(counts) == 1:
        file.add("unbalanced_languages", ["phrasings"], f"all phrasings are in {next(iter(counts))}")
    elif counts and 3 * (max(counts.values()) - min(counts.values())) > max(counts.values()):
        told = ", ".join(f"{count} in {language}" for language, count in counts.items())
        file.add("unbalanced_languages", ["phrasings"], f"the languages have unequal numbers of phrasings: {told}")
    if not counts:
        file.add("renders_nothing", ["phrasings"], "the pack has no phrasing")
