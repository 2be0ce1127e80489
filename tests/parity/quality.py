#!/usr/bin/env python3
"""The quality operators against datatrove 0.10.1, verdict by verdict and signal by signal.

    CIYUAN=build/release/ciyuan CIYUAN_SHARED=../shared .deps/venv/bin/python tests/parity/quality.py [--every N] [--report]

Texts: the gold texts of the shared web pages, text that ciyuan extracts from two of its files, and the Chinese texts. datatrove's filters say
why they drop a document, not what they measured; so its verdicts come from its filters, and its numbers from the helper functions that those
call. Its words are those of its default, spaCy's English rules; for Chinese they are those rules with the one of docs/words.md for scripts
without spaces added, written here a second time, for datatrove does not cut Chinese unless told "cmn_Hani" (--words says otherwise).
--report prints the tables of docs/parity.md. Without --every, every 3rd document.
"""
import argparse, collections, gzip, json, os, subprocess, sys, tempfile

import numpy as np

os.environ.setdefault("CIYUAN", "build/release/ciyuan")
SHARED = os.path.join(os.environ.get("CIYUAN_SHARED") or os.path.join(os.path.dirname(__file__), "../../../shared"), "data")
FILTERS = ["gopher_repetition", "gopher_quality", "c4_quality", "fineweb_quality"]
AGREE_MIN = 0.98   # of all verdicts
EXACT = 1e-9
try:
    from datatrove.data import Document
    from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
    from datatrove.pipeline.filters import gopher_repetition_filter as repetition
    from datatrove.pipeline.filters.gopher_quality_filter import STOP_WORDS
    from datatrove.utils.text import PUNCTUATION_SET, TERMINAL_PUNCTUATION, split_into_words
    from datatrove.utils.word_tokenizers import WordTokenizer, load_word_tokenizer
    import regex
except ImportError as error:
    print(f"skip - the quality operators agree with datatrove: {error}")
    sys.exit(0)


