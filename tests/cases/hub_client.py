"""The clients that people already use, against a hub of our own: huggingface_hub, datasets, HfFileSystem, pandas, pyarrow, DuckDB, the hf command.
Where the shared test data is there, its walk of the whole protocol runs too."""
import os, re, subprocess, sys
from _case import SHARED, case, finish, scratch
from _hub import Hub

hub = Hub()
hub.user("alice")
hub.user("mallory")
hub.organisation("press", alice="write")
TOKEN, OTHER = hub.token("alice"), hub.token("mallory")
os.environ.update(HF_ENDPOINT=hub.url, HF_TOKEN=TOKEN, HF_HOME=os.path.join(scratch, "hf"), HF_HUB_DISABLE_PROGRESS_BARS="1",
                  HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_UPDATE_CHECK="1", HF_XET_TELEMETRY_ENABLED="0")
HAS_XET = hub.ask("GET", "/api/datasets/alice/none/xet-write-token/main", TOKEN)[1].get("x-error-code") is not None
if not HAS_XET:
    os.environ["HF_HUB_DISABLE_XET"] = "1"

ROWS = [{"id": i, "text": f"第{i}行 text", "score": i / 4} for i in range(500)]


@case("the walk of the whole protocol with the real clients")
def _():
    script = os.path.join(SHARED, "clients", "hf_client_check.py")
    if not SHARED or not os.path.exists(script):
        return "the shared test data is not there"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300, env={**os.environ, "HF_TOKEN_OTHER": OTHER})
    failures = re.findall(r"^FAIL .*$", done.stdout, re.M)
    assert done.returncode == 0 and re.search(r"^\d\d+ passed, 0 failed$", done.stdout, re.M), failures or done.stderr[-800:]


@case("push_to_hub, twice, and load_dataset, whole and streaming")
def _():
    import datasets, huggingface_hub
    datasets.disable_progress_bars()
    for rows in (ROWS[:400], ROWS):
        datasets.DatasetDict({"train": datasets.Dataset.from_list(rows), "test": datasets.Dataset.from_list(ROWS[:7])}).push_to_hub("press/pushed", private=True)
        read = datasets.load_dataset("press/pushed", download_mode="force_redownload")
        assert read["train"].to_list() == rows and read["test"].to_list() == ROWS[:7]
    assert list(datasets.load_dataset("press/pushed", split="train", streaming=True)) == ROWS
    for name in ("load", "info"):
        try:
            if name == "load":
                datasets.load_dataset("press/pushed", token=OTHER, cache_dir=os.path.join(scratch, "empty"))
            else:
                huggingface_hub.HfApi(token=OTHER).dataset_info("press/pushed")
        except (datasets.exceptions.DatasetNotFoundError, huggingface_hub.errors.RepositoryNotFoundError):
            continue
        raise AssertionError(f"{name}: a private dataset was read by somebody without a right to it")


@case("HfFileSystem writes, lists, reads by ranges and removes; pandas, pyarrow and DuckDB read through it")
def _():
    import duckdb, pandas, pyarrow, pyarrow.dataset, pyarrow.parquet
    from huggingface_hub import HfApi, HfFileSystem
    HfApi().create_repo("alice/files", repo_type="dataset")
    fs = HfFileSystem()
    base = "datasets/alice/files"
    table = pyarrow.Table.from_pylist(ROWS)
    with fs.open(f"{base}/data/rows.parquet", "wb") as file:
        pyarrow.parquet.write_table(table, file, row_group_size=50)
    with fs.open(f"{base}/rows.csv", "wb") as file:
        file.write(b"id,text\n1,a\n2,b\n")
    assert sorted(fs.find(base)) == [f"{base}/data/rows.parquet", f"{base}/rows.csv"]
    assert fs.cat_file(f"{base}/rows.csv", start=3, end=7) == b"text"
    assert pandas.read_parquet(f"hf://{base}/data/rows.parquet").to_dict("records") == ROWS
    assert pandas.read_csv(f"hf://{base}/rows.csv")["text"].tolist() == ["a", "b"]
    assert pyarrow.dataset.dataset(f"{base}/data", filesystem=fs).to_table(columns=["id"]).num_rows == 500
    database = duckdb.connect()
    database.register_filesystem(fs)
    assert database.sql(f"SELECT sum(id) FROM 'hf://{base}/data/*.parquet'").fetchall()[0][0] == sum(row["id"] for row in ROWS)
    fs.rm(f"{base}/rows.csv")
    assert fs.ls(base, detail=False) == [f"{base}/data"]


