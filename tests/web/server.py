"""`ringkeep serve` as it is, with the sample jobs of tests/jobs beside the product's own, for tests that kill it.

Arguments are those of `ringkeep serve`. DIE="STEP WHEN" as in tests/jobs/worker.py.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringkeep.settings")
    from ringkeep import settings

    settings.JOBS.append("tests.jobs.sample_jobs")
    if die := os.environ.get("DIE"):
        import django

        django.setup()
        from tests.jobs.worker import die_at

        die_at(*die.split())
    sys.argv[1:1] = ["serve"]
    from ringkeep.cli.main import main as ringkeep

    ringkeep()


if __name__ == "__main__":
    main()
