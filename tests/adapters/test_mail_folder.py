"""The outbox folder: whole files or none, one for each mail, in the order of the mails."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.mail_folder import Outbox
from app.adapters.mail_message import build_mail
from app.adapters.smtp import Permanent, Temporary
from tests.adapters.test_mail_message import MAIL

SENDER, ANNA = "support@e-connect.lu", "anna@ville.lu"


def send(folder: Path, raw: bytes, recipient: str = ANNA) -> None:
    asyncio.run(Outbox(folder).send(raw, SENDER, recipient))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_mail_becomes_one_file_with_the_same_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "outbox"
    raw = build_mail(MAIL)

    send(folder, raw)

    (name,) = names(folder)
    assert name.startswith("20261124T200736Z-019ab3f2-ack@e-connect.lu-")
    assert name.endswith(".eml")
    assert (folder / name).read_bytes() == raw


def test_a_repeat_replaces_its_own_file(tmp_path: Path) -> None:
    for _ in range(3):
        send(tmp_path, build_mail(MAIL))

    assert len(names(tmp_path)) == 1


def test_each_recipient_has_a_file(tmp_path: Path) -> None:
    for recipient in (ANNA, "ben@ville.lu"):
        send(tmp_path, build_mail(MAIL), recipient)

    assert len(names(tmp_path)) == 2


def test_names_sort_by_time_whatever_the_offset(tmp_path: Path) -> None:
    later = replace(MAIL, message_id="<a@x>", date=MAIL.date + timedelta(seconds=1))
    earlier = replace(MAIL, message_id="<z@x>", date=MAIL.date.astimezone())
    for mail in (later, earlier):
        send(tmp_path, build_mail(mail))

    assert [name[17:20] for name in names(tmp_path)] == ["z@x", "a@x"]


@pytest.mark.parametrize("message_id", ["<../../etc/passwd@x>", "</etc/passwd>", "<" + "x" * 900 + "@x>", "<..>"])
def test_a_message_id_cannot_leave_the_folder(tmp_path: Path, message_id: str) -> None:
    folder = tmp_path / "outbox"

    send(folder, build_mail(MAIL).replace(MAIL.message_id.encode(), message_id.encode()))

    assert names(tmp_path) == ["outbox"]
    (name,) = names(folder)
    assert len(name) < 200


@pytest.mark.parametrize(
    "header", [b"Date: Tue, 24 Nov 2026 20:07:36 +0000\r\n", b"Message-ID: <019ab3f2-ack@e-connect.lu>\r\n"]
)
def test_a_mail_without_date_or_id_is_refused_for_good(tmp_path: Path, header: bytes) -> None:
    with pytest.raises(Permanent):
        send(tmp_path, build_mail(MAIL).replace(header, b""))


def test_an_id_outside_ascii_is_refused_for_good(tmp_path: Path) -> None:
    with pytest.raises(Permanent):
        send(tmp_path, build_mail(MAIL).replace(b"ack@", "é@".encode()))


def test_an_unreadable_date_is_refused_for_good(tmp_path: Path) -> None:
    with pytest.raises(Permanent):
        send(tmp_path, build_mail(MAIL).replace(b"Tue, 24 Nov 2026 20:07:36 +0000", b"yesterday"))


def test_a_disk_that_refuses_is_temporary_and_leaves_nothing(tmp_path: Path) -> None:
    in_the_way = tmp_path / "outbox"
    in_the_way.write_text("a file where the folder should be")

    with pytest.raises(Temporary):
        send(in_the_way, build_mail(MAIL))


def test_a_full_disk_leaves_no_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(Temporary, match="No space left"):
        send(tmp_path, build_mail(MAIL))
    assert names(tmp_path) == []


def test_a_folder_is_private(tmp_path: Path) -> None:
    send(tmp_path / "outbox", build_mail(MAIL))

    assert (tmp_path / "outbox").stat().st_mode & 0o077 == 0
