"""A model made ready to be asked."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from instructkit.generation.client.model import Model
from instructkit.generation.client.settings import ModelSettings, is_local
from instructkit.generation.client.spent import Spent

LOCAL_AT_ONCE = 2  # requests to the embedded model: one is worked on and one waits


@contextlib.contextmanager
def open_model(settings: ModelSettings, spent: Spent | None = None) -> Iterator[Model]:
    """A model ready to be asked: the journal open, and where it is the embedded one, its server running."""
    from instructkit.generation.client.endpoint import Endpoint
    from instructkit.generation.client.journal import Journal

    named = settings.model
    assert named is not None  # noqa: S101 - the settings have checked it
    spent = Spent() if spent is None else spent
    if settings.dry_run:
        from instructkit.generation.client.dry import DryModel

        with DryModel(settings, spent) as dry:
            yield dry
        return
    with contextlib.ExitStack() as stack:
        if is_local(named):
            from instructkit.generation.client.local import find_local, serve

            found = find_local(named)
            name, at = found.name, "local"
            # the time that a longer queue takes would count as the answer's
            settings = replace(settings, concurrency=min(settings.concurrency, LOCAL_AT_ONCE))
            url = stack.enter_context(serve(found))
            endpoint = Endpoint(url, name, timeout_seconds=settings.timeout_seconds, own=True)
        else:
            endpoint = Endpoint(settings.base_url, named, timeout_seconds=settings.timeout_seconds)
            name, at = named, endpoint.name
        journal = stack.enter_context(Journal(settings.journal))
        yield stack.enter_context(Model(endpoint, journal, settings, spent, name=name, at=at))
