#!/usr/bin/env python3
"""`where` against SQLite: random expressions over random documents must keep the same ones.

SQLite has no contains, starts_with, ends_with, regexp and ilike; they are Python functions here. Every number is a REAL there, as every
number is a double here; `%` stands between whole numbers only, for SQLite cuts its operands.
"""
import json
import os
import random
import re
import sqlite3
import subprocess
import sys

CIYUAN = os.environ.get("CIYUAN", os.path.join(os.path.dirname(__file__), "..", "..", "build", "release", "ciyuan"))
EXPRESSIONS, DOCUMENTS = 250, 60
WORDS = ["data", "Data", "词元", "数据集", "100%", "a_b", "it's", "", "x", "quality quality"]
PATTERNS = ["%a%", "data%", "%集", "_", "___", "%'s", "%x%y%", "%", "", "a!_b", "%!%"]


def documents(rnd):
    for number in range(DOCUMENTS):
        document = {"id": f"d{number}", "text": " ".join(rnd.choice(WORDS) for _ in range(rnd.randrange(4)))}
        for name, values in (("url", ["https://example.com/tag/x", "https://例子.cn/", "x"]), ("language", ["en", "zh"]),
                             ("a", range(-3, 9)), ("b", range(0, 4)), ("s", WORDS), ("t", WORDS)):
            if rnd.random() < 0.8:
                document[name] = rnd.choice(list(values))
        yield document


class Generator:
    """Each method returns (ours, SQLite's)."""

    def __init__(self, rnd):
        self.rnd = rnd

    def choice(self, depth, simple, deeper):
        return self.rnd.choice(simple if depth <= 0 else simple + deeper)(depth - 1)

    def literal(self, _):
        value = f"{self.rnd.randrange(0, 9)}.0"
        return value, value

    def number_field(self, _):
        name = self.rnd.choice("ab")
        return f"metadata.{name}", name

    def whole(self, depth):
        left, right = self.choice(depth, [self.literal, self.number_field], []), self.choice(depth, [self.literal, self.number_field], [])
        return f"({left[0]} % {right[0]})", f"({left[1]} % {right[1]})"

    def arithmetic(self, depth):
        left, right, op = self.number(depth), self.number(depth), self.rnd.choice("+-*/")
        return f"({left[0]} {op} {right[0]})", f"({left[1]} {op} {right[1]})"

    def negated(self, depth):
        inner = self.number(depth)
        return f"-({inner[0]})", f"-({inner[1]})"

    def absolute(self, depth):
        inner = self.number(depth)
        return f"abs({inner[0]})", f"abs({inner[1]})"

    def length(self, depth):
        inner = self.text(depth)
        return f"length({inner[0]})", f"cast(length({inner[1]}) as real)"

    def number_or(self, depth):
        left, right = self.number(depth), self.number(depth)
        return f"coalesce({left[0]}, {right[0]})", f"coalesce({left[1]}, {right[1]})"

    def number(self, depth):
        return self.choice(depth, [self.literal, self.number_field],
                           [self.arithmetic, self.negated, self.absolute, self.length, self.number_or, self.whole])

    def text_literal(self, _):
        value = "'" + self.rnd.choice(WORDS).replace("'", "''") + "'"
        return value, value

    def text_field(self, _):
        name = self.rnd.choice(["text", "url", "id", "s", "t"])
        return (f"metadata.{name}" if name in "st" else name), name

    def cased(self, depth):
        inner, name = self.text(depth), self.rnd.choice(["lower", "upper"])
        return f"{name}({inner[0]})", f"{name}({inner[1]})"

    def text_or(self, depth):
        left, right = self.text(depth), self.text(depth)
        return f"coalesce({left[0]}, {right[0]})", f"coalesce({left[1]}, {right[1]})"

    def text(self, depth):
        return self.choice(depth, [self.text_literal, self.text_field], [self.cased, self.text_or])

    def comparison(self, depth):
        kind = self.rnd.choice([self.number, self.text])
        left, right = kind(depth), kind(depth)
        op = self.rnd.choice(["=", "==", "!=", "<>", "<", "<=", ">", ">="])
        return f"{left[0]} {op} {right[0]}", f"{left[1]} {op} {right[1]}"

    def null_test(self, depth):
        inner, op = self.rnd.choice([self.number, self.text])(depth), self.rnd.choice(["is null", "is not null"])
        return f"{inner[0]} {op}", f"{inner[1]} {op}"

    def members(self, depth):
        kind = self.rnd.choice([self.number, self.text])
        left, items = kind(depth), [kind(0) for _ in range(self.rnd.randrange(1, 4))] + self.rnd.choice([[], [("null", "null")]])
        op = self.rnd.choice(["in", "not in"])
        return tuple(f"{left[side]} {op} ({', '.join(item[side] for item in items)})" for side in (0, 1))

    def between(self, depth):
        kind = self.rnd.choice([self.number, self.text])
        parts, op = [kind(depth) for _ in range(3)], self.rnd.choice(["between", "not between"])
        return tuple(f"{parts[0][side]} {op} {parts[1][side]} and {parts[2][side]}" for side in (0, 1))

    def like(self, depth):
        left, pattern = self.text(depth), "'" + self.rnd.choice(PATTERNS).replace("'", "''") + "'"
        op = self.rnd.choice(["like", "not like"])
        escape = " escape '!'" if "!" in pattern else ""
        return f"{left[0]} {op} {pattern}{escape}", f"{left[1]} {op} {pattern}{escape}"

    def function(self, depth):
        name, left, right = self.rnd.choice(["contains", "starts_with", "ends_with"]), self.text(depth), self.text(depth)
        return f"{name}({left[0]}, {right[0]})", f"{name}({left[1]}, {right[1]})"

    def regexp(self, depth):
        left, pattern = self.text(depth), self.rnd.choice(["^d", "[a-z]+$", "集", "^$", "(?i)DATA", "\\\\d", "q.*q"])
        pattern = pattern.replace("\\\\", "\\")
        return f"regexp({left[0]}, '{pattern}')", f"regexp_search({left[1]}, '{pattern}')"

    def junction(self, depth):
        left, right, op = self.truth(depth), self.truth(depth), self.rnd.choice(["and", "or"])
        return f"({left[0]} {op} {right[0]})", f"({left[1]} {op} {right[1]})"

    def unbracketed(self, depth):
        parts = [self.truth(0) for _ in range(3)]
        ops = [self.rnd.choice(["and", "or", "and not"]) for _ in range(2)]
        return tuple(f"({parts[0][side]} {ops[0]} {parts[1][side]} {ops[1]} {parts[2][side]})" for side in (0, 1))

    def inverse(self, depth):
        inner = self.truth(depth)
        return f"not ({inner[0]})", f"not ({inner[1]})"

    def truth(self, depth):
        simple = [self.comparison, self.null_test, self.members, self.between, self.like, self.function, self.regexp]
        return self.choice(depth, simple, [self.junction, self.junction, self.inverse, self.unbracketed])


