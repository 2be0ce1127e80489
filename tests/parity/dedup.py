"""dedup_minhash against exact Jaccard similarity by brute force, and against datatrove's MinHash.

The oracle splits texts into words and n-grams by itself, after docs/dedup.md, and compares sets: no hashes. Texts: the shared test data
(main contents of English web pages, chapters of a Chinese textbook, Tang poems), as they are and edited to known similarity. Every
figure is deterministic: edits are seeded (CIYUAN_SEED) and the program's permutations are fixed.
Needs: $CIYUAN, the program; $CIYUAN_SHARED, the shared test data; pyarrow. The last comparison also needs datatrove and spaCy.
"""
import bisect, collections, functools, gzip, json, math, os, random, re, subprocess, sys, tempfile, traceback, unicodedata

import pyarrow.parquet

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("CIYUAN", os.path.join(ROOT, "build/release/ciyuan"))
SHARED = os.environ.get("CIYUAN_SHARED", os.path.join(ROOT, "../shared"))
SEED = int(os.environ.get("CIYUAN_SEED", 1))
BANDS, ROWS, NGRAM = 14, 8, 5
PERMUTATIONS = BANDS * ROWS
failures = 0


def check(sentence, run):
    global failures
    try:
        note = run()
        print(f"ok - {sentence}" + (f" ({note})" if note else ""), flush=True)
    except Exception as error:
        failures += 1
        where = traceback.extract_tb(error.__traceback__)[-1]
        print(f"not ok - {sentence}: {type(error).__name__}: {str(error)[:600]} (line {where.lineno}, CIYUAN_SEED={SEED})", flush=True)


# ---- the oracle ----

UNSPACED = ("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH", "HIRAGANA LETTER", "KATAKANA LETTER", "THAI ", "LAO ", "KHMER ", "MYANMAR ", "TIBETAN ", "BOPOMOFO ")
NUMBER = re.compile(r"\d+([.,،٫⎖⎗⎘]\d+)?")


@functools.lru_cache(None)
def simplified(c):
    category = unicodedata.category(c)
    if category in ("Mn", "Cf"):
        return ""
    if category[0] in "PSZ" or category == "Cc":
        return " "
    if unicodedata.name(c, "").startswith(UNSPACED):
        return f" {c} " if len(base := [x for x in unicodedata.normalize("NFD", c) if unicodedata.category(x) != "Mn"]) != 1 else f" {base[0]} "
    low = c.lower()[0]
    base = [x for x in unicodedata.normalize("NFD", low) if unicodedata.category(x) != "Mn"]
    return base[0] if len(base) == 1 else low


def words_of(text):
    return "".join(map(simplified, NUMBER.sub("0", text))).split()


def shingles_of(text):
    words = words_of(text)
    if 0 < len(words) < NGRAM:
        return {" ".join(words)}
    return {" ".join(words[i:i + NGRAM]) for i in range(len(words) - NGRAM + 1)}


def jaccard(a, b):
    return len(a & b) / len(a | b) if a or b else 0.0


def found_probability(s):
    return 1 - (1 - s ** ROWS) ** BANDS


def similar_pairs(sets, least):
    """{(i, j): Jaccard} of all pairs i < j whose similarity is at least `least`."""
    holders = collections.defaultdict(list)
    for i, one in enumerate(sets):
        for shingle in one:
            holders[shingle].append(i)
    shared = collections.Counter()
    for rows in holders.values():
        for place, i in enumerate(rows):
            for j in rows[place + 1:]:
                shared[i, j] += 1
    pairs = {}
    for (i, j), count in shared.items():
        s = count / (len(sets[i]) + len(sets[j]) - count)
        if s >= least:
            pairs[i, j] = s
    return pairs


# ---- the program ----