def ciyuan(steps, path, *options):
    out = subprocess.run([os.environ["CIYUAN"], "try", *options, *steps, path], stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def texts_of(name, every):
    """[(id, text)], every n-th of the set."""
    if name == "gold":
        lines = [json.loads(line) for line in gzip.open(f"{SHARED}/web/gold.jsonl.gz", "rt")]
        rows = [(line["record_id"], line["main_content"]) for line in lines]
    elif name == "pages":
        rows = [(row["id"], row.get("text", "")) for number in (0, 3)
                for row in ciyuan(["extract_html"], f"{SHARED}/web/pages-0{number}.warc.gz", "--text") if row["what"] == "kept"]
    elif name == "zh":
        rows = [(row["id"], row["text"]) for file, step in (("d2l", 1), ("tang", 40))
                for row in list(map(json.loads, gzip.open(f"{SHARED}/zh/{file}.jsonl.gz", "rt")))[::step]]
    else:  # a JSON Lines file
        rows = [(row["id"], row["text"]) for row in map(json.loads, open(name))]
    return rows[::every]


# ---- the peer ----

UNSPACED = r"(?![\p{M}\p{P}])[" + "".join(rf"\p{{Script={name}}}" for name in
                                         "Hiragana Katakana Bopomofo Han Thai Lao Khmer Myanmar Tibetan".split()) + r"]\p{M}*"


class CutUnspaced(WordTokenizer):
    """spaCy's English rules after a space was put around each character of a script without spaces."""

    def __init__(self):
        super().__init__("en")
        self.english = load_word_tokenizer("en")

    def spaced(self, text):
        return regex.sub(rf"(?<=\S)(?={UNSPACED})", " ", regex.sub(rf"({UNSPACED})(?=\S)", r"\1 ", text))

    def word_tokenize(self, text):
        return self.english.word_tokenize(self.spaced(text))

    def sent_tokenize(self, text):
        return self.english.sent_tokenize(self.spaced(text))

    def span_tokenize(self, text):
        return self.english.span_tokenize(self.spaced(text))


def peer_signals(text, language):
    """What datatrove's filters compare with their thresholds. Signals that need words come second."""
    plain, worded = {}, {}
    words = split_into_words(text, language)
    if text:
        paragraphs, lines = repetition.re.split(r"\n{2,}", text.strip()), repetition.re.split("\n+", text)
        for name, items in (("para", paragraphs), ("line", lines)):
            count, chars = repetition.find_duplicates(items)
            plain[f"gopher_repetition.dup_{name}_frac"] = count / len(items)
            plain[f"gopher_repetition.dup_{name}_char_frac"] = chars / len(text)
        for n in (2, 3, 4):
            grams = repetition.get_n_grams(words, n)
            worded[f"gopher_repetition.top_{n}_gram"] = repetition.find_top_duplicate(grams) / len(text) if grams else 0
        for n in range(5, 11):
            worded[f"gopher_repetition.dup_{n}_gram"] = repetition.find_all_duplicate(words, n) / len(text)
    symbols = [word for word in words if any(char not in PUNCTUATION_SET for char in word)]
    worded["gopher_quality.words"] = len(symbols)
    worded["gopher_quality.word_length"] = float(np.mean([len(word) for word in symbols])) if symbols else 0
    worded["gopher_quality.hash_ratio"] = text.count("#") / max(len(words), 1)
    worded["gopher_quality.ellipsis_ratio"] = (text.count("...") + text.count("…")) / max(len(words), 1)
    worded["gopher_quality.alpha_words"] = sum(any(char.isalpha() for char in word) for word in words) / max(len(words), 1)
    worded["gopher_quality.stop_words"] = len(set(STOP_WORDS) & set(words))
    lines = text.splitlines()
    if lines:
        plain["gopher_quality.bullet_lines"] = sum(line.lstrip().startswith(("•", "-")) for line in lines) / len(lines)
        plain["gopher_quality.ellipsis_lines"] = sum(line.rstrip().endswith(("...", "…")) for line in lines) / len(lines)
    lines = [line for line in text.split("\n") if line.strip()]
    if lines:
        plain["fineweb_quality.line_punct_ratio"] = sum(line.endswith(tuple(TERMINAL_PUNCTUATION)) for line in lines) / len(lines)
        plain["fineweb_quality.short_line_ratio"] = sum(len(line) <= 30 for line in lines) / len(lines)
        plain["fineweb_quality.char_dup_ratio"] = repetition.find_duplicates(lines)[1] / len(text.replace("\n", ""))
        worded["fineweb_quality.new_line_ratio"] = text.count("\n") / len(words)
    return plain, worded


class Counted(C4QualityFilter):
    """datatrove's C4 filter, its counts of lines kept apart for each document."""

    def stat_update(self, *names, **_):
        for name in names:
            self.counts[name] += 1


C4_COUNTS = {"line-total": "lines", "line-kept": "lines_kept", "line-filter-too_long_word": "long_word_lines",
             "line-filter-no_terminal_punc": "no_punct_lines", "line-filter-too_few_words": "few_word_lines",
             "line-filter-javascript": "javascript_lines", "line-filter-policy": "policy_lines"}


def peer_verdict(filter_, text):
    """(what became of it: "kept" or the reason; the text left)"""
    document = Document(text=text, id="0")
    try:
        result = filter_.filter(document)
    except ZeroDivisionError:  # no words, and no rule before that notices
        return "no words", text
    return ("kept", document.text) if result is True else (result[1], text)


# ---- the comparison ----

class Tally:
    def __init__(self):
        self.verdicts = collections.Counter()     # (filter, agrees)
        self.differences = collections.Counter()  # (set, filter, peer, ours)
        self.exact = collections.Counter()        # (signal, equal)
        self.worst = collections.defaultdict(float)
        self.broken = []                          # signals that must be equal and are not
        self.texts = collections.Counter()        # C4's text left is equal


def close(a, b):
    return a is not None and b is not None and abs(a - b) <= EXACT


def compare(name, rows, language, tally):
    peers = {"gopher_repetition": GopherRepetitionFilter(language=language), "gopher_quality": GopherQualityFilter(language=language),
             "c4_quality": Counted(language=language), "fineweb_quality": FineWebQualityFilter(language=language)}
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for id_, text in rows:
            file.write(json.dumps({"id": id_, "text": text}) + "\n")
        file.flush()
        # each filter on the original text; parameters that remove nothing let every document reach all signals
        ours = {filter_: ciyuan([filter_], file.name, "--text") for filter_ in FILTERS}
    for index, (id_, text) in enumerate(rows):
        plain, worded = peer_signals(text, language)
        for filter_ in FILTERS:
            row = ours[filter_][index]
            peers[filter_].counts = collections.Counter()
            theirs, left = peer_verdict(peers[filter_], text)
            mine = row.get("rule") or row["what"]
            tally.verdicts[filter_, mine == theirs] += 1
            if mine != theirs:
                tally.differences[name, filter_, theirs, mine] += 1
            if filter_ == "c4_quality" and theirs in ("kept", "too_few_sentences"):
                for stat, signal in C4_COUNTS.items():
                    plain[f"c4_quality.{signal}"] = peers[filter_].counts[stat]
                if mine == theirs == "kept":
                    tally.texts[row["text"] == left] += 1
                    if row["text"] != left:
                        tally.broken.append((name, id_, "c4_quality.text", len(row["text"]), len(left)))
        for kind, signals in (("plain", plain), ("worded", worded)):
            for signal, value in signals.items():
                found = ours[signal.split(".")[0]][index]["signals"].get(signal)
                tally.exact[kind, signal, close(value, found)] += 1
                if not close(value, found):
                    tally.worst[signal] = max(tally.worst[signal], abs(value - (found or 0)))
                    if kind == "plain":
                        tally.broken.append((name, id_, signal, value, found))


def say(good, sentence, why=""):
    print(f"ok - {sentence}" if good else f"not ok - {sentence}: {why}")
    return good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=3)
    parser.add_argument("--report", action="store_true")
    parser.add_argument("--sets", default="gold,pages,zh")
    parser.add_argument("--words", help="datatrove's language for words, in place of what is said above")
    options = parser.parse_args()
    if not os.path.isdir(SHARED):
        print("skip - the quality operators agree with datatrove: the shared test data is absent")
        return 0
    tally, good = Tally(), True
    for name in options.sets.split(","):
        rows = texts_of(name, options.every)
        before = sum(n for (_, agrees), n in tally.verdicts.items() if agrees), sum(tally.verdicts.values())
        compare(name, rows, options.words or (CutUnspaced() if name == "zh" else "en"), tally)
        agreed = sum(n for (_, agrees), n in tally.verdicts.items() if agrees) - before[0]
        total = sum(tally.verdicts.values()) - before[1]
        good &= say(agreed >= AGREE_MIN * total, f"{agreed} of {total} verdicts of the four filters agree on {len(rows)} texts of {name}",
                    f"{agreed / max(total, 1):.4f} is below {AGREE_MIN}")
    good &= say(not tally.broken, "signals that do not depend on words, and the text that C4 leaves, are equal to 1e-9",
                f"{len(tally.broken)} are not, such as {tally.broken[:3]}")
    if options.report:
        print("\nverdicts that differ: set, filter, datatrove's, ours")
        for key, count in tally.differences.most_common():
            print(f"  {count:5d}  {' | '.join(key)}")
        print("\nsignals: equal of all, largest difference")
        for kind, signal in sorted({key[:2] for key in tally.exact}):
            equal, other = tally.exact[kind, signal, True], tally.exact[kind, signal, False]
            print(f"  {kind:6s} {signal:42s} {equal:6d} of {equal + other:6d}  {tally.worst[signal]:.3g}")
    return 0 if good else 1


sys.exit(main())
