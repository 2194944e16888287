"""The bench must not rot: it runs, counts its rows and reports every operation. No figure is judged here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_a_quick_run_reports_every_operation_without_errors(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench.run", "--quick", "--results", str(tmp_path / "figures.json")]

    unmeasured = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}

    run = subprocess.run(command, cwd=ROOT, env=unmeasured, capture_output=True, text=True, timeout=600, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert len(figures["pairs"]) == 8 * 3, "operations by numbers of connections"
    for pair in figures["pairs"]:
        assert pair["bare"]["statuses"].keys() <= {"200", "201"}, pair
        assert pair["product"]["statuses"].keys() <= {"200", "201"}, pair
        assert pair["bare"]["lost"] + pair["product"]["lost"] == 0, pair
    assert figures["counts"]["10000"]["tickets"] > 0


@pytest.mark.slow
def test_mails_are_measured_and_a_bad_one_costs_its_limit() -> None:
    unmeasured = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    command = [sys.executable, "-m", "bench.mails", "--rounds", "1"]
    run = subprocess.run(command, cwd=ROOT, env=unmeasured, capture_output=True, text=True, timeout=600, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("1 MB attachment") == run.stdout.count("3 KB") == 2
    assert "quarantined (takes-too-long)" in run.stdout


@pytest.mark.slow
def test_a_quick_run_of_money_logs_what_it_was_told() -> None:
    command = [sys.executable, "-m", "bench.money", "--quick"]
    unmeasured = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    run = subprocess.run(command, cwd=ROOT, env=unmeasured, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "every contract's sum as its draws" in run.stdout


@pytest.mark.slow
def test_a_small_invoice_run_comes_to_the_cents_that_are_due(tmp_path: Path) -> None:
    results = tmp_path / "figures.json"
    sizes = ("--clients", "20", "--sizes", "2000", "--rounds", "1", "--door", "2000")
    command = [sys.executable, "-m", "bench.invoicing", *sizes, "--results", str(results)]
    unmeasured = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    run = subprocess.run(command, cwd=ROOT, env=unmeasured, capture_output=True, text=True, timeout=600, check=False)

    assert run.returncode == 0, run.stdout + run.stderr
    figures = json.loads(results.read_text())
    [only] = figures["rounds"]
    assert (only["counts"]["entries"], only["counts"]["links"], only["counts"]["still_open"]) == (2020, 2020, 0)
    assert figures["door"]["errors"] == 0
