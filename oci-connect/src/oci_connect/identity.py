"""Who asks OCI: a profile of the config file, or the identity of the instance or the pod.

Nothing of what the config file or the key holds is ever printed. https://docs.oracle.com/en-us/iaas/Content/API/Concepts/sdkconfig.htm
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import oci
from cryptography.exceptions import UnsupportedAlgorithm

from oci_connect.arguments import Arguments
from oci_connect.error import UsageError

SAME = {"api_key": "config", "security_token": "config", "oke_workload_identity": "workload_identity"}
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
    """Return who asks, or raise UsageError."""
    if SAME.get(arguments.auth, arguments.auth) in PRINCIPALS:
        return _principal(arguments)
    try:
        return _profile(arguments)
    except (oci.exceptions.ClientError, configparser.Error, OSError, ValueError, TypeError, UnsupportedAlgorithm) as e:
        raise UsageError(f"{arguments.config}, profile {arguments.profile}: {_reason(e)}.") from e


def _profile(arguments: Arguments) -> Identity:
    config: dict[str, Any] = oci.config.from_file(arguments.config, arguments.profile)
    if arguments.region:
        config["region"] = arguments.region[0]
    if arguments.auth == "instance_obo_user" or "delegation_token_file" in config:
        return _delegated(config)
    if arguments.auth == "security_token" or ("security_token_file" in config and "user" not in config):
        return _session(config)
    oci.config.validate_config(config)
    account = (config["tenancy"], config["user"], config["fingerprint"])
    signer = oci.signer.Signer(*account, config["key_file"], config.get("pass_phrase"))  # one for all clients
    return Identity(config, {"signer": signer})


def _session(config: dict[str, Any]) -> Identity:
    """Return the identity of `oci session authenticate`: a token that ends after an hour, and its key."""
    _need(config, "security_token_file", "key_file", "tenancy", "region")
    token = Path(config["security_token_file"]).expanduser().read_text(encoding="utf-8").strip()
    key = oci.signer.load_private_key_from_file(str(Path(config["key_file"]).expanduser()), config.get("pass_phrase"))
    return Identity(config, {"signer": oci.auth.signers.SecurityTokenSigner(token, key)})


def _delegated(config: dict[str, Any]) -> Identity:
    """Return the identity of Cloud Shell: the instance asks for the user, by the user's delegation token."""
    _need(config, "delegation_token_file", "region")
    token = Path(config["delegation_token_file"]).expanduser().read_text(encoding="utf-8").strip()
    try:
        signer = oci.auth.signers.InstancePrincipalsDelegationTokenSigner(
            delegation_token=token, retry_strategy=oci.retry.NoneRetryStrategy()
        )
    except NO_IDENTITY as e:
        raise UsageError(f"--auth instance_obo_user: OCI gives no identity of that kind here: {WHERE}.") from e
    return Identity(config, {"signer": signer})


def _need(config: Mapping[str, Any], *fields: str) -> None:
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
        signer = PRINCIPALS[SAME.get(arguments.auth, arguments.auth)]()
    except NO_IDENTITY as e:
        raise UsageError(f"--auth {arguments.auth}: OCI gives no identity of that kind here: {WHERE}.") from e
    region = arguments.region[0] if arguments.region else getattr(signer, "region", None)
    if not region:
        raise UsageError(f"--region: {arguments.auth} does not say the region: name it.")
    return Identity({"region": region}, {"signer": signer})
