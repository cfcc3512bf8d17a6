"""Who predicts when: one at a time, and whoever has the turn predicts for all who wait."""

from dataclasses import dataclass
from itertools import islice

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import checkpoint

from model import ready_model
from schemas import Entities

# Python runs one thread at a time: predictions that share a process only get in each other's way.
one_at_a_time = CapacityLimiter(1)

# Short texts take less time together than one after another. A long one would only keep the others waiting.
MAX_CHARACTERS_AT_ONCE = 1_000


@dataclass(eq=False)
class Question:
    """The texts of one request and, once they are predicted, their entities."""

    texts: list[str]
    found: list[Entities] | None = None

    @property
    def length(self) -> int:
        """The number of characters."""
        return sum(map(len, self.texts))


waiting: list[Question] = []


async def find(texts: list[str]) -> list[Entities]:
    """Predict what is short at once, and the rest in a thread, so that the server goes on listening meanwhile."""
    mine = Question(texts)
    waiting.append(mine)
    async with one_at_a_time:
        await checkpoint()  # whoever has arrived meanwhile may join
        if mine.found is None:  # else somebody before us has predicted for us, too
            questions = with_neighbours(mine)
            if mine.length <= MAX_CHARACTERS_AT_ONCE:
                answer(questions)  # going to a thread and back would take nearly as long
            else:
                await to_thread.run_sync(answer, questions)
    return mine.found


def with_neighbours(first: Question) -> list[Question]:
    """Take a question out of the queue, and those behind it as long as they are short together."""
    taken, length = [first], first.length
    for other in (question for question in waiting if question is not first):
        length += other.length
        if length > MAX_CHARACTERS_AT_ONCE:
            break
        taken.append(other)
    waiting[:] = [question for question in waiting if question not in taken]
    return taken


def answer(questions: list[Question]) -> None:
    """Predict all texts together, and give every question its part."""
    found = iter(ready_model().find([text for question in questions for text in question.texts]))
    for question in questions:
        question.found = list(islice(found, len(question.texts)))
