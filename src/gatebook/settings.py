"""Settings of a house: one frozen set of values from ``gatebook.toml``, ``GATEBOOK_*`` and secret files.

The trap guarded against: a misspelt setting that is silently ignored; unknown names are refused.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from gatebook.errors import SettingsError

FILE = "gatebook.toml"


class Settings(BaseSettings):
    """What an operator may set. Later sources win: defaults, ``gatebook.toml``, environment ``GATEBOOK_<NAME>``.

    A secret may also come from a file named like the setting in the folder ``GATEBOOK_SECRETS`` points to.
    """

    model_config = SettingsConfigDict(env_prefix="GATEBOOK_", extra="forbid", frozen=True)

    origin: str = "gatebook.invalid/house"
    state_url: str = ""
    key_ring_url: str = ""
    law_folder: str = "law"
    lists_folder: str = "lists"
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
    ip_country_files: tuple[str, ...] = ()
    feeds: dict[str, dict[str, str]] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is the library's
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, secret files, the house's own file."""
        return (init_settings, env_settings, file_secret_settings, TomlConfigSettingsSource(settings_cls))


def read_settings(folder: Path, secrets_folder: str = "") -> Settings:
    """Read the settings of the house in ``folder``. Raises SettingsError naming each setting at fault."""

    class Here(Settings):
        model_config = SettingsConfigDict(
            env_prefix="GATEBOOK_",
            extra="forbid",
            frozen=True,
            toml_file=folder / FILE,
            secrets_dir=secrets_folder or None,
        )

    try:
        return Here()
    except ValidationError as error:
        faults = ", ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise SettingsError(f"the settings of this house cannot be used: {faults}") from None