def null_or(function):
    return lambda *values: None if None in values else function(*values)


def database(rows):
    connection = sqlite3.connect(":memory:")
    connection.execute("pragma case_sensitive_like = on")
    connection.execute("create table d (id text, text text, url text, language text, a real, b real, s text, t text)")
    for row in rows:
        connection.execute("insert into d values (?,?,?,?,?,?,?,?)", [row.get(name) for name in ("id", "text", "url", "language", "a", "b", "s", "t")])
    connection.create_function("contains", 2, null_or(lambda text, part: part in text))
    connection.create_function("starts_with", 2, null_or(lambda text, part: text.startswith(part)))
    connection.create_function("ends_with", 2, null_or(lambda text, part: text.endswith(part)))
    connection.create_function("regexp_search", 2, null_or(lambda text, pattern: re.search(pattern, text) is not None))
    return connection


def kept_by_us(expression, lines):
    step = "where:{expression: " + json.dumps(expression, ensure_ascii=False) + "}"
    run = subprocess.run([CIYUAN, "try", step, "-"], input=lines, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise RuntimeError(f"{expression}: {run.stderr}")
    return [row["id"] for row in map(json.loads, run.stdout.splitlines()) if row["what"] == "kept"]


def main():
    seed = int(os.environ.get("CIYUAN_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 32)
    rnd = random.Random(seed)
    rows = list(documents(rnd))
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    connection, generator = database(rows), Generator(rnd)
    sentence = f"where keeps what SQLite keeps, in {EXPRESSIONS} random expressions over {DOCUMENTS} documents (seed {seed})"
    kept = 0
    for _ in range(EXPRESSIONS):
        ours, theirs = generator.truth(3)
        expected = [row[0] for row in connection.execute(f"select id from d where {theirs} order by rowid")]
        found = kept_by_us(ours, lines)
        kept += len(found)
        if found != expected:
            print(f"not ok - {sentence}: {ours} keeps {found}, SQLite {expected} by {theirs}")
            return 1
    if not 0.1 < kept / EXPRESSIONS / DOCUMENTS < 0.9:
        print(f"not ok - {sentence}: the expressions tell nothing apart, {kept} were kept")
        return 1
    print("ok -", sentence)
    return 0


sys.exit(main())
