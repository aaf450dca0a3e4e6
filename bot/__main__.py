"""`python -m bot …` is the same as `kaiwa …`."""

from bot.cli import main

if __name__ == "__main__":
    main()
