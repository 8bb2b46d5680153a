"""``python -m kendi``."""

from kendi.cli import main

main()
