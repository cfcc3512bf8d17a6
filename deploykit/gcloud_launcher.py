"""A ``gcloud`` with a home directory of its own.

``gcloud compute ssh`` keeps its key and the hosts it knows in ``~/.ssh``, wherever its configuration lies, and no flag
or setting moves the latter. The learner's ``~/.ssh`` is none of the rehearsal's business, and the command has to stay
the same: so the rehearsal puts this launcher first on the path. It hands everything on to the real gcloud.
"""

import os
import shlex
from pathlib import Path

from deploykit.files import write_atomically
from deploykit.shell import find_program

LAUNCHER = """#!/bin/sh
HOME={home} exec {gcloud} "$@"
"""


def path_with_launcher(folder: Path) -> str:
    """Write the launcher and return a PATH on which it comes first.

    Args:
        folder: where the launcher and the home directory are to be.
    """
    programs, home = folder / "bin", folder / "home"
    path = os.environ.get("PATH", "")
    others = os.pathsep.join(part for part in path.split(os.pathsep) if part != str(programs))
    text = LAUNCHER.format(home=shlex.quote(str(home)), gcloud=shlex.quote(find_program("gcloud", others)))
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    programs.mkdir(parents=True, exist_ok=True)
    write_atomically(programs / "gcloud", text.encode())
    (programs / "gcloud").chmod(0o755)
    return os.pathsep.join([str(programs), others])
