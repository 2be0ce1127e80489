#!/usr/bin/env python3
"""Whole builds beside the peer, in one run: writes bench/build.md.

    tools/bench_build.py [--rounds N] [--peer-rounds N] [--no-peer] [web] [text] [minhash]

Ours runs N times (5), the peer M times (1) between them; the table has the medians. What it needs (the peer in a virtual environment, the
documentation packages that the English text is made from) is brought into .bench/. The web pages come with the shared test data.
"""
import argparse
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
place = os.path.join(root, ".bench")
python = os.path.join(place, "venv", "bin", "python")
shared = os.environ.get("CIYUAN_SHARED", os.path.join(os.path.dirname(root), "shared"))
ciyuan = os.path.join(root, "build", "bench", "ciyuan")
PACKAGES = ["rust-doc", "openjdk-17-doc", "debian-handbook"]
QUALITY = """  - language: {keep: [en]}
  - gopher_repetition
  - gopher_quality
  - c4_quality: {filter_no_terminal_punct: false}
  - fineweb_quality
"""
WORK = {
    "web": ("pages-00 and pages-03: extract, language, Gopher ×2, C4, FineWeb, write", f"sources: ['{shared}/data/web/pages-0[03].warc.gz']\nsteps:\n  - extract_html\n{QUALITY}", 50),
    "text": ("41 MB of English text: language, Gopher ×2, C4, FineWeb, write", f"sources: ['text/part-*.jsonl']\nsteps:\n{QUALITY}", 100),
    "minhash": ("the same text: MinHash 14×8 over 5-grams, all stages, write", "sources: ['text/part-*.jsonl']\nsteps:\n  - dedup_minhash: {bands: 14, rows: 8, ngram: 5}\n", 100),
}


def bring():
    os.makedirs(place, exist_ok=True)
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", os.path.join(place, "venv")], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", os.path.join(root, "bench", "requirements.txt")], check=True)
    if not os.path.exists(os.path.join(place, "text", "part-1.jsonl")):
        debs = os.path.join(place, "debs")
        os.makedirs(os.path.join(place, "text"), exist_ok=True)
        os.makedirs(debs, exist_ok=True)
        subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=debs, check=True)
        for name in os.listdir(debs):
            if name.endswith(".deb"):
                subprocess.run(["dpkg-deb", "-x", os.path.join(debs, name), os.path.join(debs, "x")], check=True)
        subprocess.run([python, os.path.join(root, "tools", "bench_text.py"), os.path.join(debs, "x"), os.path.join(place, "text")], check=True)


def ours(mode, output_format):
    """One build: wall seconds of the whole process, its log."""
    recipe = os.path.join(place, f"{mode}.yaml")
    with open(recipe, "w") as file:
        file.write(f"name: {mode}\n{WORK[mode][1]}output: {{path: out, format: {output_format}}}\n")
    for name in ("out", "out.work"):
        shutil.rmtree(os.path.join(place, name), ignore_errors=True)
    if os.path.exists(os.path.join(place, "out.log")):
        os.remove(os.path.join(place, "out.log"))
    start = time.monotonic()
    subprocess.run([ciyuan, "build", recipe, "--quiet"], check=True)
    seconds = time.monotonic() - start
    return seconds, open(os.path.join(place, "out.log")).read()


def peer(mode):
    folder = os.path.join(shared, "data", "web") if mode == "web" else os.path.join(place, "text")
    done = subprocess.run([python, os.path.join(root, "bench", "peer_datatrove.py"), mode, folder], check=True, capture_output=True, text=True, timeout=900)
    return float(re.search(r"seconds ([\d.]+)", done.stdout).group(1))


def machine():
    name = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    features = next((line for line in open("/proc/cpuinfo") if line.startswith("flags")), "")
    return f"{name}, {os.cpu_count()} processors, {'AVX-512' if 'avx512bw' in features else 'AVX2' if 'avx2' in features else 'no AVX2'}, {platform.platform()}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peer-rounds", type=int, default=1)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("modes", nargs="*", default=list(WORK))
    arguments = parser.parse_args()
    bring()
    rows, logs = [], []
    for mode in arguments.modes or WORK:
        jsonl, parquet, theirs = [], [], []
        for number in range(arguments.rounds):
            jsonl.append(ours(mode, "jsonl.gz"))
            parquet.append(ours(mode, "parquet")[0])
            if not arguments.no_peer and number < arguments.peer_rounds:
                theirs.append(peer(mode))
        seconds = statistics.median(run[0] for run in jsonl)
        middle = min(jsonl, key=lambda run: abs(run[0] - seconds))
        them = statistics.median(theirs) if theirs else None
        rows.append((WORK[mode][0], them, seconds, statistics.median(parquet), min(r[0] for r in jsonl), max(r[0] for r in jsonl), WORK[mode][2]))
        logs.append((mode, middle[1]))
        ratio = f", {them / seconds:.0f} times datatrove's {them:.1f} s" if them else ""
        print(f"{mode}: {seconds:.2f} s (JSON Lines, gzip), {statistics.median(parquet):.2f} s (Parquet){ratio}", flush=True)
    with open(os.path.join(root, "bench", "build.md"), "w") as out:
        out.write("# Whole builds beside datatrove 0.10.1\n\nWritten by `make bench`. Wall seconds of the whole process, median of "
                  f"{arguments.rounds} runs of ours (least – most) and of {arguments.peer_rounds} of the peer's between them, both on two threads. "
                  f"Both write JSON Lines with gzip; Parquet is ours beside it.\nMachine: {machine()}.\n\n"
                  "| work | datatrove | ciyuan, JSON Lines | times faster | goal | ciyuan, Parquet |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
        for work, them, seconds, parquet, least, most, goal in rows:
            their = f"{them:.1f}" if them else "not measured"
            times = f"{them / seconds:.0f}" if them else "–"
            out.write(f"| {work} | {their} | {seconds:.2f} ({least:.2f} – {most:.2f}) | {times} | {goal} | {parquet:.2f} |\n")
        out.write("\nWhat each step took (the run nearest the median; JSON Lines):\n")
        for mode, log in logs:
            lines = [line for line in log.splitlines() if not line.startswith("build id")]
            lines = [re.sub(r"^\S+Z  ", "", line) for line in lines]
            out.write(f"\n## {mode}\n\n```\n" + "\n".join(lines) + "\n```\n")


main()
