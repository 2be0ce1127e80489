"""Trains the block models of extract_html and writes their tables. Needs numpy and lightgbm. tools/train_extract.sh runs all of it.

    train_extract.py labels BLOCKS GOLD.jsonl LABELS.npz      GOLD: a line a page: {"name": "<name>.html", "url", "text"}
    train_extract.py hints BLOCKS LABELS.npz TABLE [K/N]
    train_extract.py first BLOCKS LABELS.npz TABLE PROBABILITIES [K/N]
    train_extract.py second BLOCKS LABELS.npz TABLE [K/N]

BLOCKS is what `bench_html PAGES --blocks` prints. K/N leaves out the pages of domains whose hash is K modulo N, to be measured on just those.

A block's label is the share of its words that the gold text holds in the same order (an alignment in which a run of equal words must be
worth more than it costs to begin one), so that "the" in a menu is not content because "the" stands in the article."""
import collections, json, math, pathlib, re, struct, sys, urllib.parse, zlib

import numpy as np

ROOT = pathlib.Path(__file__).parent.parent
RUN_COST = 2.0   # words that a run must match before it pays
WORD = re.compile(r"\w+")


# ---- reading what bench_html prints ----

class Page:
    pass


def read_blocks(path):
    data = open(path, "rb").read()
    at = 0

    def u32():
        nonlocal at
        at += 4
        return struct.unpack_from("<I", data, at - 4)[0]

    def text():
        nonlocal at
        size = u32()
        at += size
        return data[at - size:at]

    pages = []
    while at < len(data):
        page = Page()
        page.name = text().decode()
        block_count, node_count, feature_count = u32(), u32(), u32()
        page.words = np.zeros(block_count, np.float32)
        page.texts = []
        page.features = np.zeros((block_count, feature_count), np.float32)
        for i in range(block_count):
            page.words[i] = u32() / 2
            page.texts.append(text().decode("utf-8", "replace"))
            page.features[i] = np.frombuffer(data, np.float32, feature_count, at)
            at += 4 * feature_count
        page.nodes = []
        for i in range(node_count):
            first, end = u32(), u32()
            page.nodes.append((first, end, text(), text()))
        pages.append(page)
    return pages


# ---- labels ----

def align(page_ids, gold_ids):
    """Which of page_ids are matched, and which of gold_ids. Only rows of the table where something can match are computed."""
    gold_count = len(gold_ids)
    places = collections.defaultdict(list)
    for j, word in enumerate(gold_ids):
        places[word].append(j + 1)
    places = {word: np.array(js) for word, js in places.items()}
    best = np.zeros(gold_count + 1, np.float32)          # best score of the words so far against gold[:j]
    rows = []                                            # of each page word that stands in the gold text
    run_js, run_scores = np.zeros(0, np.int64), np.zeros(0, np.float32)   # scores that end in a match of the word before
    previous = -2
    for i, word in enumerate(page_ids):
        js = places.get(word)
        if js is None:
            continue
        begin = best[js - 1] + 1 - RUN_COST
        go_on = np.full(len(js), -1e9, np.float32)
        if previous == i - 1 and len(run_js):
            at = np.searchsorted(run_js, js - 1)
            at[at == len(run_js)] = 0
            hit = run_js[at] == js - 1
            go_on[hit] = run_scores[at[hit]] + 1
        scores = np.maximum(begin, go_on)
        improved = scores > best[js]
        rows.append((i, js, go_on >= begin, improved, scores))
        new = best.copy()
        new[js] = np.maximum(best[js], scores)
        best = np.maximum.accumulate(new)
        rows[-1] += (best,)
        run_js, run_scores, previous = js, scores, i
    page_hit, gold_hit = np.zeros(len(page_ids), bool), np.zeros(gold_count, bool)
    k, j = len(rows) - 1, gold_count
    in_run = False
    while k >= 0 and j > 0:
        i, js, goes_on, improved, scores, row = rows[k]
        above = rows[k - 1][5] if k > 0 else np.zeros(gold_count + 1, row.dtype)
        if not in_run:
            j = int(np.searchsorted(row[:j + 1], row[j]))   # the first place with this score
            if j == 0:
                break
            if above[j] >= row[j]:
                k -= 1
                continue
        at = int(np.searchsorted(js, j))
        if at == len(js) or js[at] != j:
            in_run = False
            k -= 1
            continue
        page_hit[i] = gold_hit[j - 1] = True
        in_run = bool(goes_on[at])
        k -= 1
        j -= 1
    return page_hit, gold_hit


