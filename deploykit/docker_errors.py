"""What the ``docker`` command means when it fails, and what to type next."""

import re

from deploykit import remedies

NO_PERMISSION = f"Type: {remedies.here('permit docker')}"
NOT_RUNNING = f"Start it: {remedies.here('start docker')}"

ADVICE = {
    r"permission denied while trying to connect": NO_PERMISSION,
    r"cannot connect to the docker daemon": f"The Docker engine does not run. {NOT_RUNNING}",
    r"port is already allocated|address already in use": (
        "Something on this machine listens on that port already. Take another: service.free_port() finds one."
    ),
    r'the container name "/(?P<name>[^"]+)" is already in use': (
        "Is that container yours, from an earlier try? Then type: docker rm --force {name}. "
        "If it is somebody else's, give yours another name."
    ),
    r"exec format error|does not (?:match|provide) the specified platform": (
        "The image was built for another kind of processor. Build it for this one: "
        "docker build --platform linux/amd64 (on a PC) or linux/arm64 (on Apple silicon)."
    ),
    r"app_src/[^ ]*?requirements\.txt\W.*(?:does not exist|not found)": (
        "SERVICE must name a folder of app_src, as in: docker build --build-arg SERVICE=iris_flask --tag iris_flask ."
    ),
    r"copy failed|failed to compute cache key": (
        "Is the file there, and does .dockerignore let it through to the engine?"
    ),
    r"failed to get digest|unable to find image \"sha256": (
        "Somebody removed an image while this build stood on it. Type the command again."
    ),
    r"unable to find image|no such image|pull access denied": (
        "docker images lists the images that are here. Build this one first, or correct its name."
    ),
    r'"https://[^"]+/v2/|failed to resolve source metadata': (
        "No registry answers, or it has no such image. For the kit's base image type: python -m deploykit engine"
    ),
}
"""What the output matches, and what to do then; see :mod:`deploykit.command_errors`."""


def failed_step(output: str) -> str:
    """Return the instruction at which a build failed, or an empty string; the two builders word it differently."""
    buildkit = re.findall(r"^ > \[[^]]+\] ([A-Z].*):$", output, re.MULTILINE)
    classic = re.findall(r"^Step \d+/\d+ : (.+)$", output, re.MULTILINE)
    return next(iter([*buildkit, *classic[-1:]]), "")
