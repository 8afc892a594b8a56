"""`python -m fractocurate` is `fracto`."""

from fractocurate.cli import main

if __name__ == "__main__":
    main()
