#!/usr/bin/env python3
"""The public API over Arrow record batches, with pyarrow on the other side of the C data interface: what the steps say of a batch is what
`ciyuan build` writes of the same documents, and what cannot be taken is refused with the reason."""
import base64, ctypes, gzip, json, math, os, sys, threading

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
from _case import CIYUAN, SHARED, case, ciyuan, finish, scratch, write

lib = ctypes.CDLL(os.path.join(os.path.dirname(os.path.abspath(CIYUAN)), "libciyuan.so.0"))


class Error(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int32), ("message", ctypes.c_char * 1024), ("hint", ctypes.c_char * 512)]


class Schema(ctypes.Structure):
    pass


class Array(ctypes.Structure):
    pass


Schema._fields_ = [("format", ctypes.c_char_p), ("name", ctypes.c_char_p), ("metadata", ctypes.c_char_p), ("flags", ctypes.c_int64),
                   ("n_children", ctypes.c_int64), ("children", ctypes.POINTER(ctypes.POINTER(Schema))), ("dictionary", ctypes.c_void_p),
                   ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Schema))), ("private_data", ctypes.c_void_p)]
Array._fields_ = [("length", ctypes.c_int64), ("null_count", ctypes.c_int64), ("offset", ctypes.c_int64), ("n_buffers", ctypes.c_int64),
                  ("n_children", ctypes.c_int64), ("buffers", ctypes.POINTER(ctypes.c_void_p)),
                  ("children", ctypes.POINTER(ctypes.POINTER(Array))), ("dictionary", ctypes.c_void_p),
                  ("release", ctypes.CFUNCTYPE(None, ctypes.POINTER(Array))), ("private_data", ctypes.c_void_p)]
lib.ciyuan_operator_name.restype = ctypes.c_char_p
lib.ciyuan_operator_name.argtypes = [ctypes.c_size_t]


class Refused(Exception):
    pass


def check(status, error):
    if status != 0:
        assert status == error.status
        raise Refused(f"{status}: {error.message.decode()} | {error.hint.decode()}")


def open_steps(yaml, folder=None):
    steps, error = ctypes.c_void_p(), Error()
    check(lib.ciyuan_steps_open(yaml.encode(), folder and folder.encode(), ctypes.byref(steps), ctypes.byref(error)), error)
    return steps


def call(function, heads, batch, change=None):
    """Runs function(heads …, the batch as the C data interface has it), and gives the batch that comes back. change: spoils the structs."""
    schema, array, out_schema, out, error = Schema(), Array(), Schema(), Array(), Error()
    batch._export_to_c(ctypes.addressof(array), ctypes.addressof(schema))
    undo = change(schema, array) if change else None
    status = function(*heads, ctypes.byref(schema), ctypes.byref(array), ctypes.byref(out_schema), ctypes.byref(out), ctypes.byref(error))
    if undo:
        undo()
    schema.release(ctypes.byref(schema))
    array.release(ctypes.byref(array)) # the batch was only lent
    check(status, error)
    return pa.RecordBatch._import_from_c(ctypes.addressof(out), ctypes.addressof(out_schema))


def run(steps, batch, change=None):
    return call(lib.ciyuan_steps_run, [steps], batch, change)


def operator(name, parameters, batch):
    return call(lib.ciyuan_operator_run, [name.encode(), parameters and parameters.encode()], batch)


# Every byte, then these, in the order in which they merge.
TINY = write("tiny.json", json.dumps({
    "explicit_n_vocab": 261, "pat_str": r"\S+|\s+", "special_tokens": {"<|endoftext|>": 260},
    "bpe_ranks": "! 0 " + " ".join(base64.b64encode(token).decode() for token in [bytes([i]) for i in range(256)] + [b"th", b"the", b"an", b"and"])}))


def documents():
    """Some hundred web texts and Chinese ones where the shared data is, and some written here."""
    rows = [{"id": f"own-{i}", "text": text, "url": None} for i, text in enumerate(
        ["the cat and the hat", "", "thethe " * 300, "数 and 字。" * 50, "- a\n- b\n- c\n", "\n".join(f"Line {i} of the text." for i in range(90))])]
    for name, key in (("web/gold.jsonl.gz", "main_content"), ("zh/d2l.jsonl.gz", "text")):
        path = os.path.join(SHARED, "data", name)
        if os.path.exists(path):
            with gzip.open(path, "rt") as file:
                for i, line in zip(range(250), file):
                    record = json.loads(line)
                    text = record[key] or ""
                    rows.append({"id": f"{name}-{i}", "text": text, "url": f"https://example.org/{i}" if i % 3 else None})
    return rows


