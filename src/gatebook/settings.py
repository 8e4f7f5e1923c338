"""Settings of a house: one frozen set of values from ``gatebook.toml``, ``GATEBOOK_*`` and secret files.

The trap guarded against: a misspelt setting that is silently ignored; unknown names are refused.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import Field, IPvAnyNetwork, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings import SettingsError as SourceError

from gatebook.errors import SettingsError, reason_of

FILE = "gatebook.toml"
_PREFIX = "GATEBOOK_"
#: Names of the environment that are ours and no settings: where the house is, who asks, where secrets lie, and tests'.
_NO_SETTINGS = frozenset({"HOUSE", "OPERATOR", "SECRETS", "TEST_SEED"})


class Settings(BaseSettings):
    """What an operator may set. Later sources win: defaults, ``gatebook.toml``, environment ``GATEBOOK_<NAME>``.

    A secret may also come from a file named like its setting (``smtp_password``) in the folder ``GATEBOOK_SECRETS``
    points to.
    """

    model_config = SettingsConfigDict(env_prefix="GATEBOOK_", extra="forbid", frozen=True)

    #: What an entry, a checkpoint and a key's name can all hold.
    origin: str = Field(default="gatebook.invalid/house", pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@=-]{0,199}$")
    state_url: str = ""
    key_ring_url: str = ""
    law_folder: str = "law"
    lists_folder: str = "lists"
    list_shrink_percent: int = Field(default=10, ge=0, le=99)
    smtp_host: str = ""
    smtp_port: int = 25
    smtp_sender: str = ""
    smtp_starttls: bool = True
    smtp_username: str = ""
    smtp_password: SecretStr = SecretStr("")
    text_hook_url: str = ""
    text_hook_secret: SecretStr = SecretStr("")
    webhooks_allow_private: bool = False
    webhooks_proxy: str = ""
    requests_per_minute: int = Field(default=6000, ge=0)
    gate_requests_per_minute: int = Field(default=60_000, ge=0)
    failures_per_minute: int = Field(default=60, ge=0)
    witnesses: dict[str, str] = {}
    witness_requests_per_minute: int = Field(default=600, ge=0)
    ip_country_files: tuple[str, ...] = ()
    access_body_mib: int = Field(default=16, ge=1, le=64)
    access_future_minutes: int = Field(default=5, ge=0, le=24 * 60)
    access_past_days: int = Field(default=400, ge=1, le=36_500)
    access_proxies: tuple[IPvAnyNetwork, ...] = ()
    access_silent_minutes: int = Field(default=60, ge=0)
    access_silent_by_source: dict[str, Annotated[int, Field(ge=0)]] = {}
    demands_mailbox: str = ""
    demands_mailbox_days: int = Field(default=30, ge=0, le=3650)
    feeds: dict[str, dict[str, str]] = {}
    tsa_url: str = ""
    tsa_certificate_file: str = ""
    access_seal_seconds: int = Field(default=10, ge=1, le=3600)
    access_dsn: str = Field(default="", pattern=r"^(chdb://.+|https?://.+|)$")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is the library's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  it would ask for files with our prefix
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, secret files, the house's own file."""
        secrets = SecretsSettingsSource(settings_cls, env_prefix="")
        return (init_settings, env_settings, secrets, TomlConfigSettingsSource(settings_cls))


def read_settings(folder: Path, secrets_folder: str = "") -> Settings:
    """Read the settings of the house in ``folder``. Raises SettingsError naming each setting at fault."""

    class Here(Settings):
        model_config = SettingsConfigDict(
            env_prefix=_PREFIX,
            extra="forbid",
            frozen=True,
            toml_file=folder / FILE,
            secrets_dir=secrets_folder or None,
        )

    _refuse_unknown(Path(secrets_folder) if secrets_folder else None)
    return _made(Here)


def first_settings(origin: str) -> str:
    """Return the text of a new house's settings file, once they were found to be good. Raises SettingsError."""

    class First(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],  # noqa: ARG003  the signature is the library's
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,  # noqa: ARG003  as above
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  as above
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  as above
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (init_settings,)

    _made(lambda: First(origin=origin))
    # A JSON string is a TOML string.
    return f"# Settings of this house; every name is explained in docs/settings.md\norigin = {json.dumps(origin)}\n"


def _made(make: Callable[[], Settings]) -> Settings:
    try:
        return make()
    except ValidationError as error:
        faults = ", ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise SettingsError(f"the settings of this house cannot be used: {faults}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{FILE} cannot be read: {_one_line(str(error))}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{FILE}, or a secret file, is not UTF-8 text") from None
    except SourceError as error:
        raise SettingsError(f"the settings of this house cannot be used: {_one_line(str(error))}") from None
    except OSError as error:
        why = reason_of(error)
        raise SettingsError(f"the settings of this house cannot be read: {why}") from None


def _refuse_unknown(secrets_folder: Path | None) -> None:
    """Refuse what looks like a setting and is none, in the environment and among secret files."""
    names = {name.upper().removeprefix(_PREFIX) for name in EnvSettingsSource(Settings).env_vars if _is_ours(name)}
    known = {name.upper() for name in Settings.model_fields} | _NO_SETTINGS
    if unknown := sorted(names - known):
        raise SettingsError(f"there is no setting of this name: {', '.join(_PREFIX + name for name in unknown)}")
    if secrets_folder is None:
        return
    secrets = {name for name, field in Settings.model_fields.items() if field.annotation is SecretStr}
    try:
        found = {path.name for path in secrets_folder.iterdir() if not path.name.startswith(".")}
    except OSError:
        raise SettingsError("GATEBOOK_SECRETS names no folder that can be read") from None
    if unknown := sorted(found - secrets):
        listed, wanted = ", ".join(unknown), ", ".join(sorted(secrets))
        raise SettingsError(f"there is no secret of this name: {listed}; the files are named {wanted}")


def _is_ours(name: str) -> bool:
    return name.upper().startswith(_PREFIX)


def _one_line(text: str) -> str:
    return " ".join(text.split())
