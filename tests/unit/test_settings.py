"""Settings, and who is at the keyboard: what is misspelt or cannot be used is refused in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gatebook.cli.shell import operator_named
from gatebook.errors import InvalidInput, SettingsError
from gatebook.settings import FILE, read_settings
from gatebook.wiring.founding import init_house


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / FILE).write_text('origin = "test.example/house"\n')
    return tmp_path


def test_a_misspelt_name_in_the_environment_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Breaks when GATEBOOK_REQUESTS_PER_MINUT is taken for nothing at all, and the limit stays what it was.
    for name in ("GATEBOOK_HOUSE", "GATEBOOK_OPERATOR", "GATEBOOK_SECRETS"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("GATEBOOK_REQUESTS_PER_MINUTE", "5")
    assert read_settings(folder).requests_per_minute == 5
    monkeypatch.setenv("GATEBOOK_REQUESTS_PER_MINUT", "hunter2")
    with pytest.raises(SettingsError) as refused:
        read_settings(folder)
    assert "GATEBOOK_REQUESTS_PER_MINUT" in refused.value.message and "hunter2" not in refused.value.message


def test_a_secret_file_is_named_like_its_setting_and_a_misspelt_one_is_refused(folder: Path) -> None:
    # Breaks when a password in a file nobody reads leaves the house without one.
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / "smtp_password").write_text("hunter2\n")
    (secrets / "..data").mkdir()  # what a mounted secret keeps beside its files
    assert read_settings(folder, str(secrets)).smtp_password.get_secret_value() == "hunter2"
    for wrong in ("smtp_pasword", "origin"):
        (secrets / wrong).write_text("hunter2")
        with pytest.raises(SettingsError) as refused:
            read_settings(folder, str(secrets))
        assert wrong in refused.value.message and "hunter2" not in refused.value.message
        (secrets / wrong).unlink()
    with pytest.raises(SettingsError):
        read_settings(folder, str(folder / "nowhere"))


@pytest.mark.parametrize("text", ['origin = "x\n', "origin = \xff", "smtp_port = 1\nsmtp_port = 2", "orgin = 'x'", ""])
def test_a_file_that_cannot_be_read_is_one_sentence(text: str, folder: Path) -> None:
    # Breaks when a slip of the hand in gatebook.toml ends in a traceback.
    (folder / FILE).write_bytes(text.encode("latin-1"))
    if not text:
        assert read_settings(folder).origin == "gatebook.invalid/house"
        return
    with pytest.raises(SettingsError) as refused:
        read_settings(folder)
    assert "\n" not in refused.value.message


def test_a_value_that_is_no_json_is_one_sentence(folder: Path) -> None:
    # Breaks when a table given in the environment ends in a traceback.
    done = subprocess.run(
        [sys.executable, "-m", "gatebook.cli.main", "webhooks", "list", "--house", str(folder)],
        env={**os.environ, "GATEBOOK_FEEDS": "{hunter2"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and "feeds" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1 and "hunter2" not in done.stderr


@pytest.mark.parametrize("origin", ['a"b', "my house", "a\\b", "a+b", "a\nb", "", "x" * 201, "h\u00f6k"])
def test_an_origin_no_checkpoint_can_hold_is_refused_before_anything_is_written(
    origin: str, tmp_path: Path, operator: Any
) -> None:
    # Breaks when a house is left behind that can neither be opened nor be made again.
    with pytest.raises(SettingsError):
        init_house(tmp_path / "house", origin, operator)
    assert not (tmp_path / "house").exists()
    init_house(tmp_path / "house", "good.example/house", operator)
    assert read_settings(tmp_path / "house").origin == "good.example/house"


@pytest.mark.parametrize("name", ["John Smith", "john@example.com", "", "x" * 41, "a/b", "-a", "a\n"])
def test_an_operator_is_a_short_slug(name: str) -> None:
    # Breaks when a name or an e-mail address of staff is entered where nothing can be taken out.
    with pytest.raises(InvalidInput) as refused:
        operator_named(name)
    assert not name or name not in refused.value.message
    assert operator_named("mara.o-2").operator_id == "opr-mara.o-2"