STEPS = f"""
- language
- count_tokens: {{tokenizer: {TINY}, column: tiny}}
- gopher_repetition
- gopher_quality
- where: "signals.count_tokens.tokens_per_byte < 0.999 and url is null or length(text) > 2000"
"""
rows = documents()
COLUMNS = pa.schema([("id", pa.string()), ("text", pa.string()), ("url", pa.string())])
batch = pa.RecordBatch.from_pylist(rows, schema=COLUMNS)


def built():
    """What `ciyuan build` says of the same documents, by id: the rows of data and of the ledger."""
    write("docs.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    recipe = write("recipe.yaml", "name: arrow\nsources:\n  - docs.jsonl\nsteps:" + STEPS + "output: {path: out, removed_text: full}\n")
    ciyuan("build", recipe)
    out, found = os.path.join(scratch, "out"), {}
    for folder in ("data", "verdicts"):
        for name in sorted(os.listdir(os.path.join(out, folder))):
            for row in pq.read_table(os.path.join(out, folder, name)).to_pylist():
                found[row["id"]] = row
    return found


def same(one, other):
    if isinstance(one, dict) or isinstance(other, dict):
        keys = (one or {}).keys() | (other or {}).keys()
        return all(same((one or {}).get(key), (other or {}).get(key)) for key in keys)
    return one == other or (isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other))


@case("what the steps measure and decide on a record batch is what a build writes of the same documents, number by number")
def _():
    found, answer = built(), run(open_steps(STEPS), batch).to_pylist()
    assert len(answer) == len(rows) and len(found) == len(rows)
    kept = 0
    for row, given in zip(answer, rows):
        expected = found[given["id"]]
        kept += row["kept"]
        assert row["id"] == given["id"] and row["text"] == given["text"], row["id"]
        assert row["kept"] == ("what" not in expected), f"{row['id']}: {row['verdict']} and {expected}"
        for name in ("url", "language"):
            assert (row[name] or None) == (expected[name] or None), f"{row['id']}: {name}"
        assert same(row["tokens"], expected["tokens"] if row["kept"] else row["tokens"]), f"{row['id']}: tokens {row['tokens']}, {expected['tokens']}"
        assert same(row["signals"], expected["signals"]), f"{row['id']}: signals {row['signals']}, {expected['signals']}"
        if not row["kept"]:
            step = expected.get("step") or "read"
            assert row["verdict"] == {"what": expected["what"], "step": step, "rule": expected["rule"], "measured": expected["measured"],
                                      "threshold": expected["threshold"]}, f"{row['verdict']} and {expected}"
    assert 0 < kept < len(rows)


@case("one operator alone gives the same as the same operator among steps, with parameters in any style of YAML")
def _():
    whole = run(open_steps("- gopher_quality: {words_min: 20}"), batch)
    for parameters in ("{words_min: 20}", '{"words_min": 20}', "words_min: 20", "\n  words_min: 20\n  # why\n"):
        assert operator("gopher_quality", parameters, batch).equals(whole), parameters
    counted = operator("count_tokens", TINY, batch)
    assert counted.column("tokens").to_pylist()[0] == {"tiny": 13}, counted.column("tokens")[0]
    assert operator("gopher_quality", None, batch).equals(operator("gopher_quality", "", batch))


@case("strings of 32 and 64 bits, views, columns of NULL, and slices say the same")
def _():
    steps = open_steps(STEPS)
    whole = run(steps, batch)
    for kind in (pa.large_string(), pa.string_view()):
        other = pa.RecordBatch.from_arrays([column.cast(kind) for column in batch.columns], names=batch.schema.names)
        assert run(steps, other).equals(whole), kind
    for first, count in ((0, 0), (3, 5), (1, 1), (len(rows) - 2, 2)):
        assert run(steps, batch.slice(first, count)).equals(whole.slice(first, count)), (first, count)
    struct = pa.StructArray.from_arrays(batch.columns, names=batch.schema.names).slice(2, 7) # an offset of the struct's own
    schema, array = Schema(), Array()
    assert run(steps, pa.RecordBatch.from_struct_array(struct)).equals(whole.slice(2, 7))
    with_nulls = pa.RecordBatch.from_arrays([batch["text"], pa.nulls(len(rows))], names=["text", "url"])
    assert run(steps, with_nulls).column("url").null_count == len(rows)


