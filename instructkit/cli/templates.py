"""``instructkit templates``: ``list``, ``show`` and ``lint``."""

import click

from instructkit.errors import visible


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
    from instructkit.templating.library import catalogue
    from instructkit.templating.library.packs import bindings as bindings_of

    if bindings:
        found = catalogue.find_bindings(query, task)
        table = [(one.name, ", ".join(one.also), one.task, one.language, one.about) for one in found]
        print_table("", ("binding", "other names", "task", "language", "about"), table)
        click.echo(f"\n{_counted(len(found), 'binding')}; use one: instructkit format FILE --binding NAME")
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
        f"\n{_counted(len(packs), 'task')}. A row must fill a task's roles, but for those in [brackets]; cot: the "
        "answer shows its reasoning.\nWhat the prompts look like: instructkit templates show TASK"
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
    from instructkit.cli.templates_show import show_binding, show_pack, show_phrasings, show_prompts
    from instructkit.templating.library.packs import Binding, Pack
    from instructkit.templating.library.showing import chosen_phrasings, chosen_prompts, look_up

    found = look_up(name)
    if isinstance(found, Binding):
        if template or language:
            raise click.UsageError(f"{name} is a binding: --template and --language are for the task {found.task}")
        show_binding(found)
    elif isinstance(found, Pack):
        phrasings = chosen_phrasings(found, template, language)
        show_pack(found)
        show_phrasings(found, phrasings)
    else:
        show_prompts(found, chosen_prompts(found, template, language))


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
    from instructkit.templating.linting.lint import lint as check

    report = check(paths)
    for finding in report.findings:
        click.echo(visible(str(finding)))
    counts = {"file": report.files, "error": report.errors, "warning": report.warnings}
    click.echo(", ".join(_counted(count, what) for what, count in counts.items()))
    context.exit(1 if report.errors else 0)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
