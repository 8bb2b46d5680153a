"""Find a Chromium for the browser tests, or have the package manager install one where we are root."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find() -> str | None:
    """The browser's path, if there is one."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    return found or (str(MACOS) if MACOS.exists() else None)


def main() -> None:
    if find():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]  # options by name
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False, **quiet)  # type: ignore[call-overload]  # options by name
    if not find():
        sys.exit(
            "No Chromium on PATH, which the browser tests need. Install chromium; pytest without make skips them."
        )


if __name__ == "__main__":
    main()
