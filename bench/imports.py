"""The cost of `import app`, compared with importing every SDK: `python -m bench.imports`."""

import statistics
import subprocess
import sys

from bench.results import compare, report

ROUNDS = 9
PROGRAMS = {
    "python alone": "pass",
    "openai + boto3 + pymongo + redis": "import openai, boto3, pymongo, redis",
    "import app": "import app",
    "import app, create_app()": "import app, logging; logging.disable(); app.create_app()",
}
FLOOR, REFERENCE = "python alone", "openai + boto3 + pymongo + redis"


def main() -> None:
    """Measure the processor time of fresh processes, above that of the bare interpreter."""
    spent: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    for number in range(ROUNDS + 1):
        for name, program in PROGRAMS.items():
            seconds = _processor_seconds(program)
            if number:  # the first round warms the file cache
                spent[name].append(seconds)
    above = {
        name: [seconds - floor for seconds, floor in zip(times, spent[FLOOR], strict=True)]
        for name, times in spent.items()
        if name != FLOOR
    }
    title = f"Imports: processor time above python alone (median of {ROUNDS})"
    measurements = [
        compare(name, times, above[REFERENCE], value=f"{1000 * statistics.median(times):.0f} ms")
        for name, times in above.items()
    ]
    report("imports", title, measurements)


def _processor_seconds(program: str) -> float:
    """Return the user and system time that a fresh interpreter reports of itself."""
    report_time = f"import time\n{program}\nprint(time.process_time())"
    done = subprocess.run(
        [sys.executable, "-c", report_time], check=True, capture_output=True, text=True
    )
    return float(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
