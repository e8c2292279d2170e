"""Files of users: read in one way, refused in one wording."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from thirdwatt.cli.files import text_of
from thirdwatt.scenario import InputError, content
from thirdwatt.scenario.accounts import account
from thirdwatt.scenario.observed import observations
from thirdwatt.scenario.read import loosely, read, strictly
from thirdwatt.scenario.rows import rows


def refused(where: str, most: int = 100) -> str:
    with pytest.raises(InputError) as found:
        content.text(where, most)
    (mistake,) = found.value.mistakes
    return str(mistake)


def test_what_is_refused_says_what_where_why_and_what_to_do(tmp_path: Path) -> None:
    large, binary, latin = tmp_path / "large", tmp_path / "binary", tmp_path / "latin"
    large.write_bytes(b"x" * 101)
    binary.write_bytes(b"a\x00b")
    latin.write_bytes("é".encode("latin-1"))
    absent = tmp_path / "absent"
    assert refused(str(absent)) == f"{absent}: cannot be read: the file does not exist; check the path"
    assert refused(str(tmp_path)) == f"{tmp_path}: cannot be read: it is a folder; name a file in it"
    assert refused(str(large)) == f"{large}: is larger than 100 bytes; no such file is; is it another?"
    assert refused(str(binary)) == f"{binary}: is a binary file; name a file of text"
    assert refused(str(latin)) == f"{latin}: is not UTF-8 text (byte 0); save it as UTF-8"
    assert refused(f"{large}/inside").startswith(f"{large}/inside: cannot be read: ")
    assert "cannot be read" in refused("a\0b")
    assert len(refused("n" * 5_000)) < 300


def test_as_much_as_is_allowed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "full"
    path.write_bytes(b"x" * 100)
    assert content.content(str(path), 100) == b"x" * 100
    assert content.content(str(path), 10, cut=True) == b"x" * 10


def test_standard_input_is_held_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"\xef\xbb\xbfabc")))
    assert content.text("-", 6) == "abc"
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"x" * 7)))
    assert refused("-", 6) == "-: is larger than 6 bytes; no such file is; is it another?"


def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"through"))
    writer.start()
    assert content.text(str(pipe), 100) == "through"
    writer.join(timeout=10)


NOBODY = 65_534
"""A user without rights of their own."""


def test_a_file_without_rights_is_said(tmp_path: Path) -> None:
    path = tmp_path / "closed"
    path.write_text("x")
    path.chmod(0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)  # an administrator would read it all the same
    try:
        said = refused(str(path))
    finally:
        os.seteuid(user)
    assert said == f"{path}: cannot be read: Permission denied"


READERS = {
    "read": read,
    "strictly": strictly,
    "loosely": loosely,
    "observations": observations,
    "rows": lambda where: rows(where, {}, ()),
    "text_of": text_of,
}


@pytest.mark.parametrize("name", READERS)
def test_every_reader_refuses_in_these_words(name: str, tmp_path: Path) -> None:
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"a\x00b")
    for where, said in (
        (tmp_path / "absent.csv", "cannot be read: the file does not exist; check the path"),
        (tmp_path, "cannot be read: it is a folder; name a file in it"),
        (binary, "is a binary file; name a file of text"),
    ):
        if name == "read" and where.name == "absent.csv":
            where = tmp_path / "absent.toml"
        with pytest.raises(InputError) as found:
            READERS[name](str(where))
        assert str(found.value) == f"{where}: {said}"


def test_an_account_that_is_binary_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "emissions.csv"
    path.write_bytes(b"run_id\x00")
    with pytest.raises(InputError, match="is a binary file"):
        account(str(path))
