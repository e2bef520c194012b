"""Zip files of cards: what goes out comes in again, and what is wrong or hostile is refused by name."""

import json
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest

from server.assets import transforms_dir
from server.domain.card_archives import MAX_FILE_BYTES, MAX_FILES, MAX_ZIP_BYTES, BadArchive, pack, unpack
from server.domain.card_icons import letter_icon, safe_icon


def zipped(**files: str | bytes) -> bytes:
    return zip_of({name.replace("__", "/"): content for name, content in files.items()})


def zip_of(files: dict[str, str | bytes]) -> bytes:
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def folder(path: Path) -> dict[str, str]:
    return {
        file.relative_to(path).as_posix(): file.read_text(encoding="utf-8")
        for file in path.rglob("*")
        if file.is_file()
    }


@pytest.mark.parametrize("name", sorted(file.parent.name for file in transforms_dir().glob("*/card.toml")))
def test_every_folder_goes_out_and_comes_in_unchanged(name: str) -> None:
    files = folder(transforms_dir() / name)
    packed = pack(name, files)
    assert unpack(packed) == (name, files)
    assert pack(name, files) == packed


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is not a zip file that can be read."),
        (b"PK\x03\x04 not really", "The file is not a zip file that can be read."),
        (b"x" * (MAX_ZIP_BYTES + 1), "The file is larger than 512 KiB."),
        (zip_of({"a/default.js": "x"}), "The zip file has no card.toml."),
        (zip_of({"A b/card.toml": ""}), "A b: a card's folder is named in small letters, digits and underscores."),
        (zip_of({"a/card.toml": "", "a/run.py": "x"}), "a/run.py is not a file of a card."),
        (zip_of({"a/card.toml": "", "../evil.js": "x"}), "../evil.js is not a file of a card."),
        (zip_of({"a/card.toml": "", "a/samples/../../x.js": "x"}), "a/samples/../../x.js is not a file of a card."),
        (zip_of({"a/card.toml": "", "/etc/passwd": "x"}), "/etc/passwd is not a file of a card."),
        (zip_of({"a/card.toml": "", "b/card.toml": ""}), "b/card.toml is not a file of a card."),
        (zip_of({"a/card.toml": b"\xff\xfe"}), "card.toml is not UTF-8 text."),
        (zip_of({"a/card.toml": "a\0b"}), "card.toml is not UTF-8 text."),
        (zip_of({"a/card.toml": b"0" * (MAX_FILE_BYTES + 1)}), "card.toml is larger than 256 KiB."),
        (zip_of({"a/card.toml": ""} | {f"a/samples/s{n}.js": "" for n in range(MAX_FILES)}),
         "The zip file has more than 80 files."),
        (zip_of({"a/card.toml": ""} | {f"a/samples/s{n}.js": "0" * MAX_FILE_BYTES for n in range(9)}),
         "The files are larger than 1024 KiB together."),
    ],
)  # fmt: skip
def test_what_is_not_a_card_is_refused_by_name(content: bytes, sentence: str) -> None:
    with pytest.raises(BadArchive) as refused:
        unpack(content)
    assert str(refused.value.sentence) == sentence


def test_names_that_cannot_be_printed_are_not_repeated() -> None:
    with pytest.raises(BadArchive) as refused:
        unpack(zip_of({"a/card.toml": "", "a/\x1b[31m‮x": "x"}))
    assert str(refused.value) == "a/�[31m�x is not a file of a card."


def test_files_without_a_folder_and_what_systems_add_are_taken() -> None:
    name, files = unpack(
        zip_of({"card.toml": "\ufefftitle = 1\r\n", "__MACOSX/._card.toml": b"\xff", ".DS_Store": b"\xff"})
    )
    assert (name, files) == ("", {"card.toml": "title = 1\n"})


@pytest.mark.parametrize("kind", [ZIP_LZMA, ZIP_BZIP2])
def test_compression_that_takes_much_memory_is_refused(kind: int) -> None:
    buffer = BytesIO()
    with ZipFile(buffer, "w", kind) as archive:
        archive.writestr("acme/card.toml", "title = 1")
    with pytest.raises(BadArchive, match="is not a zip file that can be read"):
        unpack(buffer.getvalue())


def test_damaged_bytes_give_one_kind_of_error() -> None:
    whole = pack("acme", {"card.toml": "title = 1", "default.js": "x", "samples/a.js": "y"})
    for place in range(len(whole)):
        for byte in (0, 47, 255):
            try:
                unpack(whole[:place] + bytes([byte]) + whole[place + 1 :])
            except BadArchive:
                continue


def test_an_encrypted_or_broken_zip_is_refused() -> None:
    whole = bytearray(zip_of({"a/card.toml": "title" * 100}))
    whole[40:60] = b"\0" * 20
    with pytest.raises(BadArchive):
        unpack(bytes(whole))
    encrypted = bytearray(zip_of({"a/card.toml": "x"}))
    at = encrypted.rindex(b"PK\x01\x02")
    encrypted[at + 8] |= 1
    with pytest.raises(BadArchive):
        unpack(bytes(encrypted))


@pytest.mark.parametrize("path", sorted(transforms_dir().glob("*/icon.svg")), ids=lambda path: path.parent.name)
def test_our_own_icons_are_safe(path: Path) -> None:
    assert safe_icon(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", "<script>alert(1)</script>", '<path d="M0 0" onload="x()"/>', '<path d="url(javascript:1)"/>',
        '<image href="https://x.example/"/>', '<use href="#a"/>',
        '<path d="M0 0"', '<foreignObject/>', "<style>*{}</style>",
        '<path fill="url(#x)"/>', '<path style="fill:red"/>', '<g><script/></g>', '<path d="M0 0">text</path>',
        "<!DOCTYPE a [<!ENTITY b 'c'>]><path/>", "<?xml version='1.0'?><path/>", '<path d="' + "1 " * 5000 + '"/>',
        '<path/>' * 200, '</icon><script/><icon>', '<a href="x"><path/></a>', '<text x="1">a</text>',
        '<path xmlns="http://www.w3.org/1999/xhtml" d="M0 0"/>', '<rect x="1"><rect/></rect>',
    ],
)  # fmt: skip
def test_anything_but_shapes_is_refused(text: str) -> None:
    assert safe_icon(text) is None


def test_a_letter_is_text_and_nothing_else() -> None:
    assert "&lt;" in letter_icon("<")
    assert json.dumps(letter_icon("汉"), ensure_ascii=False).count("汉") == 1
