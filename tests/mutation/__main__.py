"""What no test misses.

python -m tests.mutation                        # each check of the views, taken out
python -m tests.mutation views.py               # those of the files whose path holds this
python -m tests.mutation --asking               # those that ask again who somebody is
python -m tests.mutation --record               # which tests run which lines: the whole suite, once
python -m tests.mutation --record tests/backup  # those of these tests, beside what was recorded
python -m tests.mutation --sample 150 --seed 7  # changes drawn over all of the code
python -m tests.mutation --list                 # what would be changed
"""

import argparse
import random

from tests.mutation import checks, covering, sample


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Changes that no test misses.")
    parser.add_argument("paths", nargs="*", help="only where the path and line hold one of these")
    parser.add_argument("--list", action="store_true", help="what would be changed")
    parser.add_argument("--asking", action="store_true", help="the checks that ask again who somebody is")
    parser.add_argument("--record", action="store_true", help="note which tests run which lines")
    parser.add_argument("--sample", type=int, default=0, help="so many changes of any kind, drawn")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument("--near", action="store_true", help="with the nearest tests alone")
    options = parser.parse_args()
    if options.record:
        return covering.record(options.paths)
    if options.sample:
        return sample.run(options.sample, options.seed, options.paths, near=options.near, only_list=options.list)
    return checks.run(options.paths, asking=options.asking, only_list=options.list)


if __name__ == "__main__":
    raise SystemExit(main())
