"""``instructkit fetch-model``."""

import click


@click.command("fetch-model")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def command(quiet: bool) -> None:
    """Fetch the weights of the embedded model, once, for --model local.

    \b
    instructkit fetch-model
    """
    import importlib.util

    from instructkit.cli.common import say_notes
    from instructkit.generation.client.weights import BYTES, LICENSE, fetch_model

    say_notes(quiet)
    path = fetch_model()
    if quiet:
        return
    extra = "" if importlib.util.find_spec("xllamacpp") else ", after pip install instructkit[local]"
    click.echo(
        f"fetch-model: {path} ({BYTES / 1e6:.1f} MB, license {LICENSE}, SHA-256 checked); use it with --model local"
        f"{extra}",
        err=True,
    )
