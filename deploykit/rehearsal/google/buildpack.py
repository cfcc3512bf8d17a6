"""What Cloud Functions does to a source before it is a container; Google's own buildpack needs a registry to come from.

Like it, the build installs ``requirements.txt``, adds the Functions Framework when it is not in there, compiles the
code, and runs as a user without rights.
"""

import json
import re
from pathlib import Path

from deploykit.base_image import NAME as BASE_IMAGE
from deploykit.rehearsal import labels
from deploykit.rehearsal.google import errors

DOCKERFILE = ".rehearsal.Dockerfile"
SOURCE_VARIABLE = "GOOGLE_FUNCTION_SOURCE"
FRAMEWORK = re.compile(r"(?m)^functions-framework\b([^-]|$)")
PIP = "/layers/python/bin/pip install --no-cache-dir --disable-pip-version-check"
WITHOUT_RIGHTS = 33
"""The user www-data of Debian, as which Google's images run too."""


def prepare(folder: Path, *, entry_point: str, variables: dict[str, str]) -> None:
    """Write a Dockerfile for a function's source.

    Args:
        variables: those that were given for the build.

    Raises:
        ApiError: the file with the function is missing.
    """
    source = variables.get(SOURCE_VARIABLE, "main.py")
    if not (folder / source).is_file():
        raise errors.invalid(
            f"missing {source} and {SOURCE_VARIABLE} not specified. Either create the function in main.py or specify "
            f"{SOURCE_VARIABLE} to point to the file that contains the function"
            if source == "main.py"
            else f"{SOURCE_VARIABLE} specified file {json.dumps(source)} but it does not exist"
        )
    requirements = folder / "requirements.txt"
    if not requirements.exists():
        requirements.touch()
    framework = "" if FRAMEWORK.search(requirements.read_text(encoding="utf-8")) else f"RUN {PIP} functions-framework\n"
    settings = {**variables, "FUNCTION_TARGET": entry_point, "FUNCTION_SOURCE": source}
    shown = " ".join(f"{name}={json.dumps(value)}" for name, value in settings.items())
    ours = " ".join(f"{name}={value}" for name, value in labels.of("google").items())
    (folder / DOCKERFILE).write_text(
        f"FROM {BASE_IMAGE}\n"
        f"LABEL {ours}\n"  # first, so that the images and containers of all later steps have it, too
        "RUN python -m venv /layers/python\n"
        "WORKDIR /workspace\n"
        "COPY requirements.txt ./\n"
        f"RUN {PIP} --requirement requirements.txt\n"
        f"{framework}"
        "COPY . .\n"
        f"RUN rm {DOCKERFILE} && /layers/python/bin/python -m compileall -q .\n"
        f"ENV PATH=/layers/python/bin:$PATH PYTHONUNBUFFERED=1 FUNCTION_SIGNATURE_TYPE=http {shown}\n"
        f"USER {WITHOUT_RIGHTS}\n"
        'CMD ["functions-framework"]\n',
        encoding="utf-8",
    )
