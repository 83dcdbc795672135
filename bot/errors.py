"""What can go wrong around the pipeline, and the one sentence people get for anything that did.

BotError
├── StartError           the bot cannot start; whoever runs it must change something
├── Refusal              the request is fine and yet not taken; its text stands in the locales
└── RecordsUnavailable   the database cannot be reached or written
"""

import errno
import re

from bot.locales import Texts
from pipeline import PipelineError

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FULL_PATH = re.compile(r"`/[^`\n]*/([^`/\n]+)/?`")


class BotError(Exception):
    """Something went wrong in the bot."""


class StartError(BotError):
    """The bot cannot start."""

    @property
    def message(self) -> str:
        return str(self.args[0])


class Refusal(BotError):
    """A request that is not taken, and the text that says why.

    A value that is an error itself is said by its own sentence.
    """

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


class RecordsUnavailable(BotError):
    """The database cannot be reached or written."""


def is_expected(error: BaseException) -> bool:
    """Whether this is ordinary business: said to the user, and no crash to look into."""
    return isinstance(error, Refusal | PipelineError)


def sentence(error: BaseException, texts: Texts, reference: str) -> str:
    """What the user reads about an error; `reference` is what the log calls it by."""
    match error:
        case PipelineError():
            # Where things lie on the machine is for whoever reads the log.
            return FULL_PATH.sub(r"`\1`", error.message)
        case Refusal():
            said = {
                name: sentence(value, texts, reference) if isinstance(value, Exception) else value
                for name, value in error.values.items()
            }
            return texts(error.key, **said)
        case RecordsUnavailable():
            return texts("errors.records_unavailable")
        case OSError() if error.errno in DISK_FULL:
            return texts("errors.disk_full")
        case _:
            return texts("errors.unexpected", reference=reference)
