"""Writes src/html/entity_table.h: the named character references of the HTML Living Standard, section 13.5, as Python's html.entities has them.
Usage: python3 tools/make_html_entities.py > src/html/entity_table.h"""
import html.entities


def c_string(text):
    return '"' + "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else "\\%03o" % b for b in text.encode()) + '"'


table = html.entities.html5
rows = [f"X({c_string(name[:-1])}, {c_string(table[name])}, {int(name[:-1] in table)})" for name in sorted((n for n in table if n.endswith(";")), key=lambda n: n[:-1])]
print("/* Named character references: X(name, UTF-8, may stand without its semicolon), in byte order of the names.")
print(" * Written by tools/make_html_entities.py. */")
print("/* clang-format off */")
line = ""
for row in rows:
    if len(line) + len(row) > 138:
        print(line.rstrip())
        line = ""
    line += row + " "
print(line.rstrip())
print("/* clang-format on */")
