"""`python -m app.demo.turned_clock serve`: the desk by a clock that the story turns, for the demo's year alone.

The time stands in the file `clock` of the data folder. Nothing of the service knows of it.
"""

import os
import runpy
from datetime import datetime
from pathlib import Path

from app.core import clock

FILE = "clock"


def turn(folder: Path, moment: datetime) -> None:
    """From now on it is that moment on the desk of that folder."""
    new = folder / f"{FILE}.new"
    new.write_text(moment.isoformat())
    new.rename(folder / FILE)


def main() -> None:
    """Run the command line with the turned clock."""
    file = Path(os.environ["DATA_DIR"]) / FILE
    clock.now = lambda: datetime.fromisoformat(file.read_text())
    runpy.run_module("app.cli", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
