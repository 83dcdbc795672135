from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import GenerationRequest
from pipeline.tickets import PictureTicket
from pipeline.turns import Line

USERS = ["anna", "ben", "cleo"]

# A name: that user asks for something. None: a device has room for one more.
HISTORIES = st.lists(st.sampled_from([*USERS, None]), max_size=60)


def ticket(user: str = "anna") -> PictureTicket:
    return PictureTicket(GenerationRequest(prompt="a nap", seeds=(1,), user=user), "sleepy")


@settings(deadline=None)  # a busy machine is no mistake of ours
@given(HISTORIES)
def test_nobody_waits_while_someone_served_more_recently_is_served(
    history: list[str | None],
) -> None:
    line, served = Line[PictureTicket](), dict.fromkeys(USERS, -1)
    waiting: list[PictureTicket] = []
    for time, user in enumerate(history):
        if user is not None:
            waiting.append(ticket(user))
            line.add(waiting[-1])
        elif chosen := line.next():
            line.serve(chosen)
            waiting.remove(chosen)
            user = chosen.request.user
            assert served[user] <= min([served[each.request.user] for each in waiting] or [time])
            served[user] = time


@settings(deadline=None)  # a busy machine is no mistake of ours
@given(HISTORIES)
def test_within_a_user_first_come_is_first_served(history: list[str | None]) -> None:
    line, asked = Line[PictureTicket](), {user: [ticket(user) for _ in range(60)] for user in USERS}
    order: list[PictureTicket] = []
    arrivals = {user: iter(tickets) for user, tickets in asked.items()}
    for user in history:
        if user is not None:
            line.add(next(arrivals[user]))
        elif chosen := line.next():
            line.serve(chosen)
            order.append(chosen)
    for user in USERS:
        mine = [each for each in order if each.request.user == user]
        assert mine == asked[user][: len(mine)]


@settings(deadline=None)  # a busy machine is no mistake of ours
@given(HISTORIES)
def test_the_order_foretold_is_the_order_kept(history: list[str | None]) -> None:
    line = Line[PictureTicket]()
    for user in history:
        if user is not None:
            line.add(ticket(user))
        elif chosen := line.next():
            line.serve(chosen)
    foretold = list(line)
    for expected in foretold:
        assert line.next() is expected
        line.serve(expected)
    assert line.next() is None
    assert len(line) == 0


def test_who_has_as_many_running_as_they_may_is_passed_over_until_one_ends() -> None:
    line, other = Line[PictureTicket](), ticket("ben")
    request = GenerationRequest(prompt="a nap", seeds=(1,), user="anna", max_running=2)
    limited = PictureTicket(request, "sleepy")
    line.add(limited)
    line.add(other)
    assert line.next({"anna": 1}) is limited
    assert line.next({"anna": 2}) is other
    line.serve(other)
    assert line.next({"anna": 2}) is None
    assert line.next({"anna": 1}) is limited


def test_turns_that_others_remember_count() -> None:
    line, early, late = Line[PictureTicket](), ticket("anna"), ticket("ben")
    line.remember(["ben", "anna"])
    line.add(early)
    line.add(late)
    assert list(line) == [late, early]


def test_who_lost_a_worker_comes_before_everybody() -> None:
    line, unlucky, other = Line[PictureTicket](), ticket("anna"), ticket("ben")
    line.add(unlucky)
    line.serve(unlucky)
    line.add(other)
    unlucky.back_to_start()
    line.give_back(unlucky)
    assert list(line) == [unlucky, other]


def test_being_made_again_is_no_turn_of_its_user() -> None:
    line, unlucky, other = Line[PictureTicket](), ticket("anna"), ticket("ben")
    for each in (unlucky, other):
        line.add(each)
        line.serve(each)
    unlucky.back_to_start()
    line.give_back(unlucky)
    line.serve(unlucky)
    line.add(bens := ticket("ben"))
    line.add(annas := ticket("anna"))
    assert list(line) == [annas, bens]


def test_a_ticket_can_leave_the_line_once() -> None:
    line, leaving, staying = Line[PictureTicket](), ticket(), ticket()
    line.add(leaving)
    line.add(staying)
    assert line.remove(leaving)
    assert not line.remove(leaving)
    assert list(line) == [staying]
