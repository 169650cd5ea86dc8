"""Work that is handed out comes back whole: from processes, from a cluster, after a kill."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from derivations import Cell, CellError
from numeric.campaign import Store, Workers, hand_out, jobs_of

FUNCTIONS = ("tanh", "σ", "softplus", "exp")
CELLS = [Cell.from_equations(f"h_t = {fn}(W x_t + U h_{{t-1}})", name=f"cell{k}") for k, fn in enumerate(FUNCTIONS)]


def statements(cells, where, folder=None):
    """The verdicts by cell, without how long they took."""
    jobs = jobs_of(cells, examples=1, seed=0)
    found = {number: [(r.statement, r.verdict) for r in results] for number, results, _ in hand_out(jobs, Store(folder), where)}
    return [found[number] for number in range(len(jobs))]


@pytest.mark.slow
def test_processes_find_the_same_as_one():
    assert statements(CELLS[:2], Workers(processes=2)) == statements(CELLS[:2], Workers())


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path):
    for cell in CELLS:
        (tmp_path / f"{cell.name}.txt").write_text(cell.text)
    files = [str(tmp_path / f"{cell.name}.txt") for cell in CELLS]
    command = [sys.executable, "-m", "numeric.cli", "verify", *files, "--examples", "1", "-j", "1", "--cache", str(tmp_path / "cache")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as first:
        for line in first.stderr:
            if line.startswith("2 of"):  # two cells are done, and a third has begun
                break
        first.send_signal(signal.SIGKILL)
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 0
    assert second.stderr.count("kept from before") >= 2
    assert len(re.findall(r"^\d of 4", second.stderr, re.MULTILINE)) == 4


def test_a_cell_that_gateproof_fails_at_takes_no_other_with_it(monkeypatch):
    import numeric.verify

    real = numeric.verify.verify

    def failing(cell, **options):
        if cell.name == "cell1":
            raise RuntimeError("planted")
        return list(real(cell, **options))[:1]

    monkeypatch.setattr(numeric.verify, "verify", failing)
    first, second = statements(CELLS[:2], Workers())
    assert {verdict for _, verdict in first} == {"proved"}
    assert second == [("all statements", "undecided")]


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two workers, each a process of its own."""
    if os.environ.get("GATEPROOF_REQUIRE_DASK") != "1":
        pytest.importorskip("distributed", reason="Dask is not installed: pip install 'gateproof[cluster]'")
    import distributed  # noqa: F401  # CI demands it

    at = tmp_path / "scheduler.json"
    started = [
        subprocess.Popen([sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", at])
    ]
    try:
        for _ in range(200):
            if at.exists():
                break
            time.sleep(0.1)
        worker = [
            sys.executable,
            "-m",
            "distributed.cli.dask_worker",
            "--scheduler-file",
            at,
            "--no-nanny",
            "--no-dashboard",
            "--nthreads",
            "1",
        ]
        started += [subprocess.Popen(worker, cwd=tmp_path, env={**os.environ, "PYTHONPATH": os.getcwd()}) for _ in range(2)]
        import json

        yield json.loads(at.read_text())["address"], started[1:]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing(cluster):
    address, (first, _) = cluster
    jobs = jobs_of(CELLS, examples=1, seed=0)
    found = {}
    for number, results, _ in hand_out(jobs, Store(None), Workers(cluster=address)):
        if not found:
            first.kill()  # in the middle of its next cell
        found[number] = [(r.statement, r.verdict) for r in results]
    assert [found[number] for number in range(len(jobs))] == statements(CELLS, Workers())


@pytest.mark.slow
def test_an_address_without_a_scheduler_is_named(monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'gateproof[cluster]'")
    monkeypatch.setattr("numeric.campaign.workers.SECONDS", 1)
    with pytest.raises(CellError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1"):
        list(hand_out(jobs_of(CELLS[:1], examples=1, seed=0), Store(None), Workers(cluster="tcp://127.0.0.1:1")))