@case("a row without a text, or with bytes that are not UTF-8, is unreadable, and the others are not touched")
def _():
    texts = pa.Array.from_buffers(pa.string(), 3, [None, pa.py_buffer(b"".join(i.to_bytes(4, "little") for i in (0, 4, 8, 12))),
                                                   pa.py_buffer(b"good\xff\xfe\xfdbgood")])
    answer = operator("normalize", None, pa.RecordBatch.from_arrays([texts], names=["text"])).to_pylist()
    assert [row["kept"] for row in answer] == [True, False, True], answer
    assert answer[1]["verdict"] == {"what": "unreadable", "step": "read", "rule": "encoding: invalid UTF-8", "measured": 0.0, "threshold": None}
    assert answer[1]["text"] == "" and answer[0]["id"] is None
    answer = operator("normalize", None, pa.RecordBatch.from_arrays([pa.array(["a", None])], names=["text"])).to_pylist()
    assert answer[1]["verdict"]["rule"] == "no_text_field" and answer[0]["kept"]


@case("steps that change texts give the new ones, and a rule that hides what it found shows no text")
def _():
    given = pa.RecordBatch.from_arrays([pa.array(["<html><body><p>One.</p></body></html>", "mail me: jo.doe@ciyuan-mail.net"])], names=["text"])
    answer = operator("replace", "{pattern: 'One', with: 'Two'}", given).to_pylist()
    assert "Two." in answer[0]["text"], answer[0]
    hidden = operator("pii", "{action: remove}", given).to_pylist()
    assert hidden[1]["kept"] is False and "jo.doe" not in hidden[1]["text"], hidden[1]


