"""What can be seen from outside: log lines and metrics."""
