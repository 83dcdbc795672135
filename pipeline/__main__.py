"""`python -m pipeline`: the pipeline from a command line, without Discord."""

from pipeline.cli import app

if __name__ == "__main__":
    app()
