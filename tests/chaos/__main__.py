import argparse
import os
import random
import shutil
import sys
from pathlib import Path

import django

from tests.bench.surroundings import Failed
from tests.chaos import surroundings


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="The whole portal under random faults.")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--keep", type=Path, help="where logs and databases are put if something failed")
    return parser.parse_args()


def main() -> int:
    """1 where something was lost, missing, refused, untrue or unexpected."""
    options = arguments()
    surroundings.enter_own_mounts()
    surroundings.adopt_orphans()
    sys.stdout.write(f"Seed {options.seed}, {options.minutes:g} minutes, {options.database}.\n")
    with surroundings.own() as can_fill:
        if not can_fill:
            sys.stdout.write("The disk is never full: that needs root, to mount a small one.\n")
        from tests.chaos.database import Database, PostgreSql, Sqlite

        var = Path(os.environ["PBXPORTAL_VAR"])
        database: Database = Sqlite(var)
        if options.database == "postgres":
            database = cluster = PostgreSql()
            os.environ["DATABASE_URL"] = cluster.url
        try:
            django.setup()
            from tests.chaos import program

            journal = program.run(database, options.minutes * 60, options.seed, can_fill=can_fill)
            sys.stdout.write(program.report(journal))
            if journal.failures and options.keep:
                shutil.copytree(var, options.keep, symlinks=True, ignore=shutil.ignore_patterns("run", "static"))
        except Failed as failure:
            sys.stderr.write(f"Failed: {failure}\n")
            return 1
        finally:
            database.stop()
    return 1 if journal.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
