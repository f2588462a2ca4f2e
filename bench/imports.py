"""What `import app` costs beside importing every SDK eagerly."""

import statistics
import subprocess
import sys

ROUNDS = 9
PROGRAMS = {
    "python alone": "pass",
    "openai + boto3 + pymongo + redis": "import openai, boto3, pymongo, redis",
    "import app": "import app",
    "import app, create_app()": "import app, logging; logging.disable(); app.create_app()",
}
FLOOR, REFERENCE = "python alone", "openai + boto3 + pymongo + redis"


def main() -> None:
    """Print the median processor time of fresh processes, and its ratio to the eager imports."""
    spent: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for number in range(ROUNDS + 1):
        for name, program in PROGRAMS.items():
            seconds = _processor_seconds(program)
            if number:  # the first round warms the file cache
                spent[name].append(seconds)
    floor = statistics.median(spent[FLOOR])
    above = {name: statistics.median(times) - floor for name, times in spent.items()}
    print(f"{'imports':<36}{'CPU ms':>8}{'ratio':>8}   (above python alone, median of {ROUNDS})")
    for name in list(PROGRAMS)[1:]:
        ratio = above[name] / above[REFERENCE]
        print(f"{name:<36}{1000 * above[name]:>8.0f}{ratio:>8.2f}")


def _processor_seconds(program: str) -> float:
    """Return user plus system time that a fresh interpreter measures of itself."""
    report = f"import time\n{program}\nprint(time.process_time())"
    done = subprocess.run(
        [sys.executable, "-c", report], check=True, capture_output=True, text=True
    )
    return float(done.stdout.splitlines()[-1])
