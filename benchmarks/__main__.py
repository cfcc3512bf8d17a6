"""``python -m benchmarks``: set the environment up when needed, then measure."""

import sys

from deploykit.bootstrap import enter_environment


def main() -> None:
    """Run the command line; an expected failure is a message, not a traceback."""
    from benchmarks.cli import app
    from deploykit.errors import KitError

    try:
        app(prog_name="python -m benchmarks")
    except KitError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    enter_environment("benchmarks")
    main()
