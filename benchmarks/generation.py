"""What asking a model and judging what it wrote take: python benchmarks/generation.py WHAT [options]

novelty    milliseconds to hold a candidate against a pool by ROUGE-L, beside rapidfuzz and rouge_score; memory
requests   requests a second and processor a request at a scripted endpoint, beside the openai client alone
kills      a run killed with SIGKILL at random moments and continued: what it paid twice, whether the file is the same
local      how many answers of the embedded model stay the same when asked at once, again, by more threads

``novelty`` and ``kills`` need the folder that INSTRUCTKIT_REAL_DATA names.
"""

import argparse
import sys

import generation_local
import generation_novelty
import generation_requests


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("novelty")
    command.add_argument("--pool", type=int, nargs="+", default=[10_000, 50_000, 1_000_000])
    command.add_argument("--candidates", type=int, default=200)
    command.set_defaults(run=generation_novelty.novelty)
    command = commands.add_parser("requests")
    command.add_argument("--latency", type=float, nargs="+", default=[50, 250, 1000], help="milliseconds")
    command.add_argument("--requests", type=int, default=4000)
    command.add_argument("--concurrency", type=int, default=64)
    command.add_argument("--repeat", type=int, default=3)
    command.set_defaults(run=generation_requests.requests)
    command = commands.add_parser("kills")
    command.add_argument("--count", type=int, default=850, help="tasks; each takes some 2.3 requests")
    command.add_argument("--kills", type=int, default=20)
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=generation_requests.kills)
    command = commands.add_parser("local")
    command.set_defaults(run=generation_local.equal_answers)
    options = parser.parse_args(sys.argv[1:])
    options.run(options)


if __name__ == "__main__":
    main()