def build(folder, name, texts, params="", format="parquet"):
    """Builds FOLDER/NAME of texts, whose ids are their numbers; returns the rows of its verdicts."""
    with open(f"{folder}/{name}.jsonl", "w") as out:
        for i, text in enumerate(texts):
            out.write(json.dumps({"id": str(i), "text": text}) + "\n")
    with open(f"{folder}/{name}.yaml", "w") as out:
        out.write(f"name: parity\nsources: [{{path: {name}.jsonl}}]\nsteps: [dedup_minhash: {{{params}}}]\n"
                  f"output: {{path: {name}, format: {format}, removed_text: none}}\n")
    ran = subprocess.run([PROGRAM, "build", f"{folder}/{name}.yaml"], capture_output=True, text=True)
    if ran.returncode != 0:
        raise RuntimeError(ran.stderr)
    columns = ["id", "rule", "duplicate_of", "similarity"]
    return [row for verdicts in sorted(os.listdir(f"{folder}/{name}/verdicts"))
            for row in pyarrow.parquet.read_table(f"{folder}/{name}/verdicts/{verdicts}", columns=columns).to_pylist()]


def removed_by_ciyuan(texts, params=""):
    """{row: (kept row, similarity)} of texts, by a build."""
    with tempfile.TemporaryDirectory() as folder:
        return {int(row["id"]): (int(row["duplicate_of"]), row["similarity"]) for row in build(folder, "out", texts, params)}


# ---- texts ----

