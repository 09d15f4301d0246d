"""The commands `pellucid data ...`: named data sets, and the cache of packed images."""

from __future__ import annotations

from typing import Annotated

import typer

from pellucid.cli.arguments import Json, Source, show

data_app = typer.Typer(help="Named data sets, and the cache of packed images.", no_args_is_help=True)


@data_app.command("list", epilog="Example: pellucid data list")
def data_list(as_json: Json = False) -> None:
    """All data sets that have a name."""
    from pellucid.summary import catalog_json, catalog_lines

    show(catalog_json() if as_json else catalog_lines())


@data_app.command("fetch", epilog="Example: pellucid data fetch breastmnist")
def data_fetch(
    name: Annotated[str, typer.Argument(help="A name from `pellucid data list`.")], as_json: Json = False
) -> None:
    """Download a named data set into the cache, and check it."""
    from pellucid.data.fetch import fetch
    from pellucid.data.store import cache_folder
    from pellucid.progress import bars

    with bars() as progress:
        files = fetch(
            name,
            cache_folder() / "downloads",
            progress=lambda done, total: progress(f"fetching {name}", done, total or 0),
        )
    show(
        {"name": name, "files": [str(file) for file in files]}
        if as_json
        else [str(file) for file in files] or [f"{name} needs no download."]
    )


@data_app.command("pack", epilog="Example: pellucid data pack medical_mnist.zip")
def data_pack(
    source: Source,
    image_size: Annotated[int | None, typer.Option(help="Resize to this side, in pixels.")] = None,
    rehash: Annotated[
        bool, typer.Option("--rehash", help="Decode again even if the cache has the pack, and compare.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Decode all images of a source into one packed array in the cache."""
    from pellucid.summary import pack_lines, packed

    facts = packed(source, image_size, rehash)
    show(facts if as_json else pack_lines(facts))


@data_app.command("clear", epilog="Example: pellucid data clear")
def data_clear(
    downloads: Annotated[bool, typer.Option("--downloads", help="Remove downloaded data sets as well.")] = False,
    as_json: Json = False,
) -> None:
    """Remove all packed images from the cache."""
    from pellucid.data.store import clear

    freed = clear(downloads)
    show({"freed_bytes": freed} if as_json else [f"{freed / 1e6:,.1f} MB freed."])
