"""Adding an operator is one file and one row in table.h: it is then listed, explained, checked in recipes, and run."""
import glob, json, os, shutil, subprocess

from _case import case, finish, scratch, write

root = os.environ.get("CIYUAN_SOURCE", os.getcwd())
build = os.path.dirname(os.environ.get("CIYUAN", os.path.join(root, "build/release/ciyuan")))

OPERATOR = r"""
#include "operators/operator.h"

/* Removes documents that shout: mostly capital letters. */
struct shouting { double share_max; };
static const struct cy_param params[] = {CY_PARAM_NUMBER(shouting, share_max, 0.5, "share of letters", "keep at or below this"), {0}};
static const struct cy_signal signals[] = {{"share", "share of letters", "capital letters among A-Z and a-z"}, {0}};
static const struct cy_rule rules[] = {{"share_max", "share", "share_max", CY_KEEP_AT_MOST, "the text shouts"}, {0}};

static enum cy_status run(const void *self, struct cy_batch *batch, struct cy_error *error)
{
    const struct shouting *op = self;
    double *share = cy_batch_signal(batch, 0);
    (void)error;
    for (size_t row = 0; row < batch->row_count; row++) {
        size_t letters = 0, capitals = 0;
        for (size_t i = 0; i < batch->texts[row].size; i++) {
            char byte = batch->texts[row].data[i];
            capitals += byte >= 'A' && byte <= 'Z';
            letters += (byte | 32) >= 'a' && (byte | 32) <= 'z';
        }
        share[row] = letters > 0 ? (double)capitals / (double)letters : 0;
        if (share[row] > op->share_max)
            cy_batch_remove(batch, row, "share_max", share[row], op->share_max);
    }
    return CY_OK;
}

const struct cy_operator cy_operator_shouting = {
    .name = "shouting", .summary = "remove documents that shout", .source = "this test", .params = params, .signals = signals, .rules = rules,
    .self_size = sizeof(struct shouting), .run = run,
};
"""


def run(*arguments, status=0):
    done = subprocess.run(arguments, capture_output=True, text=True, cwd=scratch)
    assert done.returncode == status, done.stderr[-800:]
    return done.stdout, done.stderr


@case("one file and one row make an operator that is listed, explained, checked and run")
def one_row():
    write("operators/shouting.c", OPERATOR)
    table = open(os.path.join(root, "src/operators/table.h")).read() + "CY_OPERATOR(shouting)\n"
    write("operators/table.h", table)
    # The same compile and link lines as the program's own, with the one changed folder in front.
    database = json.load(open(os.path.join(build, "compile_commands.json")))
    line = next(entry["command"] for entry in database if entry["file"].endswith("operators/table.c"))
    flags = [word for word in line.split() if word.startswith(("-I", "-D", "-std", "-f")) or word == "-isystem" or "include" in word]
    subprocess.run(["cc", f"-I{scratch}", *[flag.replace('\\"', '"') for flag in flags], "-c", "operators/shouting.c", os.path.join(root, "src/operators/table.c")],
                   cwd=scratch, check=True)
    ninja = open(os.path.join(build, "build.ninja")).read()
    block = ninja[ninja.index("build ciyuan: "):]
    libraries = next(line for line in block.splitlines() if "LINK_LIBRARIES" in line).split("=", 1)[1].split()
    sanitize = [flag for flag in flags if flag.startswith("-fsanitize")]
    main = glob.glob(os.path.join(build, "CMakeFiles/ciyuan-program.dir/src/cli/main.c.o"))[0]
    libraries = [os.path.join(build, word) if word == "libciyuan.a" else word for word in libraries]
    run("cc", *sanitize, main, "table.o", "shouting.o", *libraries, "-pthread", "-o", "program")
    program = os.path.join(scratch, "program")
    assert "shouting" in run(program, "operators")[0]
    explained = run(program, "operators", "shouting")[0]
    assert "share_max" in explained and "the text shouts" in explained, explained
    write("in.jsonl", '{"id": "calm", "text": "hello there"}\n{"id": "loud", "text": "HELLO THERE"}\n')
    write("r.yaml", "sources: [in.jsonl]\nsteps:\n  - shouting: {share_maxx: 1}\noutput: out\n")
    assert 'did you mean "share_max"' in run(program, "build", "r.yaml", status=2)[1]
    write("r.yaml", "sources: [in.jsonl]\nsteps: [shouting]\noutput: {path: out, format: jsonl}\n")
    run(program, "build", "r.yaml", "--quiet")
    kept = [json.loads(line) for line in open(os.path.join(scratch, "out/data/train-00000.jsonl"))]
    assert [(row["id"], row["signals"]["shouting"]["share"]) for row in kept] == [("calm", 0)], kept
    rule = json.load(open(os.path.join(scratch, "out/build.json")))["steps"][0]["rules"][0]
    assert (rule["name"], rule["count"]) == ("share_max", 1), rule


finish()
