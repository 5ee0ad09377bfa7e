"""The Webhook service: init, verify."""

from __future__ import annotations

from spaceone.core.service import BaseService

from plugin.manager.webhook_manager import Metadata, WebhookManager
from plugin.ons.read import Body


class WebhookService(BaseService):
    """https://github.com/cloudforet-io/api/blob/master/proto/spaceone/api/monitoring/plugin/webhook.proto"""

    resource = "Webhook"

    def __init__(self, manager: WebhookManager) -> None:
        super().__init__()
        self._manager = manager

    def init(self, options: Body) -> Metadata:
        """Return the metadata of a webhook; no option makes it fail."""
        return self._manager.metadata(options)

    def verify(self, options: Body) -> None:
        """Return nothing, or raise ERROR_OPTION."""
        self._manager.verify(options)
