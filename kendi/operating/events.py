"""``kendi events``: its commands in one place."""

import click

from kendi.operating import finding, mending, resending


@click.group()
def events() -> None:
    """Find events and mend what does not go on by itself.  Example: kendi events parked"""


for command in (
    finding.list_,
    finding.show,
    finding.parked,
    mending.retry,
    mending.discard,
    resending.resend,
    mending.dismiss,
):
    events.add_command(command)
