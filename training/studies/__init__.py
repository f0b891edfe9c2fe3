"""Experiments that nothing else imports."""
