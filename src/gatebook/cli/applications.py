"""Commands about applications: taken, evidenced, confirmed, judged.

The trap guarded against: a command that takes what the API refuses. Files are read and taken apart by the same code.
"""

from __future__ import annotations

import typer

from gatebook.cli.shell import HERE, As, HouseAt, JsonFile, acting, looking, operator_named, read, show
from gatebook.procedures import (
    confirm_contact,
    look,
    open_account,
    posted,
    render,
    replay_screening,
    withdraw_application,
)

app = typer.Typer()


@app.command()
def apply(file: JsonFile, house: HouseAt = HERE, operator: As = "local") -> None:
    """Take an application ({application fields..., "evidence": [...]}) and judge it."""
    claims, evidence = posted.application(read(file))
    with acting(house) as h:
        show(render.determined(*open_account.open_account(h, operator_named(operator), claims, evidence)))


@app.command()
def requirements(file: JsonFile, house: HouseAt = HERE, operator: As = "local") -> None:
    """Say what an application like this would still need; keep nothing of it."""
    with looking(house) as h:
        show(look.requirements(h, operator_named(operator), read(file)))


@app.command()
def evidence(application_id: str, file: JsonFile, house: HouseAt = HERE, operator: As = "local") -> None:
    """Add evidence (a list, or one piece) to an application in review and judge it again."""
    pieces = posted.pieces(read(file))
    with acting(house) as h:
        found = open_account.submit_evidence(h, operator_named(operator), application_id, pieces)
        show(render.determined(application_id, found))


@app.command("determine")
def determine_(application_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Judge an application in review again."""
    with acting(house) as h:
        found = open_account.determine_again(h, operator_named(operator), application_id)
        show(render.determined(application_id, found))


@app.command()
def withdraw(application_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Withdraw an application in review; its data gets the day on which it goes."""
    with acting(house) as h:
        show(render.row(withdraw_application.withdraw_application(h, operator_named(operator), application_id)))


@app.command("send-code")
def send_code(application_id: str, channel: str, which: int = 0, house: HouseAt = HERE, operator: As = "local") -> None:
    """Send a one-time code to a claimed e-mail address or telephone number."""
    with acting(house) as h:
        confirm_contact.send_code(h, operator_named(operator), application_id, channel, which)
        show({"sent": True, "channel": channel})


@app.command("answer-code")
def answer_code(application_id: str, channel: str, code: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Answer with the code that came back."""
    with acting(house) as h:
        verdict, found = confirm_contact.answer_code(h, operator_named(operator), application_id, channel, code)
        show(render.answered(application_id, verdict, found))


@app.command()
def candidates(application_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Open the latest screening of an application (a reading, entered first)."""
    with acting(house) as h:
        show(look.candidates(h, operator_named(operator), application_id))


@app.command("screen-replay")
def screen_replay(application_id: str, house: HouseAt = HERE, operator: As = "local") -> None:
    """Screen anew what the latest screening asked, over the editions compared with, byte for byte (a reading)."""
    with acting(house) as h:
        show(replay_screening.replay_screening(h, operator_named(operator), application_id))
