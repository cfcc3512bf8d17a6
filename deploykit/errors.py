"""The kit's own error: what happened, and what to type next."""


class KitError(Exception):
    """An expected failure, shown to the learner as a message instead of a traceback.

    Args:
        message: what happened, in one sentence.
        hint: what to do about it; often a command to type.
    """

    def __init__(self, message: str, hint: str = ""):
        super().__init__(f"{message}\n→ {hint}" if hint else message)
        self.message = message
        self.hint = hint

    def _render_traceback_(self) -> list[str]:
        """Give IPython the message alone: a learner needs the cause, not our stack."""
        return [f"{type(self).__name__}: {self}"]
