"""For dedup.py: near-duplicate removal by other libraries, from a file to the numbers of the rows that stay.

python benchmarks/dedup_peers.py NAME SET.jsonl KEPT.json
python benchmarks/dedup_peers.py                            which of them are installed, as JSON

Each is used by the fastest way its documentation shows, at the threshold 0.7. The shingles are runs of 5 words, split
at white space and in lower case: joined in Python, but for gaoya, which makes its own. Of rows that are the same, the
earliest stays; with datatrove one of each chain.
"""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib import metadata

try:
    from orjson import loads
except ImportError:
    from json import loads

THRESHOLD = 0.7
PERMUTATIONS = 128


def texts(path: str) -> Iterator[str]:
    with open(path, "rb") as file:
        for line in file:
            yield loads(line)["output"]


def shingles(text: str) -> list[str]:
    words = text.lower().split()
    return list(map(" ".join, zip(words, words[1:], words[2:], words[3:], words[4:], strict=False))) or [
        " ".join(words)
    ]


def datasketch(path: str) -> list[int]:
    """MinHash.generator with xxhash, MinHashLSH with the bands it chooses (14 of 9); what it finds is not verified."""
    from datasketch import MinHash, MinHashLSH
    from xxhash import xxh32_intdigest

    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    sets = ([shingle.encode() for shingle in shingles(text)] for text in texts(path))
    kept = []
    for number, minhash in enumerate(MinHash.generator(sets, num_perm=PERMUTATIONS, hashfunc=xxh32_intdigest)):
        if not index.query(minhash):
            index.insert(number, minhash, check_duplication=False)
            kept.append(number)
    return kept


def rensa(path: str) -> list[int]:
    """RMinHashDeduplicator.add_pairs with the bands it chooses: R-MinHash, candidates verified by their signatures."""
    from rensa import RMinHashDeduplicator

    index = RMinHashDeduplicator(threshold=THRESHOLD, num_perm=PERMUTATIONS, use_lsh=True)
    kept = index.add_pairs((str(number), shingles(text)) for number, text in enumerate(texts(path)))
    return [number for number, stays in enumerate(kept) if stays]


def rensa_rho(path: str) -> list[int]:
    """rensa's rho pipeline, which samples shingles, tells the rows that may have a partner; add_pairs decides those."""
    from rensa import RMinHash, RMinHashDeduplicator, RMinHashLSH

    matrix = RMinHash.digest_matrix_from_token_sets_rho(map(shingles, texts(path)), num_perm=PERMUTATIONS, seed=42)
    flags = RMinHashLSH(THRESHOLD, num_perm=PERMUTATIONS, num_bands=16).query_duplicate_flags_matrix_one_shot(matrix)
    doubtful = [number for number, flag in enumerate(flags) if flag]
    index = RMinHashDeduplicator(threshold=THRESHOLD, num_perm=PERMUTATIONS, use_lsh=True)
    stays = index.add_pairs((str(number), shingles(text)) for number, text in enumerate(texts(path)) if flags[number])
    gone = {number for number, stay in zip(doubtful, stays, strict=True) if not stay}
    return [number for number in range(len(flags)) if number not in gone]


def gaoya(path: str) -> list[int]:
    """MinHashStringIndex with 32-bit hashes in 32 bands of 4; all documents are inserted, then asked, in parallel."""
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(
        hash_size=32, jaccard_threshold=THRESHOLD, num_bands=32, band_size=4, num_hashes=PERMUTATIONS,
        analyzer="word", lowercase=True, ngram_range=(5, 5), id_container="smallvec",
    )  # fmt: skip
    documents = list(texts(path))
    index.par_bulk_insert_docs(list(range(len(documents))), documents)
    stays = [True] * len(documents)
    for number, found in enumerate(index.par_bulk_query(documents)):
        stays[number] = not any(other < number and stays[other] for other in found)
    return [number for number, stay in enumerate(stays) if stay]


class Words:
    """Words split at white space, where datatrove would load spaCy."""

    def word_tokenize(self, text: str) -> list[str]:
        """The words of a text."""
        return text.split()


def datatrove(path: str) -> list[int]:
    """MinhashDedupSignature, Buckets and Cluster, 14 buckets of 8, on all cores; the file is cut into one for each."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.utils.text import TextNormConfig

    only_lower = TextNormConfig(
        lowercase=True, norm_whitespace=False, remove_punctuation=False, norm_unicode_diacritics=False
    )
    config = MinhashConfig(n_grams=5, num_buckets=14, hashes_per_bucket=8, norm_config=only_lower)
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        starts = split(path, folder, cores)
        sign = MinhashDedupSignature(f"{folder}/signatures", config)
        sign.word_tokenizer = Words()
        reader = JsonlReader(f"{folder}/rows", text_key="output")
        steps = (
            ([reader, sign], cores),
            ([MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=config)], config.num_buckets),
            ([MinhashDedupCluster(f"{folder}/buckets", f"{folder}/removed", config=config)], 1),
        )
        for number, (pipeline, tasks) in enumerate(steps):
            LocalPipelineExecutor(
                pipeline, tasks=tasks, workers=min(tasks, cores), logging_dir=f"{folder}/logs-{number}"
            ).run()
        gone = set()
        for part in range(cores):
            name = f"{folder}/removed/{part:06d}.remove"
            if os.path.exists(name):
                with open(name, "rb") as file:
                    gone.update(starts[part] + row for row in memoryview(file.read()).cast("I"))
    return [number for number in range(starts[-1]) if number not in gone]


def split(path: str, folder: str, parts: int) -> list[int]:
    """Cut the lines of a file into files of equal size; gives the number of the first row of each, and of all rows."""
    os.mkdir(f"{folder}/rows")
    size = os.path.getsize(path)
    starts = [0]
    with open(path, "rb") as file:
        for part in range(parts):
            with open(f"{folder}/rows/{part:05d}.jsonl", "wb") as out:
                count = 0
                while file.tell() < size * (part + 1) // parts and (some := file.readlines(1 << 20)):
                    out.writelines(some)
                    count += len(some)
            starts.append(starts[-1] + count)
    return starts


PEERS = {"datasketch": datasketch, "rensa": rensa, "rensa-rho": rensa_rho, "gaoya": gaoya, "datatrove": datatrove}
NEEDED = {"datasketch": "xxhash", "datatrove": "tokenizers xxhash"}


def installed() -> dict[str, str]:
    """The version of each peer, or what it lacks."""
    found = {}
    for name in PEERS:
        try:
            for needed in NEEDED.get(name, "").split():
                metadata.version(needed)
            found[name] = metadata.version(name.split("-")[0])
        except metadata.PackageNotFoundError as error:
            found[name] = f"missing ({error.name})"
    return found


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(json.dumps(installed()))
    else:
        with open(sys.argv[3], "w") as file:
            json.dump(PEERS[sys.argv[1]](sys.argv[2]), file)
