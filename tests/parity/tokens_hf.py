"""Tokens against Hugging Face tokenizers 0.23.3: the same ids, with and without what the post-processor adds, and the same decoded text.

Vocabularies: small ones of every kind, trained here by the peer itself on source code, and those in the folder CIYUAN_VOCABULARIES (NAME.json)
where it is given. CIYUAN_TEXTS: how many random strings a vocabulary (4,000).
"""
import glob
import os
import random
import struct
import subprocess
import sys
import tempfile

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import tokens as common
from tokens import CODE_POINTS, SHARED, build, cut, random_texts, rows, source_code, tell

RANDOM_TEXTS = int(os.environ.get("CIYUAN_TEXTS", "4000"))
SPECIALS = ["<unk>", "<s>", "</s>", "<pad>"]


# ---- vocabularies ----

def trained(model, trainer, texts, normalizer=None, pre_tokenizer=None, decoder=None, post_processor=None, added=()):
    made = Tokenizer(model)
    if normalizer:
        made.normalizer = normalizer
    if pre_tokenizer:
        made.pre_tokenizer = pre_tokenizer
    made.train_from_iterator(texts, trainer)
    if decoder:
        made.decoder = decoder
    if post_processor:
        made.post_processor = post_processor(made)
    made.add_tokens(list(added))
    return made


def template(made):
    return processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[(name, made.token_to_id(name)) for name in ("<s>", "</s>")])


def bytes_of():
    return [f"<0x{byte:02X}>" for byte in range(256)]


def small_vocabularies(texts):
    bpe = dict(vocab_size=3000, special_tokens=SPECIALS, show_progress=False)
    whole = pre_tokenizers.ByteLevel.alphabet()
    yield "byte-level", trained(models.BPE(), trainers.BpeTrainer(initial_alphabet=whole, **bpe), texts, None, pre_tokenizers.ByteLevel(add_prefix_space=True),
                                decoders.ByteLevel(), lambda made: processors.RobertaProcessing(("</s>", 2), ("<s>", 1)))
    yield "byte-level with digits and NFC", trained(
        models.BPE(), trainers.BpeTrainer(initial_alphabet=whole, **bpe), texts, normalizers.NFC(),
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]), decoders.ByteLevel(),
        None, [AddedToken("<tool>", single_word=False, lstrip=True, rstrip=True, normalized=False), AddedToken("word", single_word=True, normalized=True)])
    yield "byte fallback", trained(
        models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True),
        trainers.BpeTrainer(vocab_size=3000, special_tokens=SPECIALS + bytes_of(), show_progress=False, max_token_length=16), texts[:400],
        normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None,
        decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]), template)
    for fuse in (False, True):
        yield f"characters, unknown {'fused' if fuse else 'apart'}", trained(
            models.BPE(unk_token="<unk>", fuse_unk=fuse), trainers.BpeTrainer(limit_alphabet=200, **bpe), texts, normalizers.NFKC(),
            pre_tokenizers.Whitespace(), None, template)
    yield "suffix", trained(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"), trainers.BpeTrainer(end_of_word_suffix="</w>", **bpe), texts,
                            normalizers.Lowercase(), pre_tokenizers.WhitespaceSplit(), decoders.BPEDecoder("</w>"))
    yield "prefix", trained(models.BPE(unk_token="<unk>", continuing_subword_prefix="##"), trainers.BpeTrainer(continuing_subword_prefix="##", **bpe), texts,
                            normalizers.Strip(), pre_tokenizers.Punctuation(), None)
    for scheme in ("always", "first", "never"):
        yield f"unigram, {scheme}", trained(
            models.Unigram(), trainers.UnigramTrainer(vocab_size=2000, special_tokens=SPECIALS, unk_token="<unk>", show_progress=False), texts,
            normalizers.NFKC(), pre_tokenizers.Metaspace(prepend_scheme=scheme), decoders.Metaspace(prepend_scheme=scheme), template)
    for lower in (False, True):
        yield f"wordpiece, {'lower' if lower else 'cased'}", trained(
            models.WordPiece(unk_token="<unk>"), trainers.WordPieceTrainer(**bpe), texts, normalizers.BertNormalizer(lowercase=lower),
            pre_tokenizers.BertPreTokenizer(), decoders.WordPiece(), lambda made: processors.BertProcessing(("</s>", 2), ("<s>", 1)))
    for behavior in ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"):
        yield f"split, {behavior}", trained(models.BPE(unk_token="<unk>"), trainers.BpeTrainer(**bpe), texts, normalizers.NFD(),
                                            pre_tokenizers.Split("e", behavior, invert=behavior == "contiguous"))


