"""``save`` and ``load``: a tree of arrays, and what goes with them, in one file without a pickle.

The file is an ``.npz``: a zip archive with one ``.npy`` entry for each array, named by its place in
the tree, and before them an entry of JSON for everything else, where each array has its name::

    {"format": 1, "tree": {"dict": [["w", {"array": "w"}], ["step", 3]]}}
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.lib import format as npy

from micrograd_np.encoding import decoded, encoded, npy_version

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_FORMAT = 1
"""To be raised when files are written that this version cannot read."""

_STRUCTURE = "#tree.json"
"""The entry with the structure. No array is called so: where a name has a #, digits follow."""

_REPAIR = "save it again, or load another copy"


def save(tree: Any, path: str | os.PathLike[str]) -> None:
    """Write a tree of arrays, and what goes with them, to one file.

    Nothing is pickled. The file is an ``.npz`` that ``np.load`` reads, too: an array in a dict has
    its key for a name there (``"w"``), one further down has all of them (``"model/0.weight"``), and
    where a key is no good name its position stands in its place (``"model/#2"``).

    The new file replaces an old one at once: whenever the process is killed or the power fails, the
    whole old file or the whole new one is there. What may stay behind is a hidden ``.tmp`` beside
    it. A link stays one, and permissions stay what they were.

    Parameters
    ----------
    tree
        A dict, list or tuple, up to 100 levels deep, of any of these, or one of them alone:

        - arrays of any dtype but objects, with their byte order and memory layout, NumPy scalars,
          and Tensors, whose values are saved;
        - numbers, strings, bytes, bools and None; all of them but bytes and complex numbers may be
          keys of a dict;
        - a ``np.random.Generator``: its ``bit_generator.state`` is saved;
        - an object with a method ``state_dict()``: what that returns is saved.
    path
        Where to write to. Nothing is appended to the name.

    Raises
    ------
    TypeError
        If something in the tree is none of these; the message names its place.
    ValueError
        If a container holds itself, or is nested too deeply.
    OSError
        If the file cannot be written. An old one is untouched then.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> from pathlib import Path
    >>> from micrograd_np.io import load, save
    >>> rng = np.random.default_rng(0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "step3.npz")
    ...     save({"w": np.ones(2), "losses": [0.5, float("inf")], "rng": rng}, path)
    ...     found = load(path)
    >>> found["w"], found["losses"]
    (array([1., 1.]), [0.5, inf])
    >>> rng.bit_generator.state = found["rng"]
    """
    if _is_path(tree) and not _is_path(path):
        raise TypeError("what to save comes first, where to second: save(tree, path)")
    path = _checked(path)
    import json  # needed here only, and it would slow down importing the library

    arrays: dict[str, Array] = {}
    structure = {"format": _FORMAT, "tree": encoded(tree, ("tree",), "", arrays)}
    text = json.dumps(structure)
    _replace(path, lambda file: _write(file, text, arrays))


def load(path: str | os.PathLike[str]) -> Any:
    """Return the tree that :func:`save` wrote to a file.

    Everything has the type it had, arrays have memory of their own. Tensors come back as arrays,
    generators and objects with a ``state_dict()`` as what was saved of them.

    Parameters
    ----------
    path
        The file. Nothing is appended to the name.

    Raises
    ------
    ValueError
        If the file is of another kind, cut off or damaged, or a newer version has written it.
        Checksums are compared: there is this error, or exactly what was saved.
    OSError
        If there is no such file, it cannot be opened, or it is a pipe.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from micrograd_np.io import load, save
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "a")
    ...     save(("as it was", 2**100, None), path)
    ...     load(path)
    ('as it was', 1267650600228229401496703205376, None)
    """
    path = _checked(path)
    if stat.S_ISFIFO(os.stat(path).st_mode):  # noqa: PTH116  (as below)
        raise OSError(errno.EINVAL, "is a pipe, and cannot be loaded: name a file", path)
    with open(path, "rb") as file:  # noqa: PTH123  (pathlib would slow down importing the library)
        try:
            return _read(file)
        except _Foreign as error:
            raise ValueError(f"{path!r} {error}") from None
        except Exception as error:  # zipfile and NumPy raise a dozen kinds on damaged files
            why = " ".join(f"{type(error).__name__}: {error}".split())
            raise ValueError(f"{path!r} is cut off or damaged ({why}); {_REPAIR}") from error


