"""The credentials for OCI: a profile of the config file, or the identity of the instance or the pod.

The contents of config file and key are never printed. https://docs.oracle.com/en-us/iaas/Content/API/Concepts/sdkconfig.htm
"""

from __future__ import annotations

import base64
import configparser
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import oci
from cryptography.exceptions import UnsupportedAlgorithm

from oci_connect.arguments import Arguments
from oci_connect.error import UsageError

ALIASES = {"oke_workload_identity": "workload_identity"}
FROM_ENVIRONMENT = {  # field of a profile -> variable of Oracle's command line that overrides it
    "user": "OCI_CLI_USER",
    "fingerprint": "OCI_CLI_FINGERPRINT",
    "key_file": "OCI_CLI_KEY_FILE",
    "key_content": "OCI_CLI_KEY_CONTENT",
    "tenancy": "OCI_CLI_TENANCY",
    "pass_phrase": "OCI_CLI_PASSPHRASE",
    "delegation_token_file": "OCI_CLI_DELEGATION_TOKEN_FILE",
    "security_token_file": "OCI_CLI_SECURITY_TOKEN_FILE",
}
KINDS = {  # field of a profile -> the kind of profile that has it; Cloud Shell's may name a user too
    "delegation_token_file": "instance_obo_user",
    "user": "api_key",
    "security_token_file": "security_token",
}
SESSION_EXPIRED = "the session has ended: run `oci session authenticate` again, or `oci session refresh` before it ends"
PRINCIPALS = {
    "instance_principal": lambda: oci.auth.signers.InstancePrincipalsSecurityTokenSigner(
        retry_strategy=oci.retry.NoneRetryStrategy()
    ),
    "workload_identity": oci.auth.signers.get_oke_workload_identity_resource_principal_signer,
    "resource_principal": oci.auth.signers.get_resource_principals_signer,
}
WRONG_KEY = {  # the SDK's refusals of a key file, the narrower first
    oci.exceptions.InvalidKeyFilePath: "the file of key_file does not exist",
    oci.exceptions.MissingPrivateKeyPassphrase: "the key of key_file is encrypted: add its pass_phrase to the profile",
    oci.exceptions.InvalidPrivateKey: "key_file holds no private key in PEM form, or pass_phrase is wrong",
}
NO_IDENTITY = (
    oci.exceptions.ClientError,
    oci.exceptions.ServiceError,
    oci.exceptions.RequestException,
    oci.exceptions.ConnectTimeout,
    OSError,
    ValueError,
    RuntimeError,
    KeyError,
)
WHERE = "run it on an instance, in a pod or in a function of OCI that belongs to a dynamic group"


@dataclass(frozen=True)
class Identity:
    """What the SDK's clients are made with."""

    config: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The region of the profile or the principal."""
        return str(self.config["region"])

    @property
    def tenancy(self) -> str:
        """The OCID of the tenancy, or nothing where the principal does not say it."""
        return str(self.config.get("tenancy") or getattr(self.settings.get("signer"), "tenancy_id", None) or "")


def identify(arguments: Arguments) -> Identity:
    """Return the credentials, or raise UsageError."""
    if ALIASES.get(arguments.auth, arguments.auth) in PRINCIPALS:
        return _principal(arguments)
    try:
        return _profile(arguments)
    except (oci.exceptions.ClientError, configparser.Error, OSError, ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise UsageError(f"{arguments.config}, profile {arguments.profile}: {_reason(e)}.") from e


def _profile(arguments: Arguments) -> Identity:
    config, own = _read(arguments)
    kind = arguments.auth if arguments.auth != "config" else _kind(own) or _kind(config) or "api_key"
    if kind == "instance_obo_user":
        return _delegated(config)
    if kind == "security_token":
        return _session(config)
    oci.config.validate_config(config)
    account = (config["tenancy"], config["user"], config["fingerprint"])
    key = (config.get("key_file"), config.get("pass_phrase"), config.get("key_content"))
    return Identity(config, {"signer": oci.signer.Signer(*account, *key)})  # one for all clients


def _read(arguments: Arguments) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Return all fields of the profile, and those not inherited from DEFAULT."""
    given = {field: os.environ[name] for field, name in FROM_ENVIRONMENT.items() if os.environ.get(name)}
    if {"user", "tenancy", "fingerprint"} <= given.keys() and given.keys() & {"key_file", "key_content"} and arguments.region:
        config, own = dict(oci.config.DEFAULT_CONFIG), given  # needs no file
    else:
        config = oci.config.from_file(arguments.config, arguments.profile)
        own = _own_fields(arguments) | given
    config |= given
    region = arguments.region[0] if arguments.region else config.get("region") or os.environ.get("OCI_REGION")
    return config | ({"region": region} if region else {}), own


