"""Find a Chromium for the browser tests and what gives it an authority, or have the package manager install them."""

import os
import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CERTUTIL = "certutil"
MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find() -> str | None:
    """The browser's path, if there is one."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    return found or (str(MACOS) if MACOS.exists() else None)


def main() -> None:
    if find() and shutil.which(CERTUTIL):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]  # options by name
        subprocess.run(["apt-get", "install", "-y", "-qq", "chromium", "libnss3-tools"], check=False, **quiet)  # type: ignore[call-overload]  # options by name
    if not find():
        print("No Chromium on PATH: the browser tests will be skipped. Install chromium to run them.")
    if not shutil.which(CERTUTIL):
        print("No certutil on PATH: those by https will be skipped. Install libnss3-tools to run them.")


if __name__ == "__main__":
    main()
