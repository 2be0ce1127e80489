#!/usr/bin/env python3
"""url_filter against datatrove's URLFilter on the URLs of the shared web data, with lists drawn from them.

The URLs are put in lower case first, for datatrove compares words with their case, and lists hold whole URLs and registered domains or hosts,
for that is what it looks up; docs/url_filter.md states both. Then every verdict must have the same reason.
"""
import gzip
import json
import os
import random
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CIYUAN = os.environ.get("CIYUAN", os.path.join(HERE, "..", "..", "build", "release", "ciyuan"))
SHARED = os.environ.get("CIYUAN_SHARED", os.path.join(HERE, "..", "..", "..", "shared"))
SENTENCE = "url_filter removes what datatrove's URLFilter removes, by the same rule"
REASONS = {"domain": "domain", "subdomain": "domain", "url": "url", "hard_blacklisted": "word", "soft_blacklisted": "soft_words",
           "blacklisted_subword": "subword"}


def main():
    path = os.path.join(SHARED, "data", "web", "gold.jsonl.gz")
    if not os.path.exists(path):
        print(f"skip - {SENTENCE}: the shared data is not here")
        return 0
    try:
        from datatrove.data import Document
        from datatrove.pipeline.filters import URLFilter
        import ahocorasick  # noqa: F401
        from tldextract import TLDExtract
    except ImportError as error:
        print(f"skip - {SENTENCE}: {error}")
        return 0
    with gzip.open(path, "rt", encoding="utf-8") as file:
        urls = sorted({json.loads(line)["url"].lower() for line in file})
    seed = int(os.environ.get("CIYUAN_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
    rnd, extract = random.Random(seed), TLDExtract(suffix_list_urls=())
    words = sorted({word for url in urls for word in re.split("[^a-z0-9]+", url) if len(word) > 3 and word not in ("https", "http")})
    lists = {
        "domains": [part for url in rnd.sample(urls, 60) for part in [rnd.choice([extract(url).top_domain_under_public_suffix, extract(url).fqdn])] if part],
        "urls": rnd.sample(urls, 60),
        "banned_words": rnd.sample(words, 60),
        "banned_subwords": [word[1:] + rnd.choice(words)[:1] for word in rnd.sample(words, 60)],
        "soft_banned_words": rnd.sample(words, 400),
    }
    peer = URLFilter(soft_word_threshold=2, extra_domains=lists["domains"], extra_urls=lists["urls"], banned_words=lists["banned_words"],
                     banned_subwords=lists["banned_subwords"], soft_banned_words=lists["soft_banned_words"], use_integrated_lists=False)
    peer.tldextractor = extract  # the snapshot of the public suffixes that comes with it: no network
    theirs = []
    for url in urls:
        result = peer.filter(Document(text="", id="", metadata={"url": url}))
        theirs.append("kept" if result is True else REASONS[result[1]])
    lines = "".join(json.dumps({"text": "x", "url": url}) + "\n" for url in urls)
    run = subprocess.run([CIYUAN, "try", "url_filter:" + json.dumps(lists), "-"], input=lines, capture_output=True, text=True, check=True)
    ours = [row.get("rule", "kept") for row in map(json.loads, filter(None, run.stdout.split("\n")))]
    counts = {rule: theirs.count(rule) for rule in sorted(set(theirs))}
    wrong = [(url, us, them) for url, us, them in zip(urls, ours, theirs) if us != them]
    print(f"not ok - {SENTENCE}: {wrong[:5]}" if wrong or len(ours) != len(urls) else f"ok - {SENTENCE} ({counts}, seed {seed})")
    return bool(wrong)


sys.exit(main())
