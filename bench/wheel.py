"""Builds the wheel, installs it into a clean environment, and uses it there, far from the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*command: str | Path, at: Path) -> str:
    """The command's stdout; its failure is ours."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PELLUCID"))}
    environment["PELLUCID_CACHE"] = str(at / "cache")
    done = subprocess.run(
        [str(word) for word in command], cwd=at, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def main() -> None:
    """Build, install, train, predict."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        run(sys.executable, "-m", "build", "--wheel", "--outdir", place, ROOT, at=place)
        wheel = next(place.glob("pellucid-*.whl"))
        venv.create(place / "env", with_pip=True)
        programs = place / "env" / ("Scripts" if os.name == "nt" else "bin")
        torch = next(
            line.strip() for line in (ROOT / "constraints.txt").read_text().splitlines() if line.startswith("torch==")
        )
        quiet = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        run(programs / "python", *quiet, torch, at=place)
        run(programs / "python", *quiet, "-c", ROOT / "constraints.txt", wheel, at=place)
        trained = json.loads(
            run(programs / "pellucid", "train", "digits", "--recipe", "r2b.toml", "--epochs", "1", "--json", at=place)
        )
        run(programs / "pellucid", "train", "digits", "--model", "linear", "--epochs", "1", "--out", "two", at=place)
        missing = [
            file
            for file in ("report.html", "model_card.md", "SHA256SUMS")
            if not (place / trained["run"] / file).is_file()
        ]
        if missing:
            sys.exit(f"The installed package's run lacks {missing}.")
        print(f"{wheel.name} installs into a clean environment, trains there, and writes its report.")


if __name__ == "__main__":
    main()
