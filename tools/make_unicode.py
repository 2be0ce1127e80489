#!/usr/bin/env python3
"""Writes src/base/unicode_tables.c: general category, script, White_Space, Alphabetic and simple lower case of Unicode 16.0.

    python3 -m venv v && v/bin/pip install unicodedata2==16.0.0 regex==2024.11.6 && v/bin/python tools/make_unicode.py

Category comes from unicodedata2, script and the binary properties from regex (both at 16.0). Neither has case mappings: those come from
Python's own str.lower, and where Python is older than 16.0, from the names ("CAPITAL LETTER" → "SMALL LETTER").
"""
import os, sys, unicodedata

import regex
import unicodedata2

VERSION = "16.0.0"
BLOCK = 128  # code points a block of the second stage: 64 and 256 give larger tables (92 and 95 KB against 87)
CODE_POINTS = 0x110000
# The order of enum cy_category and enum cy_script in unicode.h.
CATEGORIES = "Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co".split()
SCRIPTS = ("Unknown Common Inherited Latin Greek Cyrillic Armenian Hebrew Arabic Devanagari Bengali Tamil Telugu Georgian Ethiopic Hangul "
           "Hiragana Katakana Bopomofo Han Thai Lao Khmer Myanmar Tibetan").split()


def members(pattern):
    """The set of code points that match a one-character pattern."""
    expression = regex.compile(pattern)
    return {point for point in range(CODE_POINTS) if expression.match(chr(point))}


def lower(point):
    """Simple_Lowercase_Mapping."""
    text = chr(point)
    if unicodedata.category(text) != "Cn":
        return ord(text.lower()[0])  # U+0130 alone has two; the first is its simple mapping
    if unicodedata2.category(text) != "Lu":
        return point
    try:
        return ord(unicodedata2.lookup(unicodedata2.name(text).replace("CAPITAL LETTER", "SMALL LETTER")))
    except KeyError:
        return point


def stages(values):
    """values[0..0x110000) as two stages: (first, blocks) so that values[p] == blocks[first[p // BLOCK]][p % BLOCK]."""
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
    assert unicodedata2.unidata_version == VERSION
    assert regex.match(r"\p{L}", "\u1C89") and not regex.match(r"\p{L}", "\uA7CE")  # 16.0 has the first, 17.0 added the second
    script = [0] * CODE_POINTS
    for index, name in enumerate(SCRIPTS[1:], 1):
        for point in members(rf"\p{{Script={name}}}"):
            script[point] = index
    white, alphabetic = members(r"\p{White_Space}"), members(r"\p{Alphabetic}")
    properties = [CATEGORIES.index(unicodedata2.category(chr(point))) | script[point] << 5 | (point in white) << 10 | (point in alphabetic) << 11
                  for point in range(CODE_POINTS)]
    deltas = [lower(point) - point for point in range(CODE_POINTS)]
    distinct = [0] + sorted(set(deltas) - {0})
    assert len(distinct) <= 256
    first, blocks = stages(properties)
    lower_first, lower_blocks = stages([distinct.index(delta) for delta in deltas])
    assert len(lower_blocks) <= 256
    out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "base", "unicode_tables.c")
    with open(out, "w") as file:
        file.write(f"/* Written by tools/make_unicode.py from Unicode {VERSION}; not edited by hand. */\n#include \"base/unicode.h\"\n\n")
        file.write("/* clang-format off */\n")
        file.write(array("cy_unicode_block", "uint16_t", first))
        file.write(array("cy_unicode_properties", "uint16_t", [value for block in blocks for value in block]))
        file.write(array("cy_unicode_lower_block", "uint8_t", lower_first))
        file.write(array("cy_unicode_lower_index", "uint8_t", [value for block in lower_blocks for value in block]))
        file.write(array("cy_unicode_lower_delta", "int32_t", distinct))
    print(len(blocks), len(lower_blocks), len(distinct), file=sys.stderr)


main()
