"""``python -m thirdwatt``."""

from thirdwatt.cli import main

main()
