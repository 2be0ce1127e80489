#!/usr/bin/env python3
"""The command try: what it prints, and what it says when it cannot."""
import json, os, subprocess, sys, tempfile

CIYUAN = os.environ.get("CIYUAN", "build/release/ciyuan")
failed = 0


def run(*arguments, text=""):
    return subprocess.run([CIYUAN, "try", *arguments], input=text, capture_output=True, text=True)


def check(sentence, good, why=""):
    global failed
    failed += not good
    print(f"ok - {sentence}" if good else f"not ok - {sentence}: {why}")


docs = "".join(json.dumps({"id": id_, "text": text}) + "\n" for id_, text in
               [("a", "One of the lines.\nOne of the lines.\nOne of the lines."), ("b", "Short and to the point."), ("c", "")]) + "{broken\n"

result = run("gopher_repetition", "gopher_quality:{words_min: 4}", "-", text=docs)
rows = [json.loads(line) for line in result.stdout.splitlines()]
check("every record is a line, in the order read", [row["id"] for row in rows][:3] == ["a", "b", "c"] and len(rows) == 4, result.stdout)
check("a removed document has step, rule, measured value and threshold",
      (rows[0]["what"], rows[0]["step"], rows[0]["rule"]) == ("removed", "gopher_repetition", "dup_line_frac")
      and abs(rows[0]["measured"] - 2 / 3) < 1e-9 and rows[0]["threshold"] == 0.3, rows[0])
check("it has the signals of the steps that it reached, and no others",
      any(name.startswith("gopher_repetition.") for name in rows[0]["signals"]) and not any(name.startswith("gopher_quality.") for name in rows[0]["signals"]), rows[0])
check("a record that cannot be read says why", rows[3]["what"] == "unreadable" and rows[3]["step"] == "read" and rows[3]["rule"], rows[3])

row = json.loads(run("gopher_quality:{words_min: 9}", "-", text=json.dumps({"id": "b", "text": "Short and to the point."}) + "\n").stdout)
check("a step's parameters are those written", (row["rule"], row["measured"], row["threshold"]) == ("gopher_short_doc", 5, 9), row)

result = run("--text", "c4_quality: {sentences_min: 1}", "-", text=json.dumps({"id": "a", "text": "This line is kept.\nthis is not"}) + "\n")
check("--text prints the text as the steps left it", json.loads(result.stdout)["text"] == "This line is kept.", result.stdout)

result = run("gopher_qualty", "-", text=docs)
check("an unknown step is named, with the nearest known one", result.returncode == 2 and "gopher_quality" in result.stderr, result.stderr)
result = run("gopher_quality: {words_minimum: 3}", "-", text=docs)
check("an unknown parameter too", result.returncode == 2 and "words_min" in result.stderr, result.stderr)
result = run("dedup_exact", "-", text=docs)
check("a step that compares all documents is refused", result.returncode == 2 and "dedup_exact" in result.stderr, result.stderr)
result = run("gopher_quality")
check("a file must be named", result.returncode == 2, result.stderr)
result = run("gopher_quality", os.path.join(tempfile.gettempdir(), "no-such-file.jsonl"))
check("a file that is not there is an error", result.returncode == 2 and "no-such-file" in result.stderr, result.stderr)
sys.exit(failed > 0)
