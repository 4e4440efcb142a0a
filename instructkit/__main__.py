"""``python -m instructkit`` is the command ``instructkit``."""

from instructkit.cli import main

if __name__ == "__main__":
    main()
