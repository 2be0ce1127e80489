"""Tokens against PyPI's sentencepiece 0.2.3: the same ids and the same decoded text.

Models: small ones of every type and setting, trained here by the peer itself on source code, and those in the folder CIYUAN_VOCABULARIES
(NAME.model) where it is given. CIYUAN_TEXTS: how many random strings a model (500).
"""
import glob
import os
import random
import sys
import tempfile

import sentencepiece

import tokens as common
from tokens import SHARED, build, cut, random_texts, source_code, tell
from tokens_hf import chinese_texts, gold_texts, own, points

RANDOM_TEXTS = int(os.environ.get("CIYUAN_TEXTS", "500"))
HEAVY = "CIYUAN_TEXTS" in os.environ or "CIYUAN_VOCABULARIES" in os.environ
SYMBOLS = ["<tool>", "  ", "    ", "\t\t", "数据", "ab", "abc", "é", "--"]

# Name, and what the peer's trainer is told.
KINDS = [
    ("unigram", dict(model_type="unigram")),
    ("unigram, bytes, user-defined symbols", dict(model_type="unigram", byte_fallback=True, user_defined_symbols=SYMBOLS, character_coverage=0.98)),
    ("unigram, space behind", dict(model_type="unigram", treat_whitespace_as_suffix=True, normalization_rule_name="nfkc_cf")),
    ("unigram, spaces kept", dict(model_type="unigram", remove_extra_whitespaces=False, normalization_rule_name="identity")),
    ("bpe", dict(model_type="bpe", character_coverage=0.98)),
    ("bpe, bytes", dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True,
                        character_coverage=0.98)),
    ("bpe, user-defined symbols", dict(model_type="bpe", user_defined_symbols=SYMBOLS, add_dummy_prefix=False, normalization_rule_name="nfkc")),
    ("bpe, bytes, across spaces", dict(model_type="bpe", byte_fallback=True, split_by_whitespace=False, allow_whitespace_only_pieces=True,
                                       remove_extra_whitespaces=False, normalization_rule_name="nmt_nfkc_cf", user_defined_symbols=SYMBOLS[:3])),
    ("bpe, space behind", dict(model_type="bpe", treat_whitespace_as_suffix=True)),
    ("characters", dict(model_type="char", character_coverage=0.98, user_defined_symbols=SYMBOLS)),
    ("words", dict(model_type="word")),
]


def train(folder, name, settings, texts):
    corpus, prefix = os.path.join(folder, "corpus.txt"), os.path.join(folder, "small")
    if not os.path.exists(corpus):
        with open(corpus, "w") as file:
            file.writelines(line[:1000] + "\n" for text in texts for line in text.split("\n") if line.strip())
    sentencepiece.SentencePieceTrainer.train(input=corpus, model_prefix=prefix, vocab_size=1500, hard_vocab_limit=False, minloglevel=2,
                                             num_threads=2, **settings)
    return prefix + ".model"


def compare(program, name, path, peer, texts, what):
    texts = list(texts)
    found, why = own(program, path, texts, "hf-plain")
    if found is None:
        tell(False, f"{name}: {what}", why)
        return
    expected = peer.encode(texts)
    decoded = peer.decode(expected)
    bad_ids = [i for i in range(len(texts)) if found[i][0] != expected[i]]
    bad_text = [i for i in range(len(texts)) if found[i][0] == expected[i] and found[i][1] != decoded[i]]
    if bad_ids:
        at = bad_ids[0]
        why = f"{len(bad_ids)} differ: {texts[at][:100]!r}: {found[at][0][:20]}, the peer {expected[at][:20]}"
    elif bad_text:
        at = bad_text[0]
        why = f"{len(bad_text)} decode differently: {texts[at][:100]!r}: {found[at][1][:100]!r}, the peer {decoded[at][:100]!r}"
    tell(not why, f"{name}: {what}, {len(texts)} texts", why)


def compare_all(program, name, path, seed):
    peer = sentencepiece.SentencePieceProcessor(model_file=path)
    compare(program, name, path, peer, random_texts(RANDOM_TEXTS, random.Random(seed)), "random strings")
    compare(program, name, path, peer, ["", " ", "  a", "a  ", "   ", "\u3000", "\u200b", "\0", "a\0b", "<s>", "<unk>", "a <tool> b", "word", "x" * 300,
                                        "á" * 50, "▁", "▁▁a ▁", "aabcabab", "\t\t\t", "     ", "Ａ\u0301ﬁ\u0301"], "edges")
    compare(program, name, path, peer, points(seed), "code points alone")
    compare(program, name, path, peer, (f"a{point}b" for point in points(seed)), "code points between letters")
    compare(program, name, path, peer, list(cut(source_code()))[::4 if HEAVY else 100], "source code")
    compare(program, name, path, peer, ["a" * 20000, " " * 20000, "\n" * 5000, "中" * 9000, "🙂" * 4000, "ab " * 30000, "\u0301" * 3000, "abc" * 5000],
            "long runs")
    if os.path.isdir(f"{SHARED}/data"):
        step = 1 if HEAVY else 80
        compare(program, name, path, peer, gold_texts()[::step], "gold texts of web pages")
        compare(program, name, path, peer, chinese_texts()[::step], "Chinese")


def main():
    seed = int(os.environ.get("CIYUAN_SEED", "0")) or random.randrange(1 << 32)
    print(f"# CIYUAN_SEED={seed}")
    only = os.environ.get("CIYUAN_ONLY", "")
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        for path in sorted(glob.glob(os.path.join(os.environ.get("CIYUAN_VOCABULARIES", folder), "*.model"))):
            name = os.path.basename(path)[:-6]
            if only in name:
                compare_all(program, name, path, seed)
        texts = list(cut(source_code(), 2000))[::10] + ["数据集 把 文本 变成 词元。" * 3, "naïve café Ünïcode ½ ﬁ"]
        for name, settings in KINDS if "CIYUAN_VOCABULARIES" not in os.environ else ():
            if only in name:
                compare_all(program, name, train(folder, name, settings, texts), seed)
    sys.exit(common.failed)


if __name__ == "__main__":
    main()
