"""`python -m vcp` is `vcp`."""

from vcp.cli import main

main()
