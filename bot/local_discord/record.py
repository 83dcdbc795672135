"""What went wrong by somebody's fault: routes unknown here, breaches of Discord's description."""

from dataclasses import asdict, dataclass, field

from bot.local_discord.wire import Json

KEPT = 1000  # requests remembered


@dataclass(frozen=True)
class Violation:
    """A request, an answer or a frame that Discord's published descriptions do not allow."""

    kind: str  # "request": the bot's fault; "answer" or "frame": ours
    route: str
    detail: str


@dataclass(frozen=True)
class Answered:
    """A REST request of the bot and how it ended."""

    route: str
    status: int
    code: int | None = None
    message: str | None = None


@dataclass
class Record:
    """Kept so that a test can ask afterwards."""

    unknown_routes: list[str] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    requests: list[Answered] = field(default_factory=list)

    def note(self, answered: Answered) -> None:
        self.requests.append(answered)
        del self.requests[:-KEPT]

    def forget(self) -> None:
        self.unknown_routes.clear()
        self.violations.clear()
        self.requests.clear()

    def view(self) -> Json:
        return {
            "unknown_routes": list(self.unknown_routes),
            "violations": [asdict(one) for one in self.violations],
            "requests": [asdict(one) for one in self.requests],
        }
