import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django

from tests.bench import surroundings

SIZES = [10, 100, 1_000, 10_000, 100_000]


def sizes(text: str) -> list[int]:
    found = sorted({int(each) for each in text.split(",")})
    if not found or found[0] < 3:
        raise argparse.ArgumentTypeError("three extensions are needed at least")
    return found


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="How long the real thing takes.")
    parser.add_argument("--sizes", type=sizes, metavar="10,100,...", help="extensions")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    parser.add_argument("--rounds", type=int, default=30, help="of each operation")
    parser.add_argument("--log", action="store_true", help="the operation log alone")
    parser.add_argument("--list", action="store_true", help="the list of 100,000 extensions and its filters alone")
    parser.add_argument("--sign-in", action="store_true", help="signing in alone")
    parser.add_argument("--bulk", action="store_true", help="many extensions at once alone")
    parser.add_argument("--spreadsheets", action="store_true", help="imports and exports alone")
    parser.add_argument("--backup", action="store_true", help="a backup and a restore of 100,000 extensions alone")
    parser.add_argument("--attack", type=float, nargs="?", const=30.0, metavar="SECONDS", help="an attacker alone")
    parser.add_argument("--calls", type=float, nargs="?", const=60.0, metavar="SECONDS", help="calls outside alone")
    parser.add_argument("--a-second", type=float, default=50.0, metavar="CALLS", help="of --calls")
    parser.add_argument(
        "--crowd", type=float, nargs="?", const=60.0, metavar="SECONDS", help="waiting connections alone"
    )
    return parser.parse_args()


@contextmanager
def database(is_postgresql: bool) -> Iterator[None]:
    """Made for this run alone."""
    if not is_postgresql:
        yield
        return
    from tests.chaos.database import PostgreSql

    server = PostgreSql()
    os.environ["DATABASE_URL"] = server.url
    try:
        yield
    finally:
        server.stop()


def main() -> int:
    """1 where an operation failed; never for the time that it took."""
    options = arguments()
    with surroundings.own(), database(options.postgresql):
        django.setup()
        from tests.bench import backup, bulk, program, signing_in

        parts = [program.measure_log] * options.log + [signing_in.measure] * options.sign_in
        parts += [program.measure_list] * options.list
        parts += [bulk.measure] * options.bulk
        try:
            if options.attack:
                report = program.measure_attack(options.attack)
            elif options.calls:
                report = program.measure_calls(options.sizes, options.a_second, options.calls)
            elif options.crowd:
                report = program.measure_crowd(options.crowd)
            elif options.spreadsheets:
                report = program.measure_spreadsheets()
            elif options.backup:
                report = f"{program.machine('not run')}\n\n{backup.measure(program.say)}"
            elif parts:
                report = program.measure_without_pbx(options.rounds, *parts)
            else:
                report = program.measure(options.sizes or SIZES, options.rounds)
        except surroundings.Failed as failure:
            sys.stderr.write(f"Failed: {failure}\n")
            return 1
    sys.stdout.write(f"{report}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
