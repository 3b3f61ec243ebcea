"""Packages as they travel: a zip with package.xml, files of components, and lists of what is to be deleted."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.sandbox.salesforce_components import BUNDLES, CONTAINERS, FOLDERS, PART_OF, TYPES, Component, files, parts
from adapters.sandbox.salesforce_tree import Tree, TreeError, branch, parse, render, text, texts, trees

MAX_FILES: Final = 10_000
MAX_BYTES: Final = 400_000_000
"""Unzipped."""

_MANIFEST: Final = "package.xml"
_BEFORE: Final = ("destructiveChanges.xml", "destructiveChangesPre.xml")
_AFTER: Final = ("destructiveChangesPost.xml",)

Manifest = Mapping[str, tuple[str, ...]]
"""Type to full names."""


class PackageError(ValueError):
    """The package as a whole cannot be deployed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one component."""

    type: str
    name: str
    file: str
    sentence: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Package:
    version: str
    components: tuple[Component, ...]
    """In the manifest, and in the files."""
    before: tuple[tuple[str, str], ...]
    """(type, name) to be deleted first."""
    after: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]


def read(archive: bytes, *, single: bool = True) -> Package:
    """
    Args:
        single: package.xml lies at the root of the zip; else in the one folder there.

    Raises:
        PackageError: no zip, too large, or no readable package.xml.
    """
    content = _unzipped(archive)
    if not single or _MANIFEST not in content:
        content = _below_one_folder(content)
    if _MANIFEST not in content:
        raise PackageError("No package.xml found")
    named, version = _manifest(content, _MANIFEST)
    found, problems = _components(content)
    wanted = [component for component in found if _is_named(component, named)]
    stray = [part for part in found if part not in wanted and part.type not in CONTAINERS]
    problems += [Problem(part.type, part.name, part.file, "Not in package.xml") for part in stray]
    problems += _absent(named, found)
    before, after = ([*_removals(content, names)] for names in (_BEFORE, _AFTER))
    return Package(version, tuple(wanted), tuple(before), tuple(after), tuple(problems))


def write(components: Iterable[Component], version: str, folder: str = "") -> bytes:
    """A zip as retrieve gives it, with its package.xml, all of it below `folder`."""
    kept = list(components)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, (root, content) in sorted(files(kept).items()):
            archive.writestr(f"{folder}{path}", render(root, content))
        archive.writestr(f"{folder}{_MANIFEST}", render("Package", manifest(kept, version)))
    return out.getvalue()


def manifest(components: Iterable[Component], version: str) -> Tree:
    members: dict[str, list[str]] = {}
    for component in components:
        members.setdefault(component.type, []).append(component.name)
    types = [branch(members=sorted(names), name=type_) for type_, names in sorted(members.items())]
    return branch(types=types, version=version)


def _unzipped(archive: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
            if len(entries) > MAX_FILES or sum(entry.file_size for entry in entries) > MAX_BYTES:
                raise PackageError(f"LIMIT_EXCEEDED: a package holds at most {MAX_FILES} files and {MAX_BYTES} bytes")
            return {entry.filename: opened.read(entry) for entry in entries}
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise PackageError(f"The zip file cannot be read: {error}") from error


def _below_one_folder(content: Mapping[str, bytes]) -> dict[str, bytes]:
    roots = {name.partition("/")[0] for name in content if "/" in name}
    prefix = f"{roots.pop()}/" if len(roots) == 1 else ""
    return {name.removeprefix(prefix): body for name, body in content.items()}


def _manifest(content: Mapping[str, bytes], file: str) -> tuple[Manifest, str]:
    try:
        _, found = parse(content[file])
    except TreeError as error:
        raise PackageError(f"{file}: {error}") from error
    types = {text(entry, "name"): tuple(texts(entry, "members")) for entry in trees(found, "types")}
    unknown = sorted(types.keys() - TYPES)
    if unknown:
        raise PackageError(f"Unknown type name '{unknown[0]}' specified in {file}")
    return types, text(found, "version")


def _removals(content: Mapping[str, bytes], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for file in names:
        if file in content:
            types, _ = _manifest(content, file)
            yield from ((type_, name) for type_, members in types.items() for name in members)


def _components(content: Mapping[str, bytes]) -> tuple[list[Component], list[Problem]]:
    found: dict[tuple[str, str], Component] = {}
    problems: list[Problem] = []
    for file, body in content.items():
        folder, _, rest = file.partition("/")
        if folder in BUNDLES:
            name = rest.partition("/")[0]
            found.setdefault((BUNDLES[folder], name), Component(BUNDLES[folder], name, {}, f"{folder}/{name}"))
        elif folder in FOLDERS and rest.endswith(f".{FOLDERS[folder].suffix}"):
            try:
                found |= {part.key: part for part in _of_file(folder, rest, body)}
            except TreeError as error:
                problems.append(Problem(FOLDERS[folder].type, _stem(folder, rest), file, str(error)))
    return list(found.values()), problems


def _of_file(folder: str, rest: str, body: bytes) -> Iterator[Component]:
    kind, name, file = FOLDERS[folder], _stem(folder, rest), f"{folder}/{rest}"
    _, content = parse(body)
    if not kind.parts:
        content.pop("fullName", None)
        yield Component(kind.type, name, content, file)
        return
    yield Component(kind.type, name, {key: nodes for key, nodes in content.items() if key not in kind.parts}, file)
    yield from parts(kind, name, content, file)


def _stem(folder: str, rest: str) -> str:
    return rest.removesuffix(f".{FOLDERS[folder].suffix}")


def _is_named(component: Component, named: Manifest) -> bool:
    if _listed(named, component.type, component.name):
        return True
    folder, _ = PART_OF.get(component.type, ("", ""))
    return bool(folder) and _listed(named, FOLDERS[folder].type, component.name.partition(".")[0])


def _listed(named: Manifest, type_: str, name: str) -> bool:
    members = named.get(type_, ())
    return name in members or "*" in members


def _absent(named: Manifest, found: Sequence[Component]) -> Iterator[Problem]:
    there = {component.key for component in found}
    for type_, members in named.items():
        for name in members:
            if name != "*" and (type_, name) not in there:
                sentence = f"An object '{name}' of type {type_} was named in package.xml, but was not found in zipped directory"
                yield Problem(type_, name, _MANIFEST, sentence)
