#!/usr/bin/env python3
"""pii against its peers: Python's ipaddress says which addresses are global, datatrove's PIIFormatter finds e-mail addresses.

Part 1: every kind of IPv4 address in a sentence is masked if and only if ipaddress calls it global (multicast and four small numbers left out,
which docs/pii.md states). Part 2: on the gold texts of the shared web data, each e-mail address that datatrove finds is found, or is one of
the stated differences; and each that is found, datatrove finds too.
"""
import gzip
import ipaddress
import json
import os
import random
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CIYUAN = os.environ.get("CIYUAN", os.path.join(HERE, "..", "..", "build", "release", "ciyuan"))
SHARED = os.environ.get("CIYUAN_SHARED", os.path.join(HERE, "..", "..", "..", "shared"))
failures = 0


def report(good, sentence, why=""):
    global failures
    failures += not good
    print(f"ok - {sentence}" if good else f"not ok - {sentence}: {why}")


def masked(texts):
    lines = "".join(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n" for number, text in enumerate(texts))
    run = subprocess.run([CIYUAN, "try", "--text", "pii:{classes: [email, ip], email_text: \x02, ip_text: \x03}", "-"], input=lines,
                         capture_output=True, text=True, check=True)
    return [json.loads(line)["text"] for line in run.stdout.split("\n") if line]


def addresses():
    seed = int(os.environ.get("CIYUAN_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
    rnd, out = random.Random(seed), []
    networks = [ipaddress.ip_network(name) for name in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.2.0/24", "192.168.0.0/16",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4")]
    for network in networks:  # at both ends, and right outside them
        first, last = int(network[0]), int(network[-1])
        out += [ipaddress.IPv4Address(value) for value in (first - 1, first, last, last + 1) if 0 <= value < 1 << 32]
    out += [ipaddress.IPv4Address(rnd.randrange(1 << 32)) for _ in range(3000)]
    return [address for address in out if not address.is_multicast and max(address.packed) >= 32], seed


def check_addresses():
    all_addresses, seed = addresses()
    found = masked([f"host {address} answers" for address in all_addresses])
    wrong = [str(address) for address, text in zip(all_addresses, found) if ("\x03" in text) != address.is_global]
    report(not wrong, f"pii masks the IPv4 addresses that ipaddress calls global, of {len(all_addresses)} (seed {seed})", ", ".join(wrong[:5]))


def stated(match, after):
    """Whether docs/pii.md says that this match of datatrove is none of ours."""
    local, domain = match.rsplit("@", 1)
    if re.search(r"(^|\.)example\.(com|org|net)$|\.(example|test|invalid)$", domain, re.I):
        return True
    if re.match(r"\dx\.", domain) or re.search(r"\.(service|socket|timer|mount)$", domain) or not re.search(r"\.([A-Za-z]{2,}|xn--[A-Za-z0-9-]+)$", domain):
        return True
    return (local == "git" and after.startswith(":")) or ".." in local


def check_emails():
    sentence = "pii finds the e-mail addresses that datatrove finds in the gold texts, save the differences stated"
    path = os.path.join(SHARED, "data", "web", "gold.jsonl.gz")
    if not os.path.exists(path):
        print(f"skip - {sentence}: the shared data is not here")
        return
    try:
        from datatrove.pipeline.formatters.pii import PIIFormatter
    except ImportError:
        print(f"skip - {sentence}: datatrove is not installed")
        return
    pattern = PIIFormatter().emails_replacer.regex
    with gzip.open(path, "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["main_content"] or "" for line in file]
    missed, common, extra = [], 0, []
    for text, ours in zip(texts, masked(texts)):
        theirs = [match for match in pattern.finditer(text) if not stated(match.group(), text[match.end():])]
        common += min(len(theirs), ours.count("\x02"))
        if len(theirs) > ours.count("\x02"):
            missed.append([match.group() for match in theirs])
        elif len(theirs) < ours.count("\x02"):
            extra.append((ours.count("\x02"), [match.group() for match in theirs]))
    report(not missed and not extra, f"{sentence} ({common})", f"missed in {missed[:3]}, more than datatrove in {extra[:3]}")


check_addresses()
check_emails()
sys.exit(failures)