# ---- comparing ----

def own(program, path, texts, mode):
    records = b"".join(struct.pack("<I", len(text)) + text for text in (text.encode() for text in texts))
    run = subprocess.run([program, path, mode], input=records, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode:
        return None, run.stderr.decode(errors="replace").strip()
    at, found = 0, []
    for _ in texts:
        count, = struct.unpack_from("<I", run.stdout, at)
        ids = list(struct.unpack_from(f"<{count}I", run.stdout, at + 4))
        size, = struct.unpack_from("<I", run.stdout, at + 4 + 4 * count)
        at += 8 + 4 * count
        found.append((ids, run.stdout[at:at + size].decode(errors="replace")))
        at += size
    return found, ""


def compare(program, name, path, peer, texts, what, affixes=False):
    texts = list(texts)
    found, why = own(program, path, texts, "hf-affixes" if affixes else "hf")
    if found is None:
        tell(False, f"{name}: {what}", why)
        return
    expected = [encoding.ids for encoding in peer.encode_batch(texts, add_special_tokens=affixes)]
    decoded = peer.decode_batch(expected, skip_special_tokens=False)
    bad_ids = [i for i in range(len(texts)) if found[i][0] != expected[i]]
    bad_text = [i for i in range(len(texts)) if found[i][0] == expected[i] and found[i][1] != decoded[i]]
    why = ""
    if bad_ids:
        at = bad_ids[0]
        why = f"{len(bad_ids)} differ: {texts[at][:100]!r}: {found[at][0][:20]}, the peer {expected[at][:20]}"
    elif bad_text:
        at = bad_text[0]
        why = f"{len(bad_text)} decode differently: {texts[at][:100]!r}: {found[at][1][:100]!r}, the peer {decoded[at][:100]!r}"
    tell(not why, f"{name}: {what}, {len(texts)} texts", why)


def compare_all(program, name, path, seed):
    peer = Tokenizer.from_file(path)
    compare(program, name, path, peer, random_texts(RANDOM_TEXTS, random.Random(seed)), "random strings")
    compare(program, name, path, peer, random_texts(RANDOM_TEXTS // 8, random.Random(seed + 1)), "random strings with affixes", True)
    compare(program, name, path, peer, ["", " ", "  a", "a  ", "<s>", "a <s> b", " <tool> word words", "word", "</s></s>\n<pad>x", "x" * 300, "á" * 50],
            "edges", True)
    points = CODE_POINTS if "CIYUAN_VOCABULARIES" in os.environ else CODE_POINTS[:0x3400] + CODE_POINTS[0x3400::31]
    compare(program, name, path, peer, (f"a{point}b" for point in points), "code points between letters")
    compare(program, name, path, peer, list(cut(source_code()))[::20], "source code")
    compare(program, name, path, peer, ["a" * 20000, " " * 20000, "\n" * 5000, "中" * 9000, "🙂" * 4000, "ab " * 7000, "\u0301" * 3000], "long runs")
    if os.path.isdir(f"{SHARED}/data"):
        compare(program, name, path, peer, list(cut(row["main_content"] or "" for row in rows("web/gold")))[::8], "gold texts of web pages")
        compare(program, name, path, peer, list(cut(row["text"] for part in ("zh/d2l", "zh/tang") for row in rows(part)))[::8], "Chinese")


def main():
    seed = int(os.environ.get("CIYUAN_SEED", "0")) or random.randrange(1 << 32)
    print(f"# CIYUAN_SEED={seed}")
    only = os.environ.get("CIYUAN_ONLY", "")
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        for path in sorted(glob.glob(os.path.join(os.environ.get("CIYUAN_VOCABULARIES", folder), "*.json"))):
            name = os.path.basename(path)[:-5]
            if only in name:
                compare_all(program, name, path, seed)
        texts = list(cut(source_code(), 2000))[::10] + ["数据集 把 文本 变成 词元。" * 3, "naïve café Ünïcode ½ ﬁ"]
        for name, made in small_vocabularies(texts) if "CIYUAN_VOCABULARIES" not in os.environ else ():
            path = os.path.join(folder, "small.json")
            made.save(path)
            if only in name:
                compare_all(program, name, path, seed)
    sys.exit(common.failed)


if __name__ == "__main__":
    main()
