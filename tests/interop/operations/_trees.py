"""Folders with all that is in them, over one session and over several."""

from __future__ import annotations

from pathlib import Path

from interop.operations._place import CONTENT, Place

FILES = {
    "1": b"",
    "a b/2": b"x",
    "a b/c/3": CONTENT,
    **{f"many/{number}": b"%d" % number for number in range(12)},
}
FOLDERS = ("a b", "a b/c", "many", "empty")


def _fill_mine(place: Place) -> Path:
    tree = place.mine / "tree"
    for folder in ("", *FOLDERS):
        (tree / folder).mkdir()
    for name, content in FILES.items():
        (tree / name).write_bytes(content)
    return tree


def _fill_stored(place: Place) -> None:
    for folder in ("tree", *(f"tree/{folder}" for folder in FOLDERS)):
        place.put_folder(folder)
    for name, content in FILES.items():
        place.put(f"tree/{name}", content)


async def _upload(place: Place, jobs: int) -> None:
    tree = _fill_mine(place)
    report = await place.client.upload(tree, place.remote / "copy", jobs=jobs)
    assert report.files == len(FILES)
    assert place.files() == {f"copy/{name}": content for name, content in FILES.items()}
    assert (place.stored / "copy" / "empty").is_dir()


async def _download(place: Place, jobs: int) -> None:
    _fill_stored(place)
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


async def mirror_a_tree_up_and_find_it_unchanged(place: Place) -> None:
    tree = _fill_mine(place)
    await place.client.mirror_upload(tree, place.remote / "copy")
    assert place.files() == {f"copy/{name}": content for name, content in FILES.items()}
    again = await place.client.mirror_upload(tree, place.remote / "copy", delete=True)
    assert again.plan.is_empty
    assert len(again.plan.unchanged) == len(FILES)


async def mirror_a_tree_down_and_find_it_unchanged(place: Place) -> None:
    _fill_stored(place)
    await place.client.mirror_download(place.remote / "tree", place.mine / "copy")
    assert place.my_files() == {f"copy/{name}": content for name, content in FILES.items()}
    again = await place.client.mirror_download(
        place.remote / "tree", place.mine / "copy", delete=True
    )
    assert again.plan.is_empty
    assert len(again.plan.unchanged) == len(FILES)


async def walk_through_a_tree(place: Place) -> None:
    _fill_stored(place)
    root = place.remote / "tree"
    found = {
        str((folder / entry.name).relative_to(root))
        async for folder, _, files in place.client.walk(root)
        for entry in files
    }
    assert found == set(FILES)


async def find_files_by_a_pattern(place: Place) -> None:
    _fill_stored(place)
    root = place.remote / "tree"
    found = await place.client.glob(f"{root}/**/[1-3]")
    assert {str(entry.path.relative_to(root)) for entry in found} == {
        name for name in FILES if name.rpartition("/")[2] in ("1", "2", "3")
    }
