"""Tokens against Hugging Face tokenizers 0.23.3: the same ids, with and without what the post-processor adds, and the same decoded text.

Vocabularies: small ones of every kind, trained here by the peer itself on source code, and those in the folder CIYUAN_VOCABULARIES (NAME.json)
where it is given. Probes have the 256 bytes as tokens, so that
their ids show what a normalizer or pre-tokenizer makes of a text. CIYUAN_TEXTS: how many random strings a vocabulary (1,000); with it, or with
CIYUAN_VOCABULARIES, every code point is compared, and every text.
"""
import functools
import glob
import os
import random
import struct
import sys
import tempfile

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import tokens as common
from tokens import CODE_POINTS, SHARED, build, cut, random_texts, rows, source_code, tell

RANDOM_TEXTS = int(os.environ.get("CIYUAN_TEXTS", "1000"))
HEAVY = "CIYUAN_TEXTS" in os.environ or "CIYUAN_VOCABULARIES" in os.environ
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


# ---- probes: vocabularies whose ids show what a normalizer or pre-tokenizer leaves ----

def charsmap(rule):
    """The precompiled rules of one of sentencepiece's normalizers: field 3, then field 2, of its model."""
    blob = sentencepiece.SentencePieceNormalizer(rule_name=rule).serialized_model_proto()
    return message_field(message_field(blob, 3), 2)


def message_field(message, wanted):
    def varint(at):
        value = shift = 0
        while True:
            value |= (message[at] & 127) << shift
            shift += 7
            at += 1
            if message[at - 1] < 128:
                return value, at

    at, found = 0, b""
    while at < len(message):
        key, at = varint(at)
        size, at = (4, at) if key & 7 == 5 else varint(at)
        if key & 7 != 0:
            found = message[at:at + size] if key >> 3 == wanted else found
            at += size
    return found


def of_bytes(**settings):
    return models.BPE({name: byte for byte, name in enumerate(bytes_of())}, [], byte_fallback=True, **settings)


def normalizer_probes():
    n = normalizers
    yield from ((kind.__name__, kind()) for kind in (n.NFC, n.NFD, n.NFKC, n.NFKD, n.Lowercase, n.StripAccents, n.Nmt))
    for left, right in ((True, True), (True, False), (False, True)):
        yield f"Strip {left} {right}", n.Strip(left=left, right=right)
    for flags in range(16):
        clean, chinese, accents, lower = (bool(flags >> bit & 1) for bit in range(4))
        yield f"Bert {flags}", n.BertNormalizer(clean_text=clean, handle_chinese_chars=chinese, strip_accents=accents, lowercase=lower)
    for rule in ("nmt_nfkc", "nfkc_cf"):
        yield f"Precompiled {rule}", n.Precompiled(charsmap(rule))
    yield "sequence of XLM-R", n.Sequence([n.Precompiled(charsmap("nmt_nfkc")), n.Strip(left=False, right=True), n.Replace(Regex(" {2,}"), "▁")])
    yield "sequence of ALBERT", n.Sequence([n.Replace("``", '"'), n.Replace("''", '"'), n.NFKD(), n.StripAccents(), n.Lowercase(),
                                           n.Precompiled(charsmap("nmt_nfkc")), n.Replace(Regex(" {2,}"), " ")])
    yield "sequence of CLIP", n.Sequence([n.NFC(), n.Replace(Regex(r"\s+"), " "), n.Lowercase()])
    yield "Prepend", n.Sequence([n.Strip(), n.Prepend("▁"), n.Replace(" ", "")])


def pre_tokenizer_probes():
    p = pre_tokenizers
    behaviors = ("removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous")
    yield from ((kind.__name__, kind()) for kind in (p.Whitespace, p.WhitespaceSplit, p.BertPreTokenizer))
    yield from ((f"Punctuation {behavior}", p.Punctuation(behavior)) for behavior in behaviors)
    yield from ((f"Digits {each}", p.Digits(individual_digits=each)) for each in (False, True))
    yield "CharDelimiterSplit", p.CharDelimiterSplit("a")
    for behavior in behaviors:
        for invert in (False, True):
            yield f"Split string {behavior} {invert}", p.Split("a", behavior, invert=invert)
            yield f"Split pattern {behavior} {invert}", p.Split(Regex(r"\p{L}+|\s"), behavior, invert=invert)
    for scheme in ("always", "first", "never"):
        for split in (False, True):
            yield f"Metaspace {scheme} {split}", p.Metaspace(prepend_scheme=scheme, split=split)
            yield f"words, Metaspace {scheme} {split}", p.Sequence([p.WhitespaceSplit(), p.Metaspace(prepend_scheme=scheme, split=split)])
    yield "punctuation, digits", p.Sequence([p.Punctuation(), p.Digits(individual_digits=True), p.Whitespace()])


