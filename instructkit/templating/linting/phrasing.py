"""Check the templates of one phrasing: that they are Jinja, which names they use, and what the output says."""

from jinja2 import TemplateSyntaxError, nodes

from instructkit.engine.sandbox import environment
from instructkit.errors import BadInput
from instructkit.templating.library.catalogue import OPTIONS, PARTS
from instructkit.templating.library.packs import Pack, Phrasing
from instructkit.templating.linting.findings import File, Path
from instructkit.templating.rendering.render import template


def check_phrasing(file: File, pack: Pack, number: int) -> bool:
    """Note what is wrong with the templates of one phrasing; False where it can't be rendered."""
    phrasing = pack.phrasings[number]
    known = set(pack.roles) | (OPTIONS if pack.label_role else set())
    names = {}
    for part in PARTS:
        text, place = getattr(phrasing, part), ["phrasings", number, part]
        if check_template(file, text, place):
            names[part] = template(text).names
            for name in sorted(names[part] - known):
                line = file.line_in(place, line_of_name(text, name))
                file.add(
                    "unknown_role", line, f"{phrasing.name} uses {name!r}; the pack has {', '.join(sorted(known))}"
                )
    if len(names) < len(PARTS):
        return False
    check_output(file, phrasing, ["phrasings", number, "output"], set(pack.roles))
    if phrasing.cot != ("rationale" in names["output"]):
        shown = "shows no rationale" if phrasing.cot else "shows the rationale"
        place = ["phrasings", number, "cot"] if phrasing.cot else ["phrasings", number]
        file.add("wrong_cot", place, f"{phrasing.name}: cot is {str(phrasing.cot).lower()}, but its output {shown}")
    return all(found <= known for found in names.values())


def check_template(file: File, text: str, place: Path, *, strict: bool = True) -> bool:
    """Note a template that is no Jinja, at its line."""
    try:
        template(text, strict)
    except BadInput as error:
        try:
            environment(strict).parse(text)
        except TemplateSyntaxError as syntax:
            file.add("bad_template", file.line_in(place, syntax.lineno), f"this is no Jinja: {syntax.message}")
        else:
            file.add("bad_template", place, str(error))
        return False
    return True


def line_of_name(text: str, name: str) -> int:
    """The line of a template on which a name first stands."""
    lines = [node.lineno for node in environment().parse(text).find_all(nodes.Name) if node.name == name]
    return min(lines, default=1)


def check_output(file: File, phrasing: Phrasing, place: Path, roles: set[str]) -> None:
    """Note an output that says nothing of the row, or that stands in the prompt."""
    said = template(phrasing.output).names & roles
    if not said and phrasing.output.strip():
        file.add("constant_output", place, f"{phrasing.name} answers the same for every row: its output uses no role")
    given = template(phrasing.instruction).names | template(phrasing.input).names
    for role in sorted(said & given):
        file.add("answer_given_away", place, f"{phrasing.name} shows {role}, which is in its output, in the prompt too")
