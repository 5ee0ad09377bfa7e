"""The Webhook service: init, verify."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spaceone.core.service import BaseService

from plugin.manager.webhook_manager import WebhookManager


class WebhookService(BaseService):
    """https://github.com/cloudforet-io/api/blob/master/proto/spaceone/api/monitoring/plugin/webhook.proto"""

    resource = "Webhook"

    def __init__(self, manager: WebhookManager) -> None:
        super().__init__()
        self._manager = manager

    def init(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return `{"metadata": …}` for `{"options": {…}}`; no option makes it fail."""
        return {"metadata": self._manager.metadata(params["options"])}

    def verify(self, params: Mapping[str, Any]) -> None:
        """Return nothing for `{"options": {…}}`, or raise ERROR_OPTION."""
        self._manager.verify(params["options"])
