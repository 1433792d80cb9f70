"""What commands of two folders are given: a local one and a URL, and how much may be deleted."""

from __future__ import annotations

import click

from anyftp._cli._reaching._options import is_remote, url_of


def count_or_share(
    ctx: click.Context, param: click.Parameter, text: str | None
) -> int | float | None:
    """Read a number of things, or a share of them."""
    if text is None:
        return None
    number, percent, rest = text.partition("%")
    if not (number.isascii() and number.isdigit()) or rest or (percent and int(number) > 100):
        raise click.BadParameter("must be a number, or a share such as 10%", ctx, param)
    return int(number) / 100 if percent else int(number)


def take_sides(ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]) -> object:
    """Find out which of the two is the URL; gives it parsed, and the local folder in its place."""
    if len(texts) != 2:
        raise click.UsageError(f"two arguments are required, a folder and a URL, not {len(texts)}")
    if "" in texts:
        raise click.UsageError("one of the two is empty: it names no folder")
    is_url = [is_remote(text) for text in texts]
    if is_url.count(True) != 1:
        raise click.UsageError("one of the two must be a URL, the other a folder")
    url = url_of(texts[is_url.index(True)])
    if url.kind != "I":
        raise click.UsageError("sizes are compared, which text does not keep: no ;type=a")
    ctx.params["url"] = url
    ctx.params["is_download"] = is_url[0]
    return texts[is_url.index(False)]


max_delete_option = click.option(
    "--max-delete",
    callback=count_or_share,
    metavar="N or N%",
    help="If more than this many things, or such a share, were to be deleted, do nothing.",
)
dry_run_option = click.option(
    "-n", "--dry-run", is_flag=True, help="Change nothing; print what would be done."
)