def label_page(texts, gold):
    ids = {}
    number = lambda words: [ids.setdefault(word, len(ids)) for word in words]
    gold_ids = np.array(number(WORD.findall(gold.lower())), np.int64)
    blocks = [number(WORD.findall(text.lower())) for text in texts]
    page_ids = np.array([word for block in blocks for word in block], np.int64)
    hit, gold_hit = np.zeros(len(page_ids), bool), np.zeros(len(gold_ids), bool)
    for _ in range(3):      # once more over what is left: some gold texts are in another order than the page
        left, gold_left = np.flatnonzero(~hit), np.flatnonzero(~gold_hit)
        if len(left) == 0 or len(gold_left) == 0:
            break
        a, b = align(page_ids[left].tolist(), gold_ids[gold_left].tolist())
        hit[left[a]] = True
        gold_hit[gold_left[b]] = True
    counts = np.array([len(block) for block in blocks], np.int64)
    ends = np.cumsum(counts)
    sums = np.concatenate([[0], np.cumsum(hit)])
    matched = sums[ends] - sums[ends - counts]
    return matched, counts, len(gold_ids)


def make_labels(blocks_path, gold_path, out_path):
    gold = {row["name"]: row for row in map(json.loads, open(gold_path, encoding="utf-8"))}
    out = {}
    for count, page in enumerate(read_blocks(blocks_path)):
        row = gold[page.name]
        matched, counts, gold_count = label_page(page.texts, row["text"])
        domain = urllib.parse.urlsplit(row["url"]).netloc.removeprefix("www.")
        out[page.name] = np.array([matched, counts], np.int32)
        out[page.name + "/about"] = np.array([gold_count, zlib.crc32(domain.encode())], np.int64)
        if count % 100 == 0:
            print(count, matched.sum() / max(gold_count, 1), file=sys.stderr)
    np.savez_compressed(out_path, **out)


# ---- hints ----

FOLD_SEED = 7


def fold_of(domain, fold_count):
    return (domain * 2654435761 + FOLD_SEED >> 7) % fold_count


def names_of(attribute):
    """As cy_html_hint_hashes: each name whole and its parts, lower case, digits left out."""
    for name in attribute[:200].split():
        whole = b"".join(re.findall(rb"[A-Za-z\x80-\xff_-]+", name)).lower()
        parts = re.findall(rb"[A-Z]+[a-z\x80-\xff]*|[a-z\x80-\xff]+", name)
        if whole:
            yield whole
        if len(parts) > 1 or (parts and parts[0].lower() != whole):
            yield from (part.lower() for part in parts)


def learn_hints(pages, domains_min=12):
    """{name: score}: log odds (1/16 nat) that text under an element with the name is content, against the page at large."""
    shares, bases, weights, domains = (collections.defaultdict(x) for x in (float, float, float, set))
    for page in pages:
        words, content = (np.concatenate([[0], np.cumsum(x)]) for x in (page.counts, page.matched))
        if words[-1] == 0:
            continue
        base = content[-1] / words[-1]
        of_name = collections.defaultdict(lambda: np.zeros(2))
        for first, end, classes, identity in page.nodes:
            if end > first and (classes or identity):
                amount = np.array([content[end] - content[first], words[end] - words[first]])
                for name in set(names_of(classes)) | set(names_of(identity)):
                    of_name[name] += amount
        for name, (content_under, words_under) in of_name.items():
            if words_under > 0:
                weight = min(1, words_under / 15)
                shares[name] += weight * content_under / words_under
                bases[name] += weight * base
                weights[name] += weight
                domains[name].add(page.domain)
    logit = lambda share: math.log(share / (1 - share))
    hints = {}
    for name, weight in weights.items():
        if len(domains[name]) < domains_min or len(name) < 2:
            continue
        base = min(0.95, max(0.05, bases[name] / weight))
        share = min(0.995, max(0.005, (shares[name] + 4 * base) / (weight + 4)))
        score = round(16 * (logit(share) - logit(base)))
        if abs(score) >= 6:
            hints[name.decode("ascii", "ignore")] = score
    return hints


def write_items(out, items):
    line = ""
    for item in items:
        if len(line) + len(item) > 138:
            out.write(line.rstrip() + "\n")
            line = ""
        line += item
    out.write(line.rstrip() + "\n")


