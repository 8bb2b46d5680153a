"""What the browser tests need is found, or its lack ends the run."""

from pathlib import Path

import pytest

from tests.browser import install


def test_without_a_browser_everything_does_not_count_as_checked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(install, "MACOS", tmp_path / "no browser")
    with pytest.raises(SystemExit, match="No Chromium on PATH"):
        install.main()
