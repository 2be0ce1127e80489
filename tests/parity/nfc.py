#!/usr/bin/env python3
"""The digests that tests/base/test_unicode_nfc.c expects are those of unicodedata2 16.0.0, recomputed here.

Each digest is the SHA-256 over normalized texts, a line feed after each: every code point alone, then random sequences from the ranges
where characters combine, drawn by splitmix64 with a fixed seed, as the C test draws them.
"""
import hashlib
import os
import re
import sys

RANGES = [(0x41, 0x7A), (0x300, 0x36F), (0x590, 0x6FF), (0x900, 0xDFF), (0x1100, 0x11FF), (0x1AB0, 0x1AFF), (0x1E00, 0x1FFF), (0x2000, 0x212F),
          (0x3040, 0x30FF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFB00, 0xFEFF), (0x11080, 0x110FF), (0x11300, 0x113FF), (0x16D60, 0x16D6F),
          (0x1D160, 0x1D1BF), (0x1E000, 0x1E0FF), (0x2F800, 0x2FA1F)]
SEQUENCES, LENGTH_MAX, SEED = 50000, 24, 20240910
MASK = (1 << 64) - 1


def splitmix(state):
    z = state = (state + 0x9E3779B97F4A7C15) & MASK
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return state, z ^ (z >> 31)


def texts():
    for point in range(0x110000):
        if not 0xD800 <= point < 0xE000:
            yield chr(point)
    state = SEED
    for _ in range(SEQUENCES):
        state, value = splitmix(state)
        text = ""
        for _ in range(1 + value % LENGTH_MAX):
            state, value = splitmix(state)
            low, high = RANGES[value % len(RANGES)]
            state, value = splitmix(state)
            text += chr(low + value % (high - low + 1))
        yield text


def main():
    try:
        import unicodedata2
    except ImportError:
        print("skip - the digests of test_unicode_nfc.c are those of unicodedata2: unicodedata2 is not installed")
        return 0
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "..", "base", "test_unicode_nfc.c"), encoding="utf-8") as file:
        expected = dict(re.findall(r'define DIGEST_(NFK?C) "([0-9a-f]{64})"', file.read()))
    failed = 0
    for form in ("NFC", "NFKC"):
        digest = hashlib.sha256()
        for text in texts():
            digest.update(unicodedata2.normalize(form, text).encode() + b"\n")
        sentence = f"the {form} digest of test_unicode_nfc.c is that of unicodedata2 {unicodedata2.unidata_version}"
        if digest.hexdigest() == expected.get(form):
            print("ok -", sentence)
        else:
            print(f"not ok - {sentence}: unicodedata2 gives {digest.hexdigest()}")
            failed += 1
    return failed


sys.exit(main())
