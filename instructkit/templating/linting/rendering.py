"""Check what the phrasings of a pack make of rows: of one whose texts stand nowhere else, and of the examples'."""

from collections.abc import Sequence

from instructkit.errors import BadInput, UsageError
from instructkit.templating.library.catalogue import PARTS, Row, Said, put
from instructkit.templating.library.packs import Pack
from instructkit.templating.linting.findings import File, Path, short


def unique_row(pack: Pack) -> tuple[Row, tuple[str, ...]]:
    """A row in which every role is filled by a text that stands nowhere else, and the labels of an open set."""
    row: Row = {name: ["<<one>>", "<<two>>"] if role.is_list else f"<<{name}>>" for name, role in pack.roles.items()}
    role = pack.label_role
    if role is None:
        return row, ()
    if role.open_labels:
        return row, (f"<<{role.name}>>", "<<another>>")
    row[role.name] = "<<two>>" if role.row_labels else next(iter(role.labels[0].words.values()))
    return row, ()


def check_prompts(file: File, pack: Pack, sound: Sequence[int], places: Sequence[Path]) -> None:
    """Note phrasings that fail on a row, say nothing, or say what another says.

    ``sound`` are the numbers of those that can be rendered, ``places`` the paths of all in the file.
    """
    row, labels = unique_row(pack)
    first: dict[tuple[str, str], int] = {}
    for number in sound:
        phrasing = pack.phrasings[number]
        try:
            said = put(pack, phrasing, row, labels)
        except BadInput as error:
            file.add("bad_template", places[number], f"{phrasing.name} can't be put to a row: {error}")
            continue
        for part in ("instruction", "output"):
            if not getattr(said, part).strip():
                file.add("renders_nothing", [*places[number], part], f"{phrasing.name} has an empty {part}")
        # a row meets only phrasings of its language; patterns only those of its dataset, named before their number
        group = phrasing.name.rpartition("-")[0] if pack.any_language else phrasing.language
        prompt = group, " ".join(f"{said.instruction} {said.input}".split())
        if prompt in first:
            other, line = pack.phrasings[first[prompt]].name, file.line(*places[first[prompt]])
            file.add("equal_phrasings", places[number],
                     f"{phrasing.name} makes the same prompt as {other} on line {line}")  # fmt: skip
        first.setdefault(prompt, number)


def check_examples(file: File, pack: Pack, sound: Sequence[int]) -> None:
    """Note examples that are not what their phrasing makes of their row."""
    numbers = {phrasing.name: number for number, phrasing in enumerate(pack.phrasings)}
    for place, example in enumerate(pack.examples):
        name, here = example["phrasing"], ["examples", place]
        if name not in numbers:
            file.add("wrong_example", [*here, "phrasing"], f"there is no phrasing {short(name)}")
            continue
        phrasing = pack.phrasings[numbers[name]]
        if example["language"] != phrasing.language:
            file.add("wrong_example", [*here, "language"], f"{name} is in {phrasing.language}")
        for role in set(example["row"]) - set(pack.roles):
            file.add("unknown_role", [*here, "row", role], f"the row has {short(role)}, which is no role")
        if numbers[name] not in sound:
            continue  # why is said at the phrasing
        try:
            said = put(pack, phrasing, example["row"])
        except (BadInput, UsageError) as error:
            file.add("wrong_example", [*here, "row"], f"{name} can't be put to the row: {error}")
            continue
        _compare(file, place, said)


def _compare(file: File, place: int, said: Said) -> None:
    example = file.content["examples"][place]
    for part in PARTS:
        written, found = example.get(part, ""), getattr(said, part)
        if written == found:
            continue
        start = max(_same(written, found) - 20, 0)
        given, told = (short(("…" if start else "") + text[start:]) for text in (found, written))
        file.add("wrong_example", ["examples", place, part if part in example else "phrasing"],
                 f"{example['phrasing']} gives the {part} {given}, not {told}")  # fmt: skip


def _same(one: str, other: str) -> int:
    """How many characters two texts have in common from the start."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