@case("threads share the steps")
def _():
    steps = open_steps(STEPS)
    whole, bad = run(steps, batch), []
    def work():
        for _ in range(2):
            if not run(steps, batch).equals(whole):
                bad.append(1)
    threads = [threading.Thread(target=work) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert not bad


def refusal(function, *arguments):
    try:
        function(*arguments)
    except Refused as error:
        return str(error)
    raise AssertionError("it was taken")


@case("types that are not taken are refused, with the column, its type and what to do")
def _():
    steps = open_steps("- gopher_quality")
    texts = pa.array(["a", "b"])
    for column, words in ((pa.array([1, 2]), 'format "l"'), (pa.array([b"a", b"b"]), 'format "z"'), (pa.array([["a"], ["b"]]), 'format "+l"'),
                          (texts.dictionary_encode(), "dictionary")):
        reason = refusal(run, steps, pa.RecordBatch.from_arrays([column], names=["text"]))
        assert reason.startswith("1: ") and '"text"' in reason and words in reason and "utf8" in reason, reason
        reason = refusal(run, steps, pa.RecordBatch.from_arrays([texts, column], names=["text", "url"]))
        assert '"url"' in reason, reason
    assert 'no column "text"' in refusal(run, steps, pa.RecordBatch.from_arrays([texts], names=["body"]))
    assert "stands twice" in refusal(run, steps, pa.RecordBatch.from_arrays([texts, texts], names=["text", "text"]))
    bad = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")])
    assert "not UTF-8 in row 0" in refusal(run, steps, pa.RecordBatch.from_arrays([pa.array(["a"]), bad], names=["text", "url"]))
    assert run(steps, pa.RecordBatch.from_arrays([texts, pa.array([1, 2])], names=["text", "price"])).num_rows == 2 # not asked for


@case("damaged arrays are refused before anything is read through them")
def _():
    steps = open_steps("- gopher_quality")
    given = pa.RecordBatch.from_arrays([pa.array(["one", "two", "three"])], names=["text"])
    views = pa.RecordBatch.from_arrays([pa.array(["a text of more than twelve bytes", "another of more than twelve"], pa.string_view())], names=["text"])

    def spoil(batch, words, path, value):
        """Sets a field of a struct for the time of the call."""
        def change(schema, array):
            struct, name = path(schema, array)
            if isinstance(name, str):
                before = getattr(struct, name)
                setattr(struct, name, value)
                return lambda: setattr(struct, name, before)
            before = struct[name]
            if isinstance(before, ctypes._Pointer): # a view of the place, not what stands there
                before = ctypes.pointer(before.contents)
            struct[name] = value
            return lambda: struct.__setitem__(name, before)
        reason = refusal(run, steps, batch, change)
        assert reason.startswith("1: ") and words in reason, reason

    text = lambda array: array.children[0].contents
    spoil(given, "length -1", lambda schema, array: (text(array), "length"), -1)
    spoil(given, "offset -5", lambda schema, array: (text(array), "offset"), -5)
    spoil(given, "shorter than the batch", lambda schema, array: (array, "length"), 4)
    spoil(given, "shorter than the batch", lambda schema, array: (array, "offset"), 1)
    spoil(given, f"length {2**62}", lambda schema, array: (array, "length"), 2**62)
    spoil(given, "has 2 columns, its schema 1", lambda schema, array: (array, "n_children"), 2)
    spoil(given, "has 2 buffers", lambda schema, array: (text(array), "n_buffers"), 2)
    spoil(given, "no offsets", lambda schema, array: (text(array).buffers, 1), None)
    spoil(given, "no bytes", lambda schema, array: (text(array).buffers, 2), None)
    spoil(given, "does not say which", lambda schema, array: (text(array), "null_count"), 1)
    spoil(given, 'found "u"', lambda schema, array: (schema, "format"), b"u")
    spoil(given, "is missing", lambda schema, array: (schema.children, 0), ctypes.POINTER(Schema)())
    offsets = (ctypes.c_int32 * 4)(0, 3, 2, 11)
    spoil(given, "offset 2 is 2, less than the one before", lambda schema, array: (text(array).buffers, 1), ctypes.addressof(offsets))
    offsets = (ctypes.c_int32 * 4)(-8, 3, 6, 11)
    spoil(given, "offset 0 is -8", lambda schema, array: (text(array).buffers, 1), ctypes.addressof(offsets))
    for number, field in ((0, 2**31 - 1), (2, 9), (2, -1), (3, -2), (3, 2**20)): # size, buffer, offset of a view
        view = (ctypes.c_int32 * 8)(*([32, 0, 0, 0] + [27, 0, 0, 32]))
        view[number] = field
        spoil(views, "outside", lambda schema, array: (text(array).buffers, 1), ctypes.addressof(view))
    assert run(steps, given).num_rows == 3, "the structs are whole again"


@case("a column of texts becomes a column of lists of ids, or of counts, NULL for NULL")
def _():
    tokenizer, error = ctypes.c_void_p(), Error()
    check(lib.ciyuan_tokenizer_open(TINY.encode(), ctypes.byref(tokenizer), ctypes.byref(error)), error)

    def column(function, array):
        schema, given, out_schema, out, error = Schema(), Array(), Schema(), Array(), Error()
        array._export_to_c(ctypes.addressof(given), ctypes.addressof(schema))
        status = function(tokenizer, ctypes.byref(schema), ctypes.byref(given), None, ctypes.byref(out_schema), ctypes.byref(out), ctypes.byref(error))
        schema.release(ctypes.byref(schema))
        given.release(ctypes.byref(given))
        check(status, error)
        answer = pa.Array._import_from_c(ctypes.addressof(out), ctypes.addressof(out_schema))
        answer.validate(full=True)
        return answer

    the, and_ = 257, 259
    texts = pa.array(["x", "the and", None, "", "数", "the"])
    expected = [[ord("x")], [the, 32, and_], None, [], list("数".encode()), [the]]
    for kind in (pa.string(), pa.large_string(), pa.string_view()):
        ids = column(lib.ciyuan_tokenizer_encode_arrow, texts.cast(kind))
        assert ids.to_pylist() == expected and ids.type.equals(pa.large_list(pa.field("item", pa.uint32(), False))), ids.type
        assert column(lib.ciyuan_tokenizer_encode_arrow, texts.cast(kind).slice(1, 3)).to_pylist() == expected[1:4]
        counts = column(lib.ciyuan_tokenizer_count_arrow, texts.cast(kind))
        assert counts.equals(pa.array([ids if ids is None else len(ids) for ids in expected], pa.int64())), counts
    assert column(lib.ciyuan_tokenizer_encode_arrow, texts.slice(0, 0)).to_pylist() == []
    everything = column(lib.ciyuan_tokenizer_encode_arrow, batch["text"])
    assert column(lib.ciyuan_tokenizer_count_arrow, batch["text"]).to_pylist() == [len(ids) for ids in everything.to_pylist()]
    assert 'format "l"' in refusal(column, lib.ciyuan_tokenizer_encode_arrow, pa.array([1]))
    assert "dictionary" in refusal(column, lib.ciyuan_tokenizer_count_arrow, texts.dictionary_encode())
    lib.ciyuan_tokenizer_close(tokenizer)


@case("wrong steps are refused with line and column, the nearest name, and nothing to close")
def _():
    assert "gopher_quality" in refusal(open_steps, "- gopher_qualty") and "steps:1:3" in refusal(open_steps, "- gopher_qualty")
    assert refusal(open_steps, "- gopher_quality: {words_mn: 3}").startswith("2: steps:1:")
    assert "compares all documents" in refusal(open_steps, "- dedup_exact")
    assert refusal(open_steps, "gopher_quality").startswith("2: ")
    assert "no operator" in refusal(operator, "x: y", None, batch) and "no operator" in refusal(operator, 'a"\n- b', "", batch)
    assert refusal(operator, "count_tokens", "no/such.json", batch).startswith("2: ")
    assert lib.ciyuan_steps_close(None) is not None
    names = [lib.ciyuan_operator_name(i) for i in range(200)]
    assert b"count_tokens" in names and names[-1] is None


finish()
