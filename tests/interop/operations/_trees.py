"""Folders with all that is in them, over one session and over several."""

from __future__ import annotations

from interop.operations._place import CONTENT, Place

FILES = {
    "1": b"",
    "a b/2": b"x",
    "a b/c/3": CONTENT,
    **{f"many/{number}": b"%d" % number for number in range(12)},
}
FOLDERS = ("a b", "a b/c", "many", "empty")


async def _upload(place: Place, jobs: int) -> None:
    tree = place.mine / "tree"
    for folder in ("", *FOLDERS):
        (tree / folder).mkdir()
    for name, content in FILES.items():
        (tree / name).write_bytes(content)
    report = await place.client.upload(tree, place.remote / "copy", jobs=jobs)
    assert report.files == len(FILES)
    assert place.files() == {f"copy/{name}": content for name, content in FILES.items()}
    assert (place.stored / "copy" / "empty").is_dir()


async def _download(place: Place, jobs: int) -> None:
    for folder in ("tree", *(f"tree/{folder}" for folder in FOLDERS)):
        place.put_folder(folder)
    for name, content in FILES.items():
        place.put(f"tree/{name}", content)
    report = await place.client.download(place.remote / "tree", place.mine, jobs=jobs)
    assert report.files == len(FILES)
    assert place.my_files() == {f"tree/{name}": content for name, content in FILES.items()}
    assert (place.mine / "tree" / "empty").is_dir()


async def upload_a_tree(place: Place) -> None:
    await _upload(place, 1)


async def download_a_tree(place: Place) -> None:
    await _download(place, 1)


async def upload_a_tree_over_three_sessions(place: Place) -> None:
    await _upload(place, 3)


async def download_a_tree_over_three_sessions(place: Place) -> None:
    await _download(place, 3)
