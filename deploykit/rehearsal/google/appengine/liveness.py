"""Liveness checks: an instance that runs but no longer answers is ended, and another one takes its place."""

import asyncio
import logging
import time
from dataclasses import dataclass, field

import httpx
from starlette.concurrency import run_in_threadpool

from deploykit.rehearsal.google import instances, serving
from deploykit.rehearsal.google.appengine.resources import VERSION, seconds, serving_name
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.front import Front
from deploykit.rehearsal.google.instances import Instance

log = logging.getLogger("rehearsal")
ROUND_SECONDS = 1
INTERVAL_SECONDS, TIMEOUT_SECONDS, FAILURES, DELAY_SECONDS = 30.0, 4.0, 4, 300.0
"""App Engine's defaults for what app.yaml does not say."""


@dataclass
class _Record:
    """What is known of an instance: when it is to be asked again, and how often in a row it failed."""

    due: float
    failures: int = 0


@dataclass
class Liveness:
    """Asks the instances of all versions whose ``app.yaml`` names a path to ask."""

    context: Context
    records: dict[str, _Record] = field(default_factory=dict)

    async def watch(self) -> None:
        """Ask for ever; runs in the server's event loop."""
        async with httpx.AsyncClient(trust_env=False) as web:
            while True:
                await asyncio.sleep(ROUND_SECONDS)
                try:
                    await self._ask_all(web)
                except Exception:
                    log.exception("The liveness checks failed")

    async def _ask_all(self, web: httpx.AsyncClient) -> None:
        asked, running = [], set()
        for name, version in self.context.store.list(VERSION).items():
            check, front = version.get("livenessCheck", {}), serving.application(serving_name(*name.split("/")))
            if not check.get("path") or not front:
                continue
            for instance in [found for pool in front.pools.values() for found in pool.instances]:
                running.add(instance.id)
                asked.append(self._ask(web, check, front, instance))
        await asyncio.gather(*asked)
        self.records = {name: record for name, record in self.records.items() if name in running}

    async def _ask(self, web: httpx.AsyncClient, check: dict, front: Front, instance: Instance) -> None:
        now = time.monotonic()
        record = self.records.setdefault(instance.id, _Record(now + seconds(check.get("initialDelay"), DELAY_SECONDS)))
        if now < record.due:
            return
        record.due = now + seconds(check.get("checkInterval"), INTERVAL_SECONDS)
        record.failures = 0 if await _answers(web, check, instance) else record.failures + 1
        if record.failures >= check.get("failureThreshold", FAILURES):
            text = f"Liveness check {check['path']} failed {record.failures} times; the instance is replaced."
            front.log.write("", severity="ERROR", instance=instance.name, text=text, system=True)
            await run_in_threadpool(instances.stop, instance.id)


async def _answers(web: httpx.AsyncClient, check: dict, instance: Instance) -> bool:
    url = f"http://{instance.host}:{instance.port}{check['path']}"
    try:
        answer = await web.get(url, timeout=seconds(check.get("timeout"), TIMEOUT_SECONDS))
    except httpx.HTTPError:
        return False
    return answer.status_code == 200
