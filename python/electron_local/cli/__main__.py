"""`python -m electron_local.cli` does what the console script does."""

from electron_local.cli import main

raise SystemExit(main())