def lines_of(name):
    with gzip.open(f"{SHARED}/data/{name}", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def edited(text, share, rng, vocabulary):
    """`text` with that share of its words replaced by words of other texts; Chinese by the character."""
    parts = re.findall(r"[㐀-鿿]|[^\W\d_]+|[\W\d_]+", text)
    return "".join(rng.choice(vocabulary) if part[0].isalpha() and rng.random() < share else part for part in parts)


# ---- what is checked ----

def check_similarities(sets, removed):
    worst, squares = 0.0, 0.0
    for row, (kept, similarity) in removed.items():
        exact = jaccard(sets[row], sets[kept])
        deviation = math.sqrt(exact * (1 - exact) / PERMUTATIONS)
        if exact in (0.0, 1.0):
            if similarity != exact:
                raise AssertionError(f"text {row} is said to be {similarity} like {kept}, exact {exact}")
            continue
        z = (similarity - exact) / deviation
        squares += z * z
        worst = max(worst, abs(z))
        if abs(z) > 6.5:
            raise AssertionError(f"text {row} is said to be {similarity:.4f} like {kept}, exact {exact:.4f}: {z:.1f} standard deviations")
    return f"{len(removed)} verdicts, at most {worst:.1f} standard deviations off"


def check_found(sets, removed):
    """Pairs that no other text disturbs are found as often as the curve says."""
    pairs = similar_pairs(sets, 0.05)
    neighbours = collections.Counter()
    for (i, j), s in pairs.items():
        if s >= 0.3:
            neighbours[i] += 1
            neighbours[j] += 1
    alone = {pair: s for pair, s in pairs.items() if s >= 0.3 and neighbours[pair[0]] == neighbours[pair[1]] == 1}
    expected = sum(found_probability(s) for s in alone.values())
    variance = sum(found_probability(s) * (1 - found_probability(s)) for s in alone.values())
    found = sum(removed.get(j, (None,))[0] == i for i, j in alone)
    if abs(found - expected) > 4.5 * math.sqrt(variance) + 1:
        raise AssertionError(f"{found} of {len(alone)} pairs found, expected {expected:.1f} ± {math.sqrt(variance):.1f}")
    return f"{found} of {len(alone)} pairs of 0.3 or more, expected {expected:.1f} ± {math.sqrt(variance):.1f}"


def check_equal_sets(sets, removed):
    first = {}
    count = 0
    for row, one in enumerate(sets):
        key = frozenset(one)
        if one and key in first:
            count += 1
            if row not in removed:
                raise AssertionError(f"text {row} has the n-grams of text {first[key]}, and was kept")
        first.setdefault(key, row)
    return f"{count} texts"


def check_nothing_strange(sets, removed):
    """Clusters are connected by similar pairs, save for as many as chance allows among the less similar ones."""
    pairs = similar_pairs(sets, 0.01)
    parents = list(range(len(sets)))

    def find(i):
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    for (i, j), s in pairs.items():
        if s >= 0.3:
            parents[find(i)] = find(j)
    chance = sum(found_probability(s) for s in pairs.values() if s < 0.3)
    strange = sum(find(row) != find(kept) for row, (kept, _) in removed.items())
    if strange > chance + 4.5 * math.sqrt(chance) + 3:
        raise AssertionError(f"{strange} texts are in a cluster without a similar text, by chance {chance:.1f}")
    return f"{strange} of {len(removed)} without a pair of 0.3 or more, by chance {chance:.1f}"


def check_curve(originals, vocabulary, shares):
    """Each text and one edit of it, a run a share; pairs by exact similarity in bins."""
    rng = random.Random(SEED)
    bins = [0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0]
    rows = collections.defaultdict(lambda: [0, 0, 0.0, 0.0])  # pairs, found, expected, variance
    original_sets = [shingles_of(text) for text in originals]
    for share in shares:
        copies = [edited(text, share, rng, vocabulary) for text in originals]
        removed = removed_by_ciyuan(originals + copies)
        for i, copy in enumerate(copies):
            s = jaccard(original_sets[i], shingles_of(copy))
            if s < bins[0] or s == 1 or i in removed:
                continue
            row = rows[bisect.bisect_right(bins, s) - 1]
            p = found_probability(s)
            row[0] += 1
            row[1] += removed.get(len(originals) + i, (None,))[0] == i
            row[2] += p
            row[3] += p * (1 - p)
    notes = []
    for place in sorted(rows):
        count, found, expected, variance = rows[place]
        notes.append(f"{bins[place]:.2f}: {found}/{count}, expected {expected:.1f} ± {math.sqrt(variance):.1f}")
        if abs(found - expected) > 4.5 * math.sqrt(variance) + 1:
            raise AssertionError(notes[-1])
    return f"{sum(row[0] for row in rows.values())} pairs; " + "; ".join(notes)


def check_against(texts, rng, vocabulary):
    """What a build has, the next one that names it does not bring again: edits go, new texts stay; whatever format the shards have."""
    edits = [edited(text, 0.004, rng, vocabulary) for text in texts[:200]]
    new = [" ".join(rng.sample(vocabulary, 80)) for _ in range(100)]
    with tempfile.TemporaryDirectory() as folder:
        for format in ("parquet", "jsonl", "jsonl.gz", "jsonl.zst"):
            name = "earlier-" + format.replace(".", "-")
            gone = {int(row["id"]): int(row["duplicate_of"]) for row in build(folder, name, texts, format=format)}
            rows = build(folder, "later", edits + new, f"against: [{name}]")
            for row in rows:
                i = int(row["id"])
                if row["rule"] != "near_duplicate_of_earlier" or int(row["duplicate_of"]) != gone.get(i, i):
                    raise AssertionError(f"{format}: text {i} is {row}, expected a near-duplicate of {gone.get(i, i)}")
            expected = {i for i in range(len(edits)) if jaccard(shingles_of(edits[i]), shingles_of(texts[gone.get(i, i)])) > 0.9}
            missed = expected - {int(row["id"]) for row in rows}
            if len(missed) > 1:
                raise AssertionError(f"{format}: {len(missed)} of {len(expected)} edits were kept: {sorted(missed)[:10]}")
            subprocess.run(["rm", "-r", f"{folder}/later"], check=True)
    return f"{len(expected)} edits and {len(new)} new texts"


def removed_by_datatrove(texts):
    from datatrove.data import Document
    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter
    from datatrove.utils.hashing import HashConfig
    # SHA-1 in place of xxHash, whose package no longer takes str
    config = MinhashConfig(num_buckets=BANDS, hashes_per_bucket=ROWS, n_grams=NGRAM, hash_config=HashConfig(hash_fc="sha1"))
    documents = lambda: [Document(text=text, id=str(i)) for i, text in enumerate(texts)]
    with tempfile.TemporaryDirectory() as folder:
        MinhashDedupSignature(f"{folder}/signatures", config=config, language="en").run(documents(), 0, 1)
        for bucket in range(BANDS):
            MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=config).run(None, bucket, BANDS)
        MinhashDedupCluster(f"{folder}/buckets", f"{folder}/remove", config=config).run(None, 0, 1)
        kept = {int(document.id) for document in MinhashDedupFilter(f"{folder}/remove").run(documents(), 0, 1)}
    return {i for i in range(len(texts)) if i not in kept}


