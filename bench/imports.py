"""What `import app` costs beside importing every SDK eagerly."""

import statistics
import subprocess
import sys

from bench.results import Row, report

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
    above = {
        name: [seconds - least for seconds, least in zip(times, spent[FLOOR], strict=True)]
        for name, times in spent.items()
        if name != FLOOR
    }
    title = f"imports: processor time above python alone (median of {ROUNDS})"
    report("imports", title, [_row(name, above[name], above[REFERENCE]) for name in above])


def _row(name: str, times: list[float], reference: list[float]) -> Row:
    ratios = [mine / other for mine, other in zip(times, reference, strict=True)]
    return Row(
        name=name,
        ratio=statistics.median(ratios),
        low=min(ratios),
        high=max(ratios),
        value=f"{1000 * statistics.median(times):.0f} ms",
    )


def _processor_seconds(program: str) -> float:
    """Return user plus system time that a fresh interpreter measures of itself."""
    report = f"import time\n{program}\nprint(time.process_time())"
    done = subprocess.run(
        [sys.executable, "-c", report], check=True, capture_output=True, text=True
    )
    return float(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
