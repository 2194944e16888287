"""The OpenAPI document before two independent judges; `make linters` installs them."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(__file__).parent / "node_modules" / ".bin"
needs_linters = pytest.mark.skipif(not BIN.is_dir(), reason="no OpenAPI linters here: `make linters` installs them")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@needs_linters
def test_redocly_finds_nothing_by_its_strictest_rules():
    judged = run("redocly", "lint", "--extends", "recommended-strict", "--max-problems", "5", "openapi.json")
    assert judged.returncode == 0, judged.stdout + judged.stderr


@needs_linters
def test_spectral_finds_nothing_not_even_a_hint(tmp_path: Path):
    ruleset = tmp_path / "ruleset.yaml"
    ruleset.write_text('extends: ["spectral:oas"]\n')
    judged = run("spectral", "lint", "--fail-severity", "hint", "-r", str(ruleset), "openapi.json")
    assert judged.returncode == 0, judged.stdout + judged.stderr