def probes():
    n, p = normalizers, pre_tokenizers
    for name, normalizer in normalizer_probes():
        made = Tokenizer(of_bytes())
        made.normalizer = normalizer
        yield f"probe: {name}", made
    for name, pre_tokenizer in pre_tokenizer_probes():
        made = Tokenizer(of_bytes(end_of_word_suffix="|"))
        made.pre_tokenizer = pre_tokenizer
        yield f"probe: {name}", made
    made = Tokenizer(of_bytes(continuing_subword_prefix="~", unk_token=None))
    yield "probe: prefix", made
    made = Tokenizer(of_bytes())
    made.add_tokens([AddedToken("ab", single_word=True, normalized=False), AddedToken("b a", normalized=False), AddedToken("  ", normalized=False),
                     AddedToken("<r>", rstrip=True, normalized=False), AddedToken("<l>", lstrip=True, normalized=False), AddedToken("a", single_word=True)])
    made.add_special_tokens([AddedToken("<s>", normalized=False), AddedToken("s>", normalized=False)])
    yield "probe: added tokens", made
    for name, normalizer in (("Strip", n.Strip()), ("Bert", n.BertNormalizer()), ("Replace", n.Replace("ab", "c")), ("Replace longer", n.Replace("a", "xyz")),
                             ("Replace by nothing", n.Replace("a", "")), ("Prepend", n.Prepend("xy")), ("charsmap", n.Precompiled(charsmap("nmt_nfkc"))),
                             ("StripAccents", n.StripAccents()), ("NFKD", n.NFKD()), ("Replace spaces", n.Replace(Regex(" {2,}"), "_")),
                             ("Prepend, Replace", n.Sequence([n.Prepend("_"), n.Replace("_a", "c")]))):
        made = Tokenizer(of_bytes(end_of_word_suffix="|"))
        made.normalizer = normalizer
        made.pre_tokenizer = p.Metaspace(prepend_scheme="first")
        made.add_special_tokens([AddedToken("<s>", normalized=False)])
        yield f"probe: first Metaspace behind {name}", made


# ---- comparing ----

def own(program, path, texts, mode):
    output, why = common.run_own([program, path, mode], texts)
    if output is None:
        return None, why
    at, found = 0, []
    for _ in texts:
        count, = struct.unpack_from("<I", output, at)
        ids = list(struct.unpack_from(f"<{count}I", output, at + 4))
        size, = struct.unpack_from("<I", output, at + 4 + 4 * count)
        at += 8 + 4 * count
        found.append((ids, output[at:at + size].decode(errors="replace")))
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


def points(seed):
    """All code points, or, in a short run, every 389th and of the first ones every 23rd: others each time."""
    return CODE_POINTS if HEAVY else CODE_POINTS[seed % 389::389] + CODE_POINTS[seed % 23:0x3400:23]


@functools.cache
def gold_texts():
    return list(cut(row["main_content"] or "" for row in rows("web/gold")))


@functools.cache
def chinese_texts():
    return list(cut(row["text"] for part in ("zh/d2l", "zh/tang") for row in rows(part)))


EDGES = ["", " ", "  a", "a  ", "<s>", "a <s> b", "<s> a", "  <s>  a", " <tool> word words", "word", "</s></s>\n<pad>x", "x" * 300, "á" * 50, "\0", "a\0b",
         "abab", "aab", " ab", "\u0301a", "\u0001a", "\u200ba", "ﬁa", "Ａ\u0301", "각\u0301", "\u0600a", "क्‍ष", "🇩🇪🇫", "👩‍👩", "\r\n\u0301", "▁a", "_a",
         "ab b ab b a abb a", "xab ab", "<r>  a", "<r>   <l>", " <l>  <r>  <r>", "a  <l>", "a<s>s>", "ab\u200d ab", "ab_ ab é ab"]


LONG_RUNS = ["a" * 20000, " " * 20000, "\n" * 5000, "中" * 9000, "🙂" * 4000, "ab " * 7000, "\u0301" * 3000]


def compare_all(program, name, path, seed):
    peer = Tokenizer.from_file(path)
    compare(program, name, path, peer, random_texts(RANDOM_TEXTS, random.Random(seed)), "random strings")
    compare(program, name, path, peer, random_texts(RANDOM_TEXTS // 8, random.Random(seed + 1)), "random strings with affixes", True)
    compare(program, name, path, peer, EDGES, "edges", True)
    compare(program, name, path, peer, (f"a{point}b" for point in points(seed)), "code points between letters")
    compare(program, name, path, peer, list(cut(source_code()))[::20 if HEAVY else 100], "source code")
    compare(program, name, path, peer, LONG_RUNS, "long runs")
    if os.path.isdir(f"{SHARED}/data"):
        compare(program, name, path, peer, gold_texts()[::1 if HEAVY else 80], "gold texts of web pages")
        compare(program, name, path, peer, chinese_texts()[::1 if HEAVY else 80], "Chinese")


def probe(program, name, path, made, seed):
    compare(program, name, path, made, EDGES + list(random_texts(RANDOM_TEXTS // 10, random.Random(seed))), "edges and random strings")
    if HEAVY:
        compare(program, name, path, made, CODE_POINTS, "code points alone")
        compare(program, name, path, made, (f"{point}\u0323\u0307{point}\u0301" for point in CODE_POINTS), "code points with marks")
    compare(program, name, path, made, (f"a{point}b {point}\u0323\u0307" for point in points(seed)), "code points between letters")


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
        for name, made in probes() if "CIYUAN_VOCABULARIES" not in os.environ else ():
            if only in name:
                path = os.path.join(folder, "probe.json")
                made.save(path)
                probe(program, name, path, made, seed)
    sys.exit(common.failed)


if __name__ == "__main__":
    main()
