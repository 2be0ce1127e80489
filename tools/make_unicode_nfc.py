#!/usr/bin/env python3
"""Writes src/base/unicode_nfc_tables.c: what normalization forms C and KC of Unicode 16.0 need.

    python3 -m venv v && v/bin/pip install unicodedata2==16.0.0 && v/bin/python tools/make_unicode_nfc.py

Everything comes from unicodedata2: the combining class, the full decompositions (NFD and NFKD of one code point), and the pairs that compose
(a canonical decomposition of two code points that NFC puts together again; that leaves out the composition exclusions). Hangul syllables
are arithmetic (The Unicode Standard, section 3.12) and stand in no table.
"""
import os
import sys

import unicodedata2 as ucd

VERSION = "16.0.0"
BLOCK = 128
CODE_POINTS = 0x110000
DOUBT_NFC, DOUBT_NFKC = 1, 2  # CY_DOUBT_* in unicode_nfc.c
HANGUL = range(0xAC00, 0xAC00 + 11172)
PAIR_SLOTS = 2048  # twice the pairs: a search ends after 1.5 looks on average


def array(name, kind, values, row=24):
    rows = [", ".join(str(value) for value in values[at:at + row]) for at in range(0, len(values), row)]
    return f"const {kind} {name}[{len(values)}] = {{\n    " + ",\n    ".join(rows) + ",\n};\n"


def canonical_pairs():
    """{(first, second): composite} of the primary composites, Hangul left out."""
    pairs = {}
    for point in range(CODE_POINTS):
        text = ucd.decomposition(chr(point))
        if not text or text.startswith("<") or " " not in text or point in HANGUL:
            continue
        if ucd.normalize("NFC", chr(point)) == chr(point):
            first, second = (int(part, 16) for part in text.split())
            pairs[first, second] = point
    return pairs


def doubts(form, decomposed, seconds):
    """Code points that are not sure to stay, or to keep apart from what stands before them: Quick_Check is not Yes."""
    out = set()
    for point in range(CODE_POINTS):
        if 0xD800 <= point < 0xE000:
            continue
        text = chr(point)
        if ucd.normalize(form, text) != text or ord(ucd.normalize(decomposed, text)[0]) in seconds:
            out.add(point)
    return out


def pair_table(pairs):
    """Open addressing with linear probing; pair_slot in unicode_nfc.c is the same function."""
    slots = [(0, 0, 0)] * PAIR_SLOTS
    for (first, second), composite in sorted(pairs.items()):
        slot = (first * 0x9E3779B1 ^ second * 0x85EBCA77) % (1 << 32) >> 21
        while slots[slot] != (0, 0, 0):
            slot = (slot + 1) % PAIR_SLOTS
        slots[slot] = (first, second, composite)
    return [value for slot in slots for value in slot]


def main():
    assert ucd.unidata_version == VERSION
    pairs = canonical_pairs()
    seconds = {second for _, second in pairs} | set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))
    doubt_nfc, doubt_nfkc = doubts("NFC", "NFD", seconds), doubts("NFKC", "NFKD", seconds)
    pool, pool_at, records, record_of = [], {}, [], {}

    def pooled(text):
        if text not in pool_at:
            pool_at[text] = len(pool)
            pool.extend(ord(char) for char in text)
        return pool_at[text]

    index = []
    for point in range(CODE_POINTS):
        text = chr(point)
        surrogate = 0xD800 <= point < 0xE000
        canonical = text if surrogate or point in HANGUL else ucd.normalize("NFD", text)
        compatible = text if surrogate or point in HANGUL else ucd.normalize("NFKD", text)
        record = (ucd.combining(text), (point in doubt_nfc) * DOUBT_NFC | (point in doubt_nfkc) * DOUBT_NFKC,
                  0 if canonical == text else len(canonical), 0 if compatible == text else len(compatible),
                  0 if canonical == text else pooled(canonical), 0 if compatible == text else pooled(compatible))
        if record not in record_of:
            record_of[record] = len(records)
            records.append(record)
        index.append(record_of[record])
    blocks, first, known = [], [], {}
    for at in range(0, CODE_POINTS, BLOCK):
        block = tuple(index[at:at + BLOCK])
        if block not in known:
            known[block] = len(blocks)
            blocks.append(block)
        first.append(known[block])
    assert len(pool) < 65536 and len(records) < 65536 and len(blocks) < 256

    leads = {}
    for point in range(CODE_POINTS):
        if not 0xD800 <= point < 0xE000:
            leads.setdefault(chr(point).encode()[0], []).append(point)
    lead_doubt = []
    for lead in range(256):
        bits = 0
        for bit, form in ((DOUBT_NFC, doubt_nfc), (DOUBT_NFKC, doubt_nfkc)):
            if any(p in form or ucd.combining(chr(p)) for p in leads.get(lead, [])):
                bits |= bit
        lead_doubt.append(bits)
    out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "src", "base", "unicode_nfc_tables.c")
    with open(out, "w") as file:
        file.write(f"/* Written by tools/make_unicode_nfc.py from Unicode {VERSION}; not edited by hand. */\n#include \"base/unicode_nfc.h\"\n\n")
        file.write("/* clang-format off */\n")
        file.write(array("cy_nfc_block", "uint8_t", first))
        file.write(array("cy_nfc_index", "uint16_t", [value for block in blocks for value in block]))
        file.write(f"const struct cy_nfc_record cy_nfc_records[{len(records)}] = {{\n")
        rows = ["{%d, %d, %d, %d, %d, %d}" % record for record in records]
        file.writelines("    " + ", ".join(rows[at:at + 8]) + ",\n" for at in range(0, len(rows), 8))
        file.write("};\n")
        file.write(array("cy_nfc_pool", "uint32_t", pool, 20))
        file.write(array("cy_nfc_pairs", "uint32_t", pair_table(pairs), 18))
        file.write(array("cy_nfc_lead_doubt", "uint8_t", lead_doubt, 32))
    print(len(pairs), "pairs,", len(records), "records,", len(blocks), "blocks,", len(pool), "in the pool", file=sys.stderr)
    for bit in (1, 2):
        print("doubtful leads:", " ".join(f"{lead:02X}" for lead in range(256) if lead_doubt[lead] & bit), file=sys.stderr)


main()