def _own_fields(arguments: Arguments) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    parser.read(Path(arguments.config).expanduser())
    return dict(parser[arguments.profile]) if arguments.profile in parser else {}


def _kind(fields: Mapping[str, Any]) -> str:
    return next((kind for field, kind in KINDS.items() if fields.get(field)), "")


def _session(config: dict[str, Any]) -> Identity:
    """Return the identity of `oci session authenticate`: a token that expires after an hour, and its key."""
    _require(config, "security_token_file", "key_file", "tenancy", "region")
    token = _token(config, "security_token_file")
    if _is_expired(token):
        raise UsageError(f"security_token_file: {SESSION_EXPIRED}.")
    key = oci.signer.load_private_key_from_file(str(Path(config["key_file"]).expanduser()), config.get("pass_phrase"))
    return Identity(config, {"signer": oci.auth.signers.SecurityTokenSigner(token, key)})


def _is_expired(token: str) -> bool:
    try:
        claims = token.split(".")[1]
        return bool(json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"] <= time.time())
    except (ValueError, KeyError, IndexError, TypeError):
        return False  # OCI decides


def _delegated(config: dict[str, Any]) -> Identity:
    """Return the identity of Cloud Shell: the instance asks for the user, by the user's delegation token."""
    _require(config, "delegation_token_file", "region")
    token = _token(config, "delegation_token_file")
    try:
        signer = oci.auth.signers.InstancePrincipalsDelegationTokenSigner(
            delegation_token=token, retry_strategy=oci.retry.NoneRetryStrategy()
        )
    except NO_IDENTITY as e:
        raise UsageError(f"--auth instance_obo_user: OCI gives no identity of that kind here: {WHERE}.") from e
    return Identity(config, {"signer": signer})


def _token(config: Mapping[str, Any], field: str) -> str:
    try:
        return Path(config[field]).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise oci.exceptions.InvalidConfig({field: "the file cannot be read"}) from e


def _require(config: Mapping[str, Any], *fields: str) -> None:
    if missing := {field: "missing" for field in fields if not config.get(field)}:
        raise oci.exceptions.InvalidConfig(missing)


def _reason(error: Exception) -> str:
    for kind, reason in WRONG_KEY.items():
        if isinstance(error, kind):
            return reason
    if isinstance(error, oci.exceptions.ConfigFileNotFound):
        return "there is no such file: create it (docs/oci-connect.md), or name another with --config"
    if isinstance(error, oci.exceptions.ProfileNotFound):
        return "the file has no such profile: name one of its profiles with --profile"
    if isinstance(error, oci.exceptions.InvalidConfig):
        wrong = error.errors if isinstance(error.errors, dict) else {}
        return "check " + (", ".join(f"{key} ({wrong[key]})" for key in sorted(wrong)) or "its fields")
    if isinstance(error, OSError):
        return "the file, or its key_file, cannot be read"
    if isinstance(error, (configparser.Error, UnicodeDecodeError)):
        return "the file is no configuration: a line [DEFAULT] and below it lines name=value expected"
    return "key_file holds no private key of RSA in PEM form, or a field has a wrong value"


def _principal(arguments: Arguments) -> Identity:
    try:
        signer = PRINCIPALS[ALIASES.get(arguments.auth, arguments.auth)]()
    except NO_IDENTITY as e:
        raise UsageError(f"--auth {arguments.auth}: OCI gives no identity of that kind here: {WHERE}.") from e
    region = arguments.region[0] if arguments.region else getattr(signer, "region", None) or os.environ.get("OCI_REGION")
    if not region:
        raise UsageError(f"--region: {arguments.auth} does not say the region: name it.")
    return Identity({"region": region}, {"signer": signer})
