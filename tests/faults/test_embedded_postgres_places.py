"""Where the embedded Postgres may have to live, and as whom."""

import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from app.adapters.embedded_postgres import EmbeddedPostgresError, _free_place, start, stop
from app.adapters.postgres_binaries import SHARED_FOLDER, Account, find_binaries
from tests.faults.clusters import outcome, query, server_of, starter


def test_two_first_starts_at_once_make_one_server_even_below_a_path_too_long_for_a_socket(
    new_folder: Callable[[str], Path],
) -> None:
    folder = new_folder("a" * 120)
    first, second = (outcome(process) for process in [starter(folder), starter(folder)])
    assert sorted([first[0], second[0]]) == [False, True]
    assert first[2] == second[2]
    assert query(first[2], "SELECT 1") == 1
    sockets = server_of(folder).sockets
    assert sockets.parent == Path("/tmp")  # noqa: S108 - the very subject
    assert sockets.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("says", "reason"), [("postgres (PostgreSQL) 14.9", "(14)"), ("I am a shell", "(unusable)")])
def test_binaries_that_do_not_fit_are_refused(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, says: str, reason: str
) -> None:
    odd = open_folder / "odd"
    odd.mkdir(exist_ok=True)
    (odd / "postgres").write_text(f"#!/bin/sh\necho '{says}'\n")
    (odd / "postgres").chmod(0o755)
    monkeypatch.setenv("DESK_POSTGRES_BIN", str(odd))
    with pytest.raises(EmbeddedPostgresError) as refused:
        find_binaries(Account.choose(), None)
    assert reason in str(refused.value)
    with pytest.raises(EmbeddedPostgresError, match="exactly 18"):
        find_binaries(Account.choose(), 18)


def test_a_folder_that_is_not_ours_is_not_used_for_the_socket(open_folder: Path) -> None:
    taken = open_folder / "taken"
    taken.mkdir()
    taken.chmod(0o755)
    link = open_folder / "link"
    link.symlink_to(taken)
    for each in (taken, link):
        with pytest.raises(EmbeddedPostgresError, match="not a private folder"):
            Account.choose().private_folder(each)


class TestAsRoot:
    """What can only be tried by root; an ordinary user's suite has no such tests."""

    __test__ = os.geteuid() == 0

    def test_below_a_private_folder_wheel_and_cluster_are_kept_elsewhere_and_it_stays_private(
        self, private_folder: Path, private_wheel: Path
    ) -> None:
        folder = private_folder / "data"
        first = start(folder, fsync=False)
        data = server_of(folder).data
        assert data.parent == SHARED_FOLDER
        assert data.stat().st_mode & 0o777 == 0o700
        assert private_folder.stat().st_mode & 0o777 == 0o700
        query(first.owner_url, "CREATE TABLE kept (id int)", "SELECT 1")
        stop(folder)
        assert query(start(folder, fsync=False).owner_url, "SELECT count(*) FROM kept") == 0
        stop(folder)
        aside = data.rename(data.with_name(f"{data.name}.aside"))
        with pytest.raises(EmbeddedPostgresError, match="is gone"):
            start(folder)
        aside.rename(data)
        private_wheel.chmod(0o777)
        with pytest.raises(EmbeddedPostgresError, match="somebody else"):
            start(folder)

    def test_what_a_removed_folder_left_elsewhere_is_not_taken_over(self, private_folder: Path) -> None:
        left, first = _free_place(private_folder), _free_place(private_folder)
        left.mkdir()
        try:
            assert _free_place(private_folder) == first.with_name(f"{first.name}-2")
        finally:
            left.rmdir()

    def test_an_ordinary_user_runs_it_as_himself(
        self, new_folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nobody = pwd.getpwnam("nobody")
        folder = new_folder("ordinary")
        folder.mkdir()
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        account = Account(nobody.pw_uid, nobody.pw_gid)
        monkeypatch.setenv("DESK_POSTGRES_BIN", str(find_binaries(account, None)))
        started_here, _, url = outcome(starter(folder, nobody.pw_uid, nobody.pw_gid))
        assert started_here
        assert (folder / "postgres").stat().st_uid == nobody.pw_uid
        assert query(url, "SELECT 1") == 1
        assert not start(folder, fsync=False).started_here
