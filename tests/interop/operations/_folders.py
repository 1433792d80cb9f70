"""Going to folders, making and removing them."""

from __future__ import annotations

import pytest

from anyftp import PermanentReplyError
from interop.operations._place import Place


async def current_directory(place: Place) -> None:
    await place.client.change_directory(place.remote)
    assert await place.client.get_current_directory() == place.remote


async def current_directory_with_a_quote(place: Place) -> None:
    folder = place.put_folder('say "hi"')
    await place.client.change_directory(folder)
    assert await place.client.get_current_directory() == folder


async def change_directory_by_a_relative_path(place: Place) -> None:
    folder = place.put_folder("sub dir")
    await place.client.change_directory(place.remote)
    await place.client.change_directory("sub dir")
    assert await place.client.get_current_directory() == folder


async def change_directory_to_nowhere(place: Place) -> None:
    with pytest.raises(PermanentReplyError) as caught:
        await place.client.change_directory(place.remote / "missing")
    assert caught.value.code == "550"


async def change_to_parent(place: Place) -> None:
    await place.client.change_directory(place.put_folder("sub"))
    await place.client.change_to_parent()
    assert await place.client.get_current_directory() == place.remote


async def change_directory_to_two_dots(place: Place) -> None:
    await place.client.change_directory(place.put_folder("sub"))
    await place.client.change_directory()
    assert await place.client.get_current_directory() == place.remote


async def make_directory(place: Place) -> None:
    await place.client.make_directory(place.remote / "new", parents=False)
    assert (place.stored / "new").is_dir()


async def make_nested_directories(place: Place) -> None:
    await place.client.make_directory(place.remote / "a" / "b" / "c")
    assert (place.stored / "a" / "b" / "c").is_dir()


async def make_an_existing_directory(place: Place) -> None:
    folder = place.put_folder("there")
    await place.client.make_directory(folder)
    with pytest.raises(PermanentReplyError):
        await place.client.make_directory(folder, parents=False)


async def remove_directory(place: Place) -> None:
    await place.client.remove_directory(place.put_folder("old"))
    assert place.names() == []


async def remove_a_directory_that_is_not_empty(place: Place) -> None:
    folder = place.put_folder("full")
    place.put("full/file")
    with pytest.raises(PermanentReplyError):
        await place.client.remove_directory(folder)
    assert (place.stored / "full" / "file").exists()


async def remove_a_directory_that_is_missing(place: Place) -> None:
    with pytest.raises(PermanentReplyError):
        await place.client.remove_directory(place.remote / "missing")


async def remove_a_file(place: Place) -> None:
    await place.client.remove_file(place.put("old.bin"))
    assert place.names() == []


async def remove_a_file_that_is_missing(place: Place) -> None:
    with pytest.raises(PermanentReplyError):
        await place.client.remove_file(place.remote / "missing.bin")


async def remove_a_tree(place: Place) -> None:
    tree = place.put_folder("tree")
    for folder in ("tree/a", "tree/a/b", "tree/empty one"):
        place.put_folder(folder)
    for name in ("tree/1", "tree/a/2", "tree/a/b/3 with blanks"):
        place.put(name, b"x")
    await place.client.remove(tree)
    assert place.names() == []


async def remove_a_link_not_its_folder(place: Place) -> None:
    place.put_folder("kept")
    place.put("kept/file", b"x")
    (place.stored / "link").symlink_to("kept")
    await place.client.remove(place.remote / "link")
    assert place.names() == ["kept"]
    assert place.files() == {"kept/file": b"x"}


async def rename(place: Place) -> None:
    await place.client.rename(place.put("old.bin"), place.remote / "new.bin")
    assert place.names() == ["new.bin"]


async def rename_a_folder_into_another(place: Place) -> None:
    moved = place.put_folder("moved")
    place.put("moved/file", b"x")
    home = place.put_folder("home")
    await place.client.rename(moved, home / "moved")
    assert place.files() == {"home/moved/file": b"x"}


async def rename_what_is_missing(place: Place) -> None:
    with pytest.raises(PermanentReplyError):
        await place.client.rename(place.remote / "missing", place.remote / "new")
    assert place.names() == []
