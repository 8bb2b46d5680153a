"""As whom a server runs: as we do, but never as root, and with the right to reach its files."""

import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from kendi.servers.error import ServersError


@dataclass(frozen=True)
class Account:
    """An unprivileged user, by number."""

    uid: int
    gid: int


def _account(folder: Path) -> Account | None:
    """Who root lets a server run as: the folder's owner, else nobody. None if we are not root."""
    if os.geteuid() != 0:
        return None
    owner = folder.stat()
    if owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ServersError("PostgreSQL does not run as root, and there is no user nobody here") from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def hand_over(path: Path) -> None:
    """Give what root has made or copied to the account that will use it, the path itself last."""
    account, owner = _account(path), path.stat().st_uid
    if account is None and owner != os.geteuid():
        raise ServersError(f"{path} belongs to another user; start as that user or choose another folder")
    if account is not None and owner != account.uid:
        for each in [*path.rglob("*"), path]:
            os.chown(each, account.uid, account.gid, follow_symlinks=False)


def spawn(
    command: Sequence[str], folder: Path, parting: signal.Signals, log: IO[bytes]
) -> "subprocess.Popen[bytes]":
    """Start a program in a session of its own, so that Ctrl-C reaches only us, who then stop it in order."""
    account = _account(folder)
    wrapped = [*_setpriv(account, Path(command[0]), folder, parting), *command]
    known = {name: value for name, value in os.environ.items() if name == "PATH" or "LIBRARY_PATH" in name}
    return subprocess.Popen(  # noqa: S603  # no shell, our own programs
        wrapped,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        cwd="/",
        env=known | {"LC_ALL": "C"},
        start_new_session=True,
        restore_signals=False,  # as in us, a file that may not grow any more fails its writes and ends nobody
        **({} if account is None or wrapped[0] == "setpriv" else _as_account(account)),
    )


def _as_account(account: Account) -> dict[str, Any]:
    return {"user": account.uid, "group": account.gid, "extra_groups": ()}


def _setpriv(account: Account | None, program: Path, folder: Path, parting: signal.Signals) -> list[str]:
    """What comes before a command on Linux: the account, its right to reach its files, the tie to us.

    The tie is to the thread that starts the program, so only the main thread makes one.
    """
    rights = _rights(program, folder) if account else []
    if not shutil.which("setpriv"):
        if rights:
            raise ServersError("without setpriv root can't run PostgreSQL here; start as another user")
        return []
    words = ["setpriv"]
    if threading.current_thread() is threading.main_thread():
        words += [f"--pdeathsig={parting.name}"]
    if account:
        words += [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", *rights]
    return words


def _rights(program: Path, folder: Path) -> list[str]:
    """The right to pass folders that are closed to others (below /root, say), where there are any.

    Containers usually withhold the right to pass and read, and leave root the wider one.
    """
    program = program.resolve()
    closed = sorted(path for path in {program, *program.parents, *folder.parents} if not _is_open(path))
    if not closed:
        return []
    enough = {"dac_override": 1} if program in closed else {"dac_read_search": 2, "dac_override": 1}
    right = next((name for name, bit in enough.items() if _may(bit)), None)
    if right is None:
        raise ServersError(f"PostgreSQL does not run as root, and other users can't pass {closed[0]}")
    return [f"--inh-caps=+{right}", f"--ambient-caps=+{right}"]


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IXOTH)


def _may(capability: int) -> bool:
    status = Path("/proc/self/status")
    effective = re.search(r"^CapEff:\s*(\w+)", status.read_text(), re.MULTILINE) if status.exists() else None
    return effective is not None and bool(int(effective[1], 16) >> capability & 1)
