"""App Engine's flexible environment: one application with services, each with versions that share its traffic."""

import asyncio

from deploykit.rehearsal.google.appengine import front
from deploykit.rehearsal.google.appengine.liveness import Liveness
from deploykit.rehearsal.google.context import Context

_tasks: set[asyncio.Task] = set()


async def resume(context: Context) -> None:
    """Open the addresses of the services that a former server knew, and begin to ask instances whether they live."""
    await front.resume(context)
    _tasks.add(asyncio.get_running_loop().create_task(Liveness(context).watch()))
