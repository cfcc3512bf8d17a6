"""``python -m deploykit …``: set the environment up when needed, then do what was asked."""

import sys

from deploykit.bootstrap import enter_environment


def main() -> None:
    """Run the command line; an expected failure is a message, not a traceback."""
    from deploykit.cli import app
    from deploykit.foreseen import explain

    try:
        app(prog_name="python -m deploykit")
    except Exception as error:
        if explained := explain(error):
            sys.exit(str(explained))
        raise


if __name__ == "__main__":
    enter_environment()
    main()
