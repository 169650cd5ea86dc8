"""Work that is handed out comes back whole: from processes, from a cluster, after a kill."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from derivations import Cell, CellError
from numeric.campaign import Store, Workers, hand_out, jobs_of
from numeric.cli import main

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


def test_a_cell_that_cannot_be_read_takes_no_other_with_it(tmp_path, capsys):
    (tmp_path / "good.txt").write_text("h_t = tanh(u ⊙ x_t + h_{t-1})\n")
    (tmp_path / "bad.toml").write_text('title = "bad"\nequations = "h_t = tanh(W x_t + U h_{t-1})"\nclaims = ["|q_t| < 1"]\n')
    code = {}
    for names in (["bad.toml"], ["bad.toml", "good.txt"]):
        with pytest.raises(SystemExit) as left:
            main(["verify", *(str(tmp_path / name) for name in names), "-j", "1", "--examples", "1", "--no-cache"])
        out, err = capsys.readouterr()
        assert "bad.toml: claim '|q_t| < 1': q_t is not a name of the cell" in err
        code[len(names)] = left.value.code, "proved" in out
    assert code == {1: (2, False), 2: (2, True)}


@pytest.mark.slow
def test_a_process_that_is_killed_ends_in_a_message(tmp_path):
    from joblib.externals.loky import reusable_executor

    jobs = jobs_of(CELLS, examples=1, seed=0)
    running = hand_out(jobs, Store(tmp_path), Workers(processes=2))
    next(running)
    for pid in list(reusable_executor._executor._processes):  # joblib's own
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(CellError, match="was killed"):
        list(running)
    assert any(kept for *_, kept in hand_out(jobs, Store(tmp_path), Workers()))


@contextmanager
def running(*commands):
    """Processes that end with the test."""
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    started = [subprocess.Popen([sys.executable, "-m", *command], cwd=command[-1].parent, env=environment) for command in commands]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.fixture
def scheduler(tmp_path):
    """A Dask scheduler: the file that tells its address."""
    if os.environ.get("GATEPROOF_REQUIRE_DASK") != "1":
        pytest.importorskip("distributed", reason="Dask is not installed: pip install 'gateproof[cluster]'")
    import distributed  # noqa: F401  # CI demands it

    file = tmp_path / "scheduler.json"
    with running(("distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", file)):
        end = time.monotonic() + 60
        while not file.exists() and time.monotonic() < end:
            time.sleep(0.1)
        yield file


def address(scheduler):
    return json.loads(scheduler.read_text())["address"]


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing(scheduler):
    worker = ("distributed.cli.dask_worker", "--no-nanny", "--no-dashboard", "--nthreads", "1", "--scheduler-file", scheduler)
    jobs = jobs_of(CELLS, examples=1, seed=0)
    found = {}
    with running(worker, worker) as (first, _):
        for number, results, _ in hand_out(jobs, Store(None), Workers(cluster=address(scheduler))):
            if not found:
                first.kill()  # in the middle of its next cell
            found[number] = [(r.statement, r.verdict) for r in results]
    assert [found[number] for number in range(len(jobs))] == statements(CELLS, Workers())


@pytest.mark.slow
def test_a_cluster_without_workers_is_named(scheduler, monkeypatch):
    monkeypatch.setattr("numeric.campaign.workers.SECONDS", 2)
    with pytest.raises(CellError, match="no worker at tcp://"):
        list(hand_out(jobs_of(CELLS[:1], examples=1, seed=0), Store(None), Workers(cluster=address(scheduler))))


@pytest.mark.slow
def test_an_address_without_a_scheduler_is_named(monkeypatch):
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'gateproof[cluster]'")
    monkeypatch.setattr("numeric.campaign.workers.SECONDS", 1)
    with pytest.raises(CellError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:1"):
        list(hand_out(jobs_of(CELLS[:1], examples=1, seed=0), Store(None), Workers(cluster="tcp://127.0.0.1:1")))