@case("polars reads a public file by its address, by ranges")
def _():
    import polars
    read = polars.scan_parquet(f"{hub.url}/datasets/alice/files/resolve/main/data/rows.parquet").select("id").collect()
    assert read["id"].to_list() == list(range(500))


@case("a folder goes up and comes down byte for byte, and its history says who and when")
def _():
    from huggingface_hub import HfApi, snapshot_download
    api, folder = HfApi(), os.path.join(scratch, "folder")
    content = {f"part-{i:03}/f{i}.bin": os.urandom(1000 * i) for i in range(0, 60, 7)} | {"big.bin": os.urandom(3_000_000), "数据.txt": "词元".encode()}
    for path, data in content.items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "wb") as file:
            file.write(data)
    api.create_repo("press/folder", repo_type="dataset", private=True)
    api.upload_folder(repo_id="press/folder", folder_path=folder, repo_type="dataset", commit_message="all of it")
    down = snapshot_download("press/folder", repo_type="dataset", local_dir=os.path.join(scratch, "down"))
    for path, data in content.items():
        assert open(os.path.join(down, path), "rb").read() == data, path
    commits = api.list_repo_commits("press/folder", repo_type="dataset")
    assert commits[0].title.startswith("all of it") and commits[0].authors == ["alice"]
    info = api.get_paths_info("press/folder", ["big.bin", "part-007"], repo_type="dataset", expand=True)
    assert {i.path: i.last_commit.oid for i in info}["big.bin"] in {c.commit_id for c in commits}


@case("the hf command logs in, uploads, lists and downloads")
def _():
    def hf(*arguments):
        done = subprocess.run([os.path.join(os.path.dirname(sys.executable), "hf"), *arguments], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, (done.stderr or done.stdout)[-500:]
        return done.stdout + done.stderr
    assert "alice" in hf("auth", "whoami")
    up = os.path.join(scratch, "up.txt")
    open(up, "w").write("by the command")
    hf("upload", "alice/files", up, "cli/up.txt", "--repo-type", "dataset")
    hf("download", "alice/files", "cli/up.txt", "--repo-type", "dataset", "--local-dir", os.path.join(scratch, "cli"))
    assert open(os.path.join(scratch, "cli", "cli", "up.txt")).read() == "by the command"


@case("mlcroissant loads a version by /croissant: one file, and several, with the right rows")
def _():
    import io, logging
    import mlcroissant, pyarrow, pyarrow.parquet
    from huggingface_hub import CommitOperationAdd, HfApi
    logging.disable(logging.WARNING)
    api = HfApi()
    api.create_repo("press/croissant", repo_type="dataset", exist_ok=True)
    operations = []
    for name, rows in (("train-00000-of-00002", ROWS[:200]), ("train-00001-of-00002", ROWS[200:400]), ("test-00000-of-00001", ROWS[400:])):
        file = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), file)
        operations.append(CommitOperationAdd(f"data/{name}.parquet", file.getvalue()))
    api.create_commit("press/croissant", operations, commit_message="rows", repo_type="dataset")
    dataset = mlcroissant.Dataset(f"{hub.url}/api/datasets/press/croissant/croissant")
    assert not dataset.metadata.issues.errors, dataset.metadata.issues.errors
    for split, rows in (("test", ROWS[400:]), ("train/0", ROWS[:200]), ("train/1", ROWS[200:400])):
        read = [(row[f"{split}/id"], row[f"{split}/text"].decode(), row[f"{split}/score"]) for row in dataset.records(split)]
        assert read == [(row["id"], row["text"], row["score"]) for row in rows], (split, len(read), read[:2])


@case("bytes that do not compress fill a xorb beyond 64 MiB with the heads of its chunks: they go up whole and come down the same")
def _():
    import hashlib
    from huggingface_hub import HfApi, hf_hub_download
    content = os.urandom(150_000_000)
    path = os.path.join(scratch, "random.bin")
    with open(path, "wb") as file:
        file.write(content)
    api = HfApi()
    api.create_repo("press/random", repo_type="dataset", exist_ok=True)
    api.upload_file(path_or_fileobj=path, path_in_repo="random.bin", repo_id="press/random", repo_type="dataset")
    with open(hf_hub_download("press/random", "random.bin", repo_type="dataset"), "rb") as file:
        assert hashlib.sha256(file.read()).digest() == hashlib.sha256(content).digest()


hub.stop()
finish()
