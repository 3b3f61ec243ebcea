"""`python -m connector`: the same as the command `leadline`."""

from connector.cli import main

main()
