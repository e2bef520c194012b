"""What programs talk to: the intake of webhooks, and the health check."""
