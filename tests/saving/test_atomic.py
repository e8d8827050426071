"""The old file or the new one is there, whole, whatever happens while it is written."""

import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from micrograd_np.io import load, save

posix = pytest.mark.skipif(os.name != "posix", reason="links, permissions and forks of POSIX")
SCRIPT = Path(__file__).with_name("killed.py")


def run(what, folder):
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, SCRIPT, what, folder],
        env=environment, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@posix
def test_killed_at_each_step(tmp_path):
    # Which version is there, and how many hidden files are.
    assert run("steps", tmp_path) == {
        "before the file is made": [1, 0],
        "before an array is written": [1, 1],
        "between arrays": [1, 1],
        "before it is synced": [1, 1],
        "after it is synced": [1, 1],
        "before it is renamed": [1, 1],
        "after it is renamed": [2, 0],
        "before the folder is synced": [2, 0],
        "after the folder is synced": [2, 0],
    }


@posix
def test_killed_at_any_moment(tmp_path):
    found = run("random", tmp_path)
    assert len(found["versions"]) == 20
    assert set(found["versions"]) <= {1, 2}
    assert found["cut off"] > 0  # or it was never killed while it wrote


def test_the_data_reach_the_disk_before_the_name(tmp_path, monkeypatch):
    path = tmp_path / "file"
    done = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor):
        status = os.fstat(descriptor)
        done.append(
            ("sync", status.st_ino, None if stat.S_ISDIR(status.st_mode) else status.st_size)
        )
        fsync(descriptor)

    def renamed(source, target):
        done.append(("rename", Path(source).stat().st_ino, os.fspath(target)))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    save({"w": np.ones(1000)}, path)
    status = path.stat()
    assert done[:2] == [
        ("sync", status.st_ino, status.st_size),  # all of it
        ("rename", status.st_ino, str(path.resolve())),
    ]
    assert done[2:] in ([("sync", tmp_path.stat().st_ino, None)], [])  # as the system can


@pytest.mark.parametrize("name", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError("no space"), KeyboardInterrupt()])
def test_what_fails_leaves_nothing_behind(name, error, tmp_path, monkeypatch):
    path = tmp_path / "file"
    save("old", path)

    def fail(*_):
        raise error

    monkeypatch.setattr(os, name, fail)
    with pytest.raises(type(error)):
        save("new", path)
    with pytest.raises(type(error)):
        save("new", tmp_path / "other")
    monkeypatch.undo()
    assert load(path) == "old"
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_a_disk_that_is_full(tmp_path):
    path = tmp_path / "file"
    save("old", path)
    code = (
        "import resource, sys, numpy as np; from micrograd_np.io import save\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))\n"
        "try: save({'small': np.ones(9), 'w': np.ones(int(sys.argv[2]))}, sys.argv[1])\n"
        "except OSError as error: print(error.strerror)"
    )
    for size in ("900", "1200", "5000", "50000"):  # in buffers, in the directory, in an entry
        done = subprocess.run(
            [sys.executable, "-c", code, path, size],
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
        if size == "900":
            assert load(path)["w"].size == 900
            save("old", path)
        else:
            assert done.stdout == "File too large\n"
            assert load(path) == "old"
        assert list(tmp_path.iterdir()) == [path]


def test_a_tree_that_cannot_be_saved_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    save("old", path)
    with pytest.raises(TypeError, match="is a set"):
        save({"w": np.ones(3), "bad": {1}}, path)
    assert load(path) == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_threads_that_save_to_one_file(tmp_path):
    path = tmp_path / "file"
    trees = {name: {"name": name, "w": np.full(20_000, ord(name))} for name in "abc"}
    save(trees["a"], path)

    def work(tree):
        for _ in range(10):
            save(tree, path)

    threads = [threading.Thread(target=work, args=(tree,)) for tree in trees.values()]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        found = load(path)
        np.testing.assert_array_equal(found["w"], trees[found["name"]]["w"], strict=True)
    for thread in threads:
        thread.join()
    assert list(tmp_path.iterdir()) == [path]


# --- links, permissions, folders -----------------------------------------------------------------


@posix
def test_a_link_stays_one(tmp_path):
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "target", tmp_path / "link"
    link.symlink_to(Path("there") / "target")
    for tree in ("new", "newer"):  # at first it points to nothing
        save(tree, link)
        assert link.is_symlink()
        assert not target.is_symlink()
        assert load(target) == load(link) == tree
    assert list((tmp_path / "there").iterdir()) == [target]


@posix
def test_a_link_to_itself(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(link)
    with pytest.raises(OSError, match="symbolic links"):
        save(1, link)
    assert link.is_symlink()


@posix
@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_permissions_of_a_new_file(mask, mode, tmp_path):
    before = os.umask(mask)
    try:
        save(1, tmp_path / "file")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_permissions_stay(mode, tmp_path):
    path = tmp_path / "file"
    save(1, path)
    path.chmod(mode)
    save(2, path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert load(path) == 2


@posix
def test_a_write_protected_file_is_not_replaced(tmp_path, monkeypatch):
    path = tmp_path / "file"
    save("old", path)
    path.chmod(0o444)
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everything
    with pytest.raises(PermissionError, match=r"is write-protected: '.*file'"):
        save("new", path)
    assert load(path) == "old"


def test_no_such_folder(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        save(1, tmp_path / "missing" / "file")
    assert str(caught.value).endswith(
        f"no such folder, make it first: {str(tmp_path / 'missing')!r}"
    )


def test_a_folder(tmp_path):
    for path in (tmp_path, f"{tmp_path}{os.sep}", tmp_path / ".."):
        with pytest.raises(IsADirectoryError, match="is a folder, name a file in it"):
            save(1, path)
    assert list(tmp_path.iterdir()) == []


@posix
def test_what_is_no_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="is no regular file"):
        save(1, tmp_path / "pipe")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    with pytest.raises(OSError, match="is a pipe, and cannot be loaded"):
        load(tmp_path / "pipe")  # it would wait for somebody to write


def test_a_name_as_long_as_the_system_allows(tmp_path):
    for name in ("n" * 255, "🙂" * 63):
        save(1, tmp_path / name)
        assert load(tmp_path / name) == 1


def test_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(1, "file")
    assert load("file") == 1
