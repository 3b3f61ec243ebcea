"""Alembic's environment. Schema changes expand, migrate, contract: an old and a new worker run side by side."""
