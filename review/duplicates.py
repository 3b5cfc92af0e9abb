"""Groups of near-duplicate pictures, so that what is evaluated never trains a model in another guise.

A picture's perceptual hash is the 64-bit DCT hash of ImageHash (``phash``, after Zauner: Implementation and
benchmarking of perceptual image hash functions, 2010). Pictures within :data:`DISTANCE` bits are grouped, transitively.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from emola.errors import InputError
from review.database import Database
from review.pictures import FORMATS, inside
from review.store.duplicates import (
    groups_are_current,
    images_without_hash,
    perceptual_hashes,
    store_groups,
    store_hashes,
)

DISTANCE = 6
"""Most differing bits of near-duplicates. Cautious on both sides: copies that were only scaled or saved again differ
by 0 to 4 bits, different pictures by 32 on average; Krawetz ("Looks like it", 2011) takes up to 5 as very similar and
more than 10 as different. A group that is too large only keeps a picture out of training."""
BITS = 64
BATCH = 500
_THREADS = 4
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class DuplicateReport:
    """What became of the pictures.

    Attributes:
        hashed: pictures hashed now.
        unreadable: paths of those that could not be read.
        groups: of two pictures or more.
        grouped: pictures in them.
    """

    hashed: int
    unreadable: tuple[str, ...]
    groups: int
    grouped: int


def find_duplicates(database: Database, *, progress: Progress | None = None) -> DuplicateReport:
    """Hash the pictures that have no hash yet and group all of them anew."""
    hashed, unreadable = _hash_pictures(database, progress)
    groups = _group_pictures(database)
    return DuplicateReport(hashed, tuple(unreadable), len(set(groups.values())), len(groups))


def compare_pictures(database: Database, *, progress: Progress | None = None) -> None:
    """Bring the groups up to date: at once where every picture that can be read was hashed and grouped before."""
    _hash_pictures(database, progress)
    with database.read() as session:
        current = groups_are_current(session)
    if not current:
        _group_pictures(database)


def _hash_pictures(database: Database, progress: Progress | None) -> tuple[int, list[str]]:
    """Hash the pictures without a hash; return how many, and the paths of those that cannot be read."""
    with database.read() as session:
        left = images_without_hash(session)
    hashed, unreadable = 0, []
    with ThreadPoolExecutor(_THREADS) as pool:
        for start in range(0, len(left), BATCH):
            batch = left[start : start + BATCH]
            found = pool.map(lambda image: _hash_of(image.images_dir, image.rel_path), batch)
            hashes = {image.image_id: value for image, value in zip(batch, found, strict=True) if value is not None}
            if hashes:
                with database.write() as session:
                    store_hashes(session, hashes=hashes)
            hashed += len(hashes)
            unreadable += [image.rel_path for image in batch if image.image_id not in hashes]
            if progress:
                progress(start + len(batch), len(left))
    return hashed, unreadable


def _group_pictures(database: Database) -> dict[int, int]:
    with database.read() as session:
        hashes = perceptual_hashes(session)
    groups = group_hashes({image: int(value, 16) for image, value in hashes.items()})
    with database.write() as session:
        store_groups(session, groups=groups)
    return groups


def perceptual_hash(path: Path) -> str:
    """Return the hash of an upright picture as 16 hexadecimal digits.

    Raises:
        InputError: it cannot be decoded.
    """
    import imagehash  # SciPy, about a second

    try:
        with Image.open(path, formats=FORMATS) as picture:
            return str(imagehash.phash(ImageOps.exif_transpose(picture).convert("RGB")))
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise InputError(f"{path} cannot be decoded: {error}.") from error


def group_hashes(hashes: Mapping[int, int], distance: int = DISTANCE) -> dict[int, int]:
    """Return image to group for every image with a near-duplicate; a group's name is its smallest image.

    Two hashes within ``distance`` bits agree in at least one of ``distance`` + 1 bands of bits, so that only pictures
    with a band in common are compared.
    """
    parent = {image: image for image in hashes}

    def root(image: int) -> int:
        while parent[image] != image:
            parent[image] = parent[parent[image]]
            image = parent[image]
        return image

    for first, second in _candidates(hashes, distance + 1):
        if (hashes[first] ^ hashes[second]).bit_count() <= distance:
            a, b = root(first), root(second)
            parent[max(a, b)] = min(a, b)
    sizes: dict[int, int] = defaultdict(int)
    for image in hashes:
        sizes[root(image)] += 1
    return {image: root(image) for image in hashes if sizes[root(image)] > 1}


def _candidates(hashes: Mapping[int, int], bands: int) -> Iterator[tuple[int, int]]:
    """Yield the pairs that agree in a band; equal hashes are chained instead of paired."""
    by_hash: dict[int, list[int]] = defaultdict(list)
    for image in sorted(hashes):
        by_hash[hashes[image]].append(image)
    for images in by_hash.values():
        yield from pairwise(images)
    firsts = [images[0] for images in by_hash.values()]
    edges = [round(band * BITS / bands) for band in range(bands + 1)]
    for low, high in pairwise(edges):
        mask = (1 << (high - low)) - 1
        buckets: dict[int, list[int]] = defaultdict(list)
        for image in firsts:
            bucket = buckets[hashes[image] >> low & mask]
            yield from ((other, image) for other in bucket)
            bucket.append(image)


def _hash_of(images_dir: str, rel_path: str) -> str | None:
    try:
        return perceptual_hash(inside(Path(images_dir), rel_path))
    except InputError:
        return None