def write_hints(hints, path):
    with open(path, "w") as out:
        out.write("/* Names and scores, written by tools/train_extract.py. */\n/* clang-format off */\n")
        write_items(out, ('{"%s", %d}, ' % (name, hints[name]) for name in sorted(hints)))
        out.write("/* clang-format on */\n")


def read_labelled(blocks_path, labels_path):
    labels = np.load(labels_path)
    pages = read_blocks(blocks_path)
    for page in pages:
        page.matched, page.counts = labels[page.name].astype(float)
        page.gold_count, page.domain = (int(x) for x in labels[page.name + "/about"])
        page.label = page.matched / np.maximum(page.counts, 1)
    return pages


def not_in_fold(pages, fold):
    if fold is None:
        return pages
    k, n = map(int, fold.split("/"))
    return [page for page in pages if fold_of(page.domain, n) != k]


def make_hints(blocks_path, labels_path, out_path, fold=None):
    hints = learn_hints(not_in_fold(read_labelled(blocks_path, labels_path), fold))
    print(len(hints), "names", file=sys.stderr)
    write_hints(hints, out_path)


# ---- models ----

PARAMS = {"objective": "cross_entropy", "num_leaves": 28, "max_depth": 7, "learning_rate": 0.1, "min_data_in_leaf": 250, "feature_fraction": 0.4,
          "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 20, "max_bin": 127, "verbose": -1, "num_threads": 2, "seed": 1,
          "deterministic": True}
TREES = 120
INNER_FOLDS = 3


def feature_names():
    text = (ROOT / "src/html/html_features.h").read_text()
    first = text.split("define CY_HTML_FEATURES(X)")[1].split("clang-format on")[0]
    second = text.split("define CY_HTML_SECOND_FEATURES")[1].split("clang-format on")[0]
    names = lambda part: re.findall(r"\bX\((\w+)\)", part)
    return names(first), names(second)


def train(pages, columns):
    """Every page weighs the same, and within it every word."""
    import lightgbm
    features = np.concatenate([page.features[:, :columns] for page in pages])
    labels = np.concatenate([page.label for page in pages])
    weights = np.concatenate([page.words / max(page.words.sum(), 20) for page in pages])
    used = weights > 0
    data = lightgbm.Dataset(features[used], labels[used], weight=weights[used] / weights[used].mean())
    return lightgbm.train(PARAMS, data, TREES)


def predict(model, page, columns):
    return model.predict(page.features[:, :columns], num_threads=2) if len(page.words) else np.zeros(0)


def write_model(model, names, path):
    """Each tree from its root on: a node N(threshold, feature), its left branch, its right branch; a leaf L(score)."""
    items = []

    def add(node):
        if "leaf_value" in node:
            items.append("L(%.4ff) " % node["leaf_value"])
            return
        assert node["decision_type"] == "<="
        threshold = "%.6g" % node["threshold"]
        items.append("N(%s, %s) " % (threshold + ("f" if "." in threshold or "e" in threshold else ".0f"), names[node["split_feature"]]))
        add(node["left_child"])
        add(node["right_child"])

    for tree in model.dump_model()["tree_info"]:
        add(tree["tree_structure"])
    with open(path, "w") as out:
        out.write("/* Written by tools/train_extract.py; html_model.c says how to read it. */\n/* clang-format off */\n")
        write_items(out, items)
        out.write("/* clang-format on */\n")


def train_first(blocks_path, labels_path, table_path, probabilities_path, fold=None):
    """The first model; and for the second one its probabilities of all pages, each page's by a model that did not see its domain."""
    pages = read_labelled(blocks_path, labels_path)
    used = not_in_fold(pages, fold)
    names = feature_names()[0]
    model = train(used, len(names))
    write_model(model, names, table_path)
    inner = lambda page: fold_of(page.domain * 31 + 5, INNER_FOLDS)
    models = [train([page for page in used if inner(page) != k], len(names)) for k in range(INNER_FOLDS)]
    seen = {page.name for page in used}
    with open(probabilities_path, "wb") as out:
        for page in pages:
            out.write(predict(models[inner(page)] if page.name in seen else model, page, len(names)).astype(np.float32).tobytes())


def train_second(blocks_path, labels_path, table_path, fold=None):
    names = sum(feature_names(), [])
    write_model(train(not_in_fold(read_labelled(blocks_path, labels_path), fold), len(names)), names, table_path)


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    {"labels": make_labels, "hints": make_hints, "first": train_first, "second": train_second}[command](*arguments)
