"""``python -m deploykit …``: set the environment up when needed, then do what was asked."""

from deploykit.bootstrap import enter_environment

if __name__ == "__main__":
    enter_environment()

    from deploykit.cli import app

    app(prog_name="python -m deploykit")
