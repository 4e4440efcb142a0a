"""``instructkit templates``: ``list``, ``show`` and ``lint``."""

from typing import TYPE_CHECKING

import click

from instructkit.errors import visible

if TYPE_CHECKING:
    from instructkit.templating.packs import Binding, Pack, Phrasing
    from instructkit.templating.promptsource import PromptLibrary, PromptTemplate


@click.group("templates")
def command() -> None:
    """Look through the template library, and check template files.

    \b
    instructkit templates list
    instructkit templates show sentiment --language en
    instructkit templates lint my-templates/
    """


@command.command("list")
@click.argument("query", required=False, default="")
@click.option("--task", metavar="NAME", help="Only this task.")
@click.option("--bindings", is_flag=True, help="List the known datasets instead.")
def list_templates(query: str, task: str | None, bindings: bool) -> None:
    """List the tasks, with what a row must hold for each; with QUERY those that speak of it.

    \b
    instructkit templates list
    instructkit templates list premise
    instructkit templates list --bindings --task nli
    """
    from instructkit.reports.tables import print_table
    from instructkit.templating import catalogue
    from instructkit.templating.packs import bindings as bindings_of

    if bindings:
        found = catalogue.find_bindings(query, task)
        table = [(one.name, ", ".join(one.also), one.task, one.language, one.about) for one in found]
        print_table("", ("binding", "other names", "task", "language", "about"), table)
        click.echo(f"\n{len(found)} bindings; use one: instructkit format FILE --binding NAME")
        return
    packs = catalogue.find_packs(query, task)
    width = max(len(pack.task) for pack in packs)
    counts = [catalogue.phrasing_counts(pack) for pack in packs]
    told = max(map(len, counts))
    click.echo(f"{'task':{width}}  {'phrasings':{told}}  bindings")
    for pack, count in zip(packs, counts, strict=True):
        click.echo(f"{pack.task:{width}}  {count:{told}}  {len(bindings_of(pack.task)):8}")
        click.echo(f"    {pack.about}\n    roles: {catalogue.role_names(pack)}")
    click.echo(
        f"\n{len(packs)} tasks. A row must fill a task's roles, but for those in [brackets]; cot: the answer shows its "
        "reasoning.\nWhat the prompts look like: instructkit templates show TASK"
    )


@command.command("show")
@click.argument("name")
@click.option("--template", multiple=True, metavar="PHRASING", help="Only this one; may be given several times.")
@click.option("--language", metavar="CODE", help="Only phrasings in this language.")
def show(name: str, template: tuple[str, ...], language: str | None) -> None:
    """Show a task's roles, and its phrasings as they put an example; NAME may also be a binding or a template file.

    \b
    instructkit templates show translation --language en
    instructkit templates show glue/sst2
    instructkit templates show promptsource/templates/imdb/templates.yaml
    """
    from instructkit.templating.packs import Binding, Pack
    from instructkit.templating.showing import chosen_phrasings, chosen_prompts, look_up

    found = look_up(name)
    if isinstance(found, Binding):
        if template or language:
            raise click.UsageError(f"{name} is a binding: --template and --language are for the task {found.task}")
        _show_binding(found)
    elif isinstance(found, Pack):
        phrasings = chosen_phrasings(found, template, language)
        _show_pack(found)
        _show_phrasings(found, phrasings)
    else:
        _show_prompts(found, chosen_prompts(found, template, language))


@command.command("lint")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.pass_context
def lint(context: click.Context, paths: tuple[str, ...]) -> None:
    """Check template files: packs, bindings, PromptSource's files, FLAN's patterns, and folders of them.

    Ends with exit code 1 where there are errors; warnings are advice.

    \b
    instructkit templates lint my-templates/
    instructkit templates lint sentiment
    """
    from instructkit.templating.lint import lint as check

    report = check(paths)
    for finding in report.findings:
        click.echo(visible(str(finding)))
    click.echo(f"{report.files:,} files, {report.errors:,} errors, {report.warnings:,} warnings")
    context.exit(1 if report.errors else 0)


def _say(text: str = "") -> None:
    """Print a text that may stem from a stranger's file."""
    click.echo(visible(text))


def _show_binding(binding: "Binding") -> None:
    from instructkit.reports.tables import print_table
    from instructkit.templating.catalogue import column_text

    _say(f"{binding.name}: {binding.about or 'a known dataset'}")
    _say(f"task: {binding.task} (see its phrasings: instructkit templates show {binding.task})")
    for title, words in (("other names", binding.also), ("splits", binding.splits), ("labels from 0", binding.labels)):
        if words:
            _say(f"{title}: {', '.join(words)}")
    if binding.language:
        _say(f"language: {binding.language}")
    known_by = f"its columns {', '.join(binding.columns)}" if binding.columns else "its name alone"
    _say(f"known by: {known_by}\n")
    print_table("", ("role", "filled by"), [(role, column_text(column)) for role, column in binding.roles.items()])


def _show_pack(pack: "Pack") -> None:
    from instructkit.reports.tables import print_table
    from instructkit.templating.catalogue import label_words, phrasing_counts
    from instructkit.templating.packs import bindings, tasks

    _say(f"{pack.task}: {pack.about}\n")
    print_table("", ("role", "what it is", "usual columns"), [
        (f"[{role.name}]" if role.optional else role.name, role.about, ", ".join(role.columns))
        for role in pack.roles.values()
    ])  # fmt: skip
    _say()
    role = pack.label_role
    if role is not None and role.labels:
        for code, words in label_words(role).items():
            _say(f"labels in {code}, from 0: {words}")
    elif role is not None:
        _say("labels: any words" if role.open_labels else f"labels: those that each row has in {role.row_labels}")
    known = [binding.name for binding in bindings(pack.task)] if pack.task in tasks() else []
    if known:
        _say(f"bindings: {', '.join(known)}")
    _say(f"phrasings: {phrasing_counts(pack)}")


def _show_phrasings(pack: "Pack", phrasings: "list[Phrasing]") -> None:
    from instructkit.templating.catalogue import PARTS
    from instructkit.templating.showing import columned, put_example, source

    for phrasing in phrasings:
        said = put_example(pack, phrasing)
        note = "" if said else " (as it is written: no example fills its roles)" if pack.examples else ""
        _say(f"\n{phrasing.name}{' (cot)' if phrasing.cot else ''}{note}")
        _say(columned((part, getattr(said or source(phrasing), part)) for part in PARTS))


def _show_prompts(library: "PromptLibrary", prompts: "list[PromptTemplate]") -> None:
    from instructkit.templating.showing import columned

    _say(f"{library.dataset}: {len(library.templates)} templates of PromptSource, as they are written")
    for one in prompts:
        _say(f"\n{one.name}" + (f" ({', '.join(one.languages)})" if one.languages else ""))
        _say(columned([("columns", ", ".join(sorted(one.names))), ("choices", one.choices_source or ""),
                       ("template", one.source)]))  # fmt: skip
