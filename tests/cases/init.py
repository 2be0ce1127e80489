"""`ciyuan init` writes a recipe that builds."""
import json, os

from _case import case, ciyuan, finish, scratch, write

ENGLISH = "The quick brown fox jumps over the lazy dog, and the people of the town look on with wonder as it happens again. "


@case("the recipe names format, text field and language of what it was shown, and it builds")
def builds():
    write("in.jsonl", "".join(json.dumps({"no": i, "title": "t", "body": f"{ENGLISH * 12} {i}"}) + "\n" for i in range(20)))
    ciyuan("init", "in.jsonl", "--output", "recipe.yaml", cwd=scratch)
    recipe = open(os.path.join(scratch, "recipe.yaml")).read()
    assert "format: jsonl" in recipe and 'text: "body"' in recipe and "keep: [en]" in recipe, recipe
    ciyuan("build", "recipe.yaml", "--quiet", cwd=scratch)
    assert json.load(open(os.path.join(scratch, "out/dataset/build.json")))["total"]["read"] == 20


@case("the column of a CSV or Parquet file that holds the text is found, and the recipe builds")
def columns():
    rows = "".join(f'{i},http://a/{i},"{ENGLISH * 8}\n{i}",t\n' for i in range(20))
    write("table.csv", "no,url,body,title\n" + rows)
    write("table.tsv", "no\tbody\n" + "".join(f"{i}\t{ENGLISH * 8}{i}\n" for i in range(20)))
    write("plain.csv", f'summary,text\n"{ENGLISH * 12}","{ENGLISH}"\n')  # `text` is what it says, even where another is longer
    for name, count in (("table.csv", 20), ("table.tsv", 20), ("plain.csv", 1)):
        recipe, _ = ciyuan("init", name, cwd=scratch)
        assert ('text: "body"' in recipe) == (name != "plain.csv") and "format: csv" in recipe and "keep: [en]" in recipe, recipe
        write("columns.yaml", recipe)
        ciyuan("build", "columns.yaml", "--quiet", "--output", f"{name}-out", cwd=scratch)
        total = json.load(open(os.path.join(scratch, f"{name}-out/build.json")))["total"]
        assert total["read"] == count and total["unreadable"] == 0, total
    write("renamed.yaml", "name: r\nsources: [{path: table.csv, text: body}]\noutput: {path: renamed}\n")
    ciyuan("build", "renamed.yaml", "--quiet", cwd=scratch)
    os.rename(os.path.join(scratch, "renamed/data/train-00000.parquet"), os.path.join(scratch, "own.parquet"))
    recipe, _ = ciyuan("init", "own.parquet", cwd=scratch)
    assert "format: parquet" in recipe and "text:" not in recipe and "keep: [en]" in recipe, recipe
    import duckdb
    duckdb.sql(f"COPY (SELECT id, metadata, text AS content, [1, 2] AS list FROM '{scratch}/own.parquet') TO '{scratch}/other.parquet'")
    recipe, _ = ciyuan("init", "other.parquet", cwd=scratch)
    assert 'text: "content"' in recipe and "keep: [en]" in recipe, recipe


@case("where a sample is not all English, the quality filters take thresholds by language, and good text is kept")
def languages():
    chinese = "今天的天气很好，我们一起去公园散步，在那里看到了许多正在开花的树和飞来飞去的小鸟。"
    write("zh.jsonl", "".join(json.dumps({"text": f"第{i}篇。" + chinese + f"后来他们说了第{i}个故事，大家都觉得有意思，也为这个结局感到高兴。" * 2}) + "\n" for i in range(9)))
    recipe, _ = ciyuan("init", "zh.jsonl", cwd=scratch)
    assert "keep: [zh]" in recipe and recipe.count("{by_language: true}") == 3, recipe
    recipe, _ = ciyuan("init", "in.jsonl", cwd=scratch)
    assert "by_language" not in recipe, recipe


@case("a recipe in another folder names the files as seen from there")
def elsewhere():
    os.makedirs(os.path.join(scratch, "recipes"))
    for cwd, shown, target, path in (
        (scratch, "in.jsonl", "recipes/deep/recipe.yaml", "../../in.jsonl"),  # below the working folder
        (os.path.join(scratch, "recipes"), "../in.jsonl", "../above.yaml", "recipes/../in.jsonl"),  # above it
        (os.path.join(scratch, "recipes"), "../in.jsonl", "../beside/recipe.yaml", f"{scratch}/recipes/../in.jsonl"),
        (scratch, "in.jsonl", f"{scratch}/same.yaml", "in.jsonl"),
    ):
        os.makedirs(os.path.join(cwd, os.path.dirname(target)), exist_ok=True)
        ciyuan("init", shown, "--output", target, cwd=cwd)
        recipe = open(os.path.join(cwd, target)).read()
        assert f'path: "{path}"' in recipe and "keep: [en]" in recipe, recipe
        ciyuan("build", target, "--dry-run", cwd=cwd)


@case("pages get extract_html")
def pages():
    write("site/a.html", f"<html><body><p>{ENGLISH * 5}</p></body></html>")
    recipe, _ = ciyuan("init", "site", cwd=scratch)
    assert "extract_html" in recipe and "format: html" in recipe, recipe


@case("a recipe that is there is not overwritten")
def stays():
    _, error = ciyuan("init", "in.jsonl", "--output", "recipe.yaml", cwd=scratch, status=1)
    assert "is there already" in error, error


@case("a file of no known format is an error that says what to do")
def unknown():
    write("x.bin", "?")
    _, error = ciyuan("init", "x.bin", cwd=scratch, status=1)
    assert "no format is known" in error and "hint:" in error, error


finish()
