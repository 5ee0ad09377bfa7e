"""What Oracle's Notification Service (ONS) sends, understood without network, clock, logger or server."""
