#!/usr/bin/env python3
"""Makes sql.h (enum cy_sql) and sql_table.c (the statements' text) of the .sql files named on the command line.

    make_sql.py FOLDER FILE.sql …      a file under …/migrations/ is a migration, all others are queries

A leading comment ("-- …" lines) says what the query answers; it is left out of the statement that is sent.
"""
import os
import sys

folder, files = sys.argv[1], sys.argv[2:]
queries, migrations = [], []
for path in sorted(files, key=os.path.basename):
    name = os.path.splitext(os.path.basename(path))[0]
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if os.path.basename(os.path.dirname(path)) == "migrations":
        migrations.append((name, text))
        continue
    if any(name == other for other, _ in queries):
        sys.exit(f"make_sql: two queries are named {name}; a name is unique over the whole tree")
    lines = [line.strip() for line in text.splitlines() if not line.lstrip().startswith("--")]
    queries.append((name, " ".join(line for line in lines if line).rstrip(";")))


def literal(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def write(name, content):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(content)


os.makedirs(folder, exist_ok=True)
write("sql.h", "/* Made by tools/make_sql.py. */\n#ifndef CY_STORE_SQL_H\n#define CY_STORE_SQL_H\n\nenum cy_sql {\n"
      + "".join(f"    CY_SQL_{name},\n" for name, _ in queries) + "    CY_SQL_COUNT\n};\n"
      + "struct cy_sql_row {\n    const char *name, *text;\n};\n"
      + "extern const struct cy_sql_row cy_sql_table[CY_SQL_COUNT + 1];\n"
      + f"#define CY_MIGRATION_COUNT {len(migrations)}\n"
      + "extern const struct cy_sql_row cy_migrations[CY_MIGRATION_COUNT + 1];\n\n#endif\n")
write("sql_table.c", "/* Made by tools/make_sql.py. */\n#include \"store/sql.h\"\n\nconst struct cy_sql_row cy_sql_table[CY_SQL_COUNT + 1] = {\n"
      + "".join(f"    {{{literal(name)}, {literal(text)}}},\n" for name, text in queries) + "};\n"
      + "const struct cy_sql_row cy_migrations[CY_MIGRATION_COUNT + 1] = {\n"
      + "".join(f"    {{{literal(name)}, {literal(text)}}},\n" for name, text in migrations) + "};\n")
