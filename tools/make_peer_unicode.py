#!/usr/bin/env python3
"""Writes src/token/peer_unicode_tables.c: what Hugging Face tokenizers 0.23 knows of each character, by the older and newer versions of
Unicode that its parts have.

    npm pack unicode-8.0.0@0.7.5 unicode-9.0.0@0.7.5 && mkdir u8 u9 && tar xzf unicode-8.0.0-0.7.5.tgz -C u8 && tar xzf unicode-9.0.0-0.7.5.tgz -C u9
    python3 -m venv v && v/bin/pip install unicodedata2==16.0.0 regex==2025.11.3 && v/bin/python tools/make_peer_unicode.py u8/package u9/package

Punctuation, nonspacing marks and controls are Unicode 8's, marks (M*) and normalization forms Unicode 9's, grapheme clusters and numbers
Unicode 17's (tests/parity/tokens_hf.py asks the peer about each code point).
"""
import json, os, subprocess, sys

import regex
import unicodedata2

BLOCK = 128
CODE_POINTS = 0x110000
# The order of enum cy_peer_grapheme in peer_unicode.h; the last two are no Grapheme_Cluster_Break of their own.
GRAPHEMES = "Other Extend ZWJ SpacingMark Prepend Control CR LF L V T LV LVT Regional_Indicator".split()


def category(package, name):
    script = f"console.log(JSON.stringify(require({json.dumps(os.path.abspath(package))} + '/General_Category/{name}/code-points.js')))"
    return set(json.loads(subprocess.run(["node", "-e", script], stdout=subprocess.PIPE, check=True).stdout))


def members(pattern):
    expression = regex.compile(pattern)
    return {point for point in range(CODE_POINTS) if expression.match(chr(point))}


def newer_forms(package):
    """Characters that are newer and would not stay as they are in every normalization form, or that join others."""
    parts = set()
    for point in range(CODE_POINTS):
        text = unicodedata2.decomposition(chr(point))
        if text and not text.startswith("<"):
            parts |= {int(part, 16) for part in text.split()}
    unassigned = category(package, "Unassigned")
    return {point for point in unassigned
            if unicodedata2.decomposition(chr(point)) or unicodedata2.combining(chr(point)) or point in parts}


def stages(values):
    blocks, first, known = [], [], {}
    for at in range(0, CODE_POINTS, BLOCK):
        block = tuple(values[at:at + BLOCK])
        if block not in known:
            known[block] = len(blocks)
            blocks.append(block)
        first.append(known[block])
    return first, blocks


def array(name, kind, values):
    rows = [", ".join(str(value) for value in values[at:at + 24]) for at in range(0, len(values), 24)]
    return f"const {kind} {name}[{len(values)}] = {{\n    " + ",\n    ".join(rows) + ",\n};\n"


def main():
    older, old = sys.argv[1:]
    assert unicodedata2.unidata_version == "16.0.0"
    assert regex.match(r"\p{L}", "\uA7CE") and not regex.match(r"\p{Mn}", "\u05C8")  # Unicode 17 has the first, 18 the second
    bits = [category(older, "Punctuation"), category(older, "Nonspacing_Mark"),
            category(older, "Control") | category(older, "Format") | category(older, "Private_Use"), category(old, "Mark"), newer_forms(old),
            members(r"\p{InCB=Linker}"), members(r"\p{InCB=Extend}"), members(r"\p{N}")]
    graphemes = [0] * CODE_POINTS
    for pattern, number in [(r"\p{Extended_Pictographic}", len(GRAPHEMES)), (r"\p{InCB=Consonant}", len(GRAPHEMES) + 1)] + [
            (rf"\p{{GCB={name}}}", number) for number, name in enumerate(GRAPHEMES) if number > 0]:
        for point in members(pattern):
            graphemes[point] = number
    values = [sum((point in members_of) << bit for bit, members_of in enumerate(bits)) | graphemes[point] << 8 for point in range(CODE_POINTS)]
    first, blocks = stages(values)
    assert len(blocks) <= 256
    out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "token", "peer_unicode_tables.c")
    with open(out, "w") as file:
        file.write("/* Written by tools/make_peer_unicode.py from Unicode 8, 9, 16 and 17; not edited by hand. */\n#include \"token/peer_unicode.h\"\n\n")
        file.write("/* clang-format off */\n")
        file.write(array("cy_peer_block", "uint8_t", first))
        file.write(array("cy_peer_classes", "uint16_t", [value for block in blocks for value in block]))
    print(len(blocks), file=sys.stderr)


main()
