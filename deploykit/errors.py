"""The kit's own error: what happened, and what to type next."""

# Bold, because JupyterLab draws the plain colours too pale for its pink ground.
RED, GREEN, PLAIN = "\x1b[1;31m", "\x1b[1;32m", "\x1b[0m"


class KitError(Exception):
    """An expected failure, shown to the learner as a message instead of a traceback.

    Args:
        message: what happened, in one sentence.
        hint: what to do about it; often a command to type.
        notebook: the notebook to run first, such as "01_train/iris"; JupyterLab shows a link to it.
    """

    def __init__(self, message: str, hint: str = "", *, notebook: str = ""):
        super().__init__(f"{message}\n→ {hint}" if hint else message)
        self.message = message
        self.hint = hint
        self.notebook = notebook

    def _render_traceback_(self) -> list[str]:
        """Give IPython the message alone, in colours: a learner needs the cause, not our stack."""
        cause = f"{RED}{self.message}{PLAIN}"
        return [f"{cause}\n{GREEN}→ {self.hint}{PLAIN}" if self.hint else cause]