def _is_path(value: object) -> bool:
    return isinstance(value, (str, os.PathLike))


def _checked(path: Any) -> str:
    """Return a path as a string."""
    if not _is_path(path):
        raise TypeError(f"path is of type {type(path).__name__}, expected a str or a PathLike")
    return os.fsdecode(path)


# --- writing -------------------------------------------------------------------------------------


def _write(file: BinaryIO, text: str, arrays: dict[str, Array]) -> None:
    from zipfile import ZipFile, ZipInfo

    with ZipFile(file, "w") as archive:
        archive.writestr(ZipInfo(_STRUCTURE), text)  # by a name, it would be stamped with the time
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                npy.write_array(entry, array, npy_version(array), allow_pickle=False)


def _replace(path: str, write: Callable[[BinaryIO], None]) -> None:
    """Write a file beside the one at a path, then put it in its place."""
    from pathlib import Path

    target = Path(os.path.realpath(path))  # what a link points to
    folder = target.parent
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder, make it first", str(folder))
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None:
        _refuse_to_replace(target, mode)
    # Names of files end at 255 bytes, and a character can take four.
    temporary = folder / f".{target.name[:50]}.{os.urandom(8).hex()}.tmp"
    try:
        with temporary.open("xb") as file:
            if mode is not None:  # before anything is in it that others should not read
                temporary.chmod(stat.S_IMODE(mode))
            write(file)
            file.flush()
            os.fsync(file.fileno())  # or the name could reach the disk before the data
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # not every system can open or sync a folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refuse_to_replace(target: os.PathLike[str], mode: int) -> None:
    """Raise OSError for a folder, a device, or a file that must not be written."""
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder, name a file in it", str(target))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "is no regular file, and cannot be replaced", str(target))
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "is write-protected", str(target))


# --- reading -------------------------------------------------------------------------------------


class _Foreign(ValueError):
    """What is to be said of a file that is whole, as far as one can see, but cannot be loaded."""


def _read(file: BinaryIO) -> Any:
    import json
    from zipfile import ZIP_STORED, ZipFile

    start = file.read(6)
    if start == npy.MAGIC_PREFIX:
        raise _Foreign("is an .npy file of one array; np.load reads it")
    if start[:2] != b"PK":
        what = f"begins with {start!r}" if start else "is empty"
        raise _Foreign(f"{what}: it is damaged, or no file that save wrote; {_REPAIR}")
    size = file.seek(0, os.SEEK_END)
    with ZipFile(file) as archive:
        entries = archive.infolist()
        if _STRUCTURE not in archive.namelist():
            raise _Foreign(
                f"has no entry {_STRUCTURE}, save did not write it; try np.load, or torch.load"
            )
        if min(entry.header_offset for entry in entries) != 0:
            # A saved file can be the bytes of an array in another, and be all that is left of it.
            raise ValueError("the archive does not begin at the start of the file")
        for entry in entries:
            stored = entry.compress_type == ZIP_STORED and entry.compress_size == entry.file_size
            if not stored or entry.file_size > size:  # before there is memory for it
                raise ValueError(f"{entry.filename} is compressed, or larger than the file")
        found = json.loads(archive.read(_STRUCTURE))
        if found["format"] > _FORMAT:
            raise _Foreign(
                f"has format {found['format']}, this version reads up to {_FORMAT}; "
                "load it with a newer micrograd_np"
            )
        return decoded(found["tree"], lambda name: _array(archive.read(f"{name}.npy")))


def _array(data: bytes) -> Array:
    """Return the array of an entry, with memory of its own."""
    # np.load's limit, and some room: a shape can be longer than the one a dtype was tried with.
    found = npy.read_array(BytesIO(data), allow_pickle=False, max_header_size=20_000)
    by_columns = found.flags.f_contiguous and not found.flags.c_contiguous
    own: Array = np.ndarray(found.shape, found.dtype, order="F" if by_columns else "C")
    own[...] = found
    return own
