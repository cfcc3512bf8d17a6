"""The server of Google Cloud in rehearsal.

Run as ``python -m deploykit.rehearsal.google.server FOLDER``; :func:`deploykit.rehearsal.start_google` does. FOLDER
holds ``settings.json`` (:class:`deploykit.rehearsal.google.cloud.Cloud`) with the ports to listen on.
"""

import asyncio
import logging
import sys
import time
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from tornado.httpserver import HTTPServer

from deploykit.errors import KitError
from deploykit.rehearsal.google import api, appengine, errors, proxy, services, serving
from deploykit.rehearsal.google.cloud import Cloud
from deploykit.rehearsal.google.context import Context
from deploykit.rehearsal.google.listener import Listener

log = logging.getLogger("rehearsal")
MAX_BODY = 512 * 2**20
VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]


def application(context: Context) -> Starlette:
    """Return Google's APIs as an ASGI application."""

    async def answer(request: Request) -> Response:
        started = time.perf_counter()
        response = await _answer(context, request)
        milliseconds = (time.perf_counter() - started) * 1000
        log.info("%s %s %s %.0f ms", response.status_code, request.method, request.url, milliseconds)
        return response

    return Starlette(routes=[Route("/{path:path}", answer, methods=VERBS)])


async def _answer(context: Context, request: Request) -> Response:
    host = request.url.hostname or ""
    if not host.endswith(".googleapis.com") or "origin" in request.headers:  # a web page, or a request gone astray
        return JSONResponse(errors.permission_denied("This server is gcloud's alone.").body(), 403)
    raw = await _read(request)
    if raw is None:
        return JSONResponse(errors.too_large(MAX_BODY).body(), 413)
    path = request.scope["raw_path"].decode()
    name, region = api.which_api(host, path)
    call = api.Call(
        context=context, api=name, region=region, verb=request.method, path=path,
        query=api.parse_query(request.url.query), headers=dict(request.headers), raw=raw,
    )  # fmt: skip
    try:
        answer = await run_in_threadpool(api.dispatch, call)
    except errors.ApiError as error:
        return JSONResponse(error.body(), error.code)
    except KitError as error:
        return JSONResponse(errors.failed_precondition(str(error)).body(), 400)
    except Exception as error:
        log.exception("%s %s", request.method, request.url)
        # Not a 5xx: gcloud would repeat the request for half a minute.
        return JSONResponse(errors.ApiError(400, "INTERNAL", f"The rehearsal cloud failed: {error!r}").body(), 400)
    if isinstance(answer, dict):
        return JSONResponse(answer)
    if answer.file:
        return FileResponse(answer.file, headers=answer.headers, media_type=answer.content_type)
    return Response(answer.content, answer.status, dict(answer.headers), answer.content_type)


async def _read(request: Request) -> bytes | None:
    """Read a request's body, or no further than it may be long: then return None."""
    announced, parts, size = int(request.headers.get("content-length", 0)), [], 0
    if announced > MAX_BODY:
        return None
    async for part in request.stream():  # a chunked body announces no length
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


async def serve(folder: Path) -> None:
    """Serve the APIs, the proxy in front of them and the deployed services until this process is ended."""
    cloud = Cloud.read(folder)
    loop = asyncio.get_running_loop()
    context = Context(folder, cloud.project, cloud.number, token=cloud.token, loop=loop)
    context.operations.end_interrupted()
    services.load()
    await run_in_threadpool(serving.resume, context)
    await appengine.resume(context)
    rules = proxy.Rules(cloud.user, cloud.password, api_port=cloud.api_port, is_ours=serving.is_public_port)
    HTTPServer(proxy.application(rules)).listen(cloud.proxy_port, "127.0.0.1")
    settings = uvicorn.Config(
        application(context), host="127.0.0.1", port=cloud.api_port, ssl_certfile=folder / "server.pem",
        log_config=None, lifespan="off", server_header=False,
    )  # fmt: skip
    await Listener(settings).serve()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for chatty in ("uvicorn", "httpx", "websockets"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    asyncio.run(serve(Path(sys.argv[1])))