def check_datatrove(texts):
    """Both choose at random, each by its own hashes; only pairs near the curve's slope may go either way."""
    ours, theirs = set(removed_by_ciyuan(texts)), removed_by_datatrove(texts)
    agree = 1 - len(ours ^ theirs) / len(texts)
    if agree < 0.98:
        raise AssertionError(f"{100 * agree:.2f} % of verdicts agree; {len(ours - theirs)} removed by us alone, {len(theirs - ours)} by datatrove alone")
    return f"{100 * agree:.2f} % of {len(texts)} verdicts agree; removed by us {len(ours)}, by datatrove {len(theirs)}, by both {len(ours & theirs)}"


def main():
    if not os.path.exists(f"{SHARED}/data/web/gold.jsonl.gz"):
        print("skip - dedup_minhash against exact similarity: the shared test data is not there")
        return 0
    english = [line["main_content"] for line in lines_of("web/gold.jsonl.gz")]
    poems = [line["text"] for line in lines_of("zh/tang.jsonl.gz")]
    chapters = [line["text"] for line in lines_of("zh/d2l.jsonl.gz")]
    rng = random.Random(SEED)
    english_words = [word for text in english for word in words_of(text)[:200]]
    chinese_words = [c for text in poems[::40] for c in words_of(text)]
    for name, texts in (("web pages, half of them twice with 1 to 20 % of the words edited",
                         english + [edited(text, rng.uniform(0.01, 0.2), rng, english_words) for text in english[::2]]),
                        ("Tang poems", poems),
                        ("Chinese chapters, each twice with 1 to 12 % edited",
                         chapters + [edited(text, rng.uniform(0.01, 0.12), rng, chinese_words) for text in chapters])):
        sets = [shingles_of(text) for text in texts]
        removed = removed_by_ciyuan(texts)
        check(f"{name}: the similarity of a verdict is the exact one, within its sampling error", lambda: check_similarities(sets, removed))
        check(f"{name}: pairs are found as often as 1-(1-s^r)^b says", lambda: check_found(sets, removed))
        check(f"{name}: texts with the same n-grams are always found", lambda: check_equal_sets(sets, removed))
        check(f"{name}: nothing else is found", lambda: check_nothing_strange(sets, removed))
    check("English, edited: recall lies on the curve at every similarity", lambda: check_curve(english, english_words, [0.01, 0.02, 0.03, 0.05, 0.07]))
    long_poems = [text for text in poems if len(text) > 60][:4000]
    check("Chinese, edited: recall lies on the curve at every similarity", lambda: check_curve(long_poems, chinese_words, [0.02, 0.05]))
    check("what an earlier dataset has is removed and named, in every format of shards", lambda: check_against(english, rng, english_words))
    try:
        import datatrove.pipeline.dedup, spacy
    except ImportError as error:
        print(f"skip - datatrove removes the same texts: {error}")
    else:
        texts = english + [edited(text, rng.choice([0.005, 0.01, 0.15, 0.3]), rng, english_words) for text in english[::2]]
        check("datatrove removes the same texts", lambda: check_datatrove(texts))
    return 1 if failures else 0


sys.exit(main())
