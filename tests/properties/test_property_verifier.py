"""The verifier over every size, every changed byte and any bytes at all; its signatures beside another library's."""

from __future__ import annotations

import base64
import contextlib
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gatebook.record import merkle, tiles
from gatebook.record.checkpoint import sign_checkpoint, vkey_of
from gatebook_verifier import checks, ed25519, note, tree
from gatebook_verifier.__main__ import main

ORIGIN = "test.example/house"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
PUBLIC = KEY.public_key().public_bytes_raw()
VKEY = vkey_of(ORIGIN, PUBLIC)
BOUNDS = (1, 2, 3, 255, 256, 257, 511, 512, 513, 600)


def entry(n: int) -> bytes:
    return b'{"at":"2026-11-01T00:00:00.000000Z","body":{"n":%d},"kind":"x","operator":"o","version":1}' % n


ENTRIES = [entry(n) for n in range(600)]
LEAVES = [merkle.leaf_hash(data) for data in ENTRIES]


def signed(size: int, root: bytes) -> bytes:
    return sign_checkpoint(ORIGIN, size, root, KEY.sign, PUBLIC)


def write_log(folder: Path, size: int) -> None:
    held: dict[str, bytes] = {}
    held.update(tiles.tiles_for_growth(0, size, lambda a, z: LEAVES[a:z], held.__getitem__))
    held.update(tiles.bundles_for_growth(0, size, lambda a, z: ENTRIES[a:z]))
    for name, data in {**held, "checkpoint": signed(size, merkle.root_of(LEAVES[:size]))}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def run(*arguments: str | Path) -> int:
    with (
        mock.patch.object(sys, "argv", ["gatebook_verifier", *map(str, arguments)]),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        return main()


@pytest.mark.parametrize("size", BOUNDS)
def test_a_whole_log_of_every_kind_of_size_holds(tmp_path: Path, size: int) -> None:
    # Breaks when a log that ends at, before or after a whole tile is refused.
    write_log(tmp_path, size)
    assert f"{size} entries lead" in checks.check_log(tmp_path, VKEY)


def test_an_empty_log_holds_and_nothing_is_in_it(tmp_path: Path) -> None:
    # Breaks when a house without entries is refused, or a proof from nothing is taken.
    (tmp_path / "checkpoint").write_bytes(signed(0, merkle.EMPTY))
    checks.check_log(tmp_path, VKEY)
    empty = note.Checkpoint(ORIGIN, 0, merkle.EMPTY)
    proof = tiles.tlog_proof(0, [], signed(0, merkle.EMPTY)).encode()
    with pytest.raises(note.DoesNotHold):
        checks.check_proof(proof, b"", VKEY)
    with pytest.raises(note.DoesNotHold):
        checks.check_growth(empty, tiles.consistency_file(0, [], signed(0, merkle.EMPTY)).encode(), VKEY)


def test_every_size_up_to_600_is_proved_and_checked() -> None:
    # Breaks when the house's proofs and the verifier's reading of them part ways at some size.
    roots = [tree.root_of(LEAVES[:size]) for size in range(601)]
    held: dict[str, bytes] = {}
    for size in range(1, 601):
        held.update(tiles.tiles_for_growth(size - 1, size, lambda a, z: LEAVES[a:z], held.__getitem__))
        read = tiles.TileHashReader(held.__getitem__, size).read
        assert merkle.root_at(size, read) == roots[size]
        for index in {0, size - 1, size // 2, min(255, size - 1), min(256, size - 1)}:
            proof = merkle.inclusion_proof(index, size, read)
            assert tree.root_from(LEAVES[index], index, size, proof) == roots[size]
        for old in {1, size, max(1, size - 1), max(1, size // 3), min(255, size), min(256, size), min(257, size)}:
            steps = merkle.consistency_proof(old, size, read)
            assert tree.roots_from(old, size, roots[old], steps) == (roots[old], roots[size])


@given(st.integers(1, 600), st.data())
def test_a_proof_for_one_place_holds_for_no_other(size: int, data: st.DataObject) -> None:
    # Breaks when a proof says more than it shows: another index, another size, a step more or less.
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    read, root, before = merkle.reader_of(LEAVES), tree.root_of(LEAVES[:size]), tree.root_of(LEAVES[:old])
    proof, steps = merkle.inclusion_proof(index, size, read), merkle.consistency_proof(old, size, read)
    other_index, other_size = data.draw(st.integers(-2, 700)), data.draw(st.integers(-2, 700))
    for path in (proof, [*proof, root], proof[:-1], proof[1:], [*proof[:-1], b"short"]):
        if (other_index, path) != (index, proof):
            with contextlib.suppress(note.DoesNotHold):
                assert tree.root_from(LEAVES[index], other_index, size, path) != root
    for path in (steps, [*steps, root], steps[:-1], steps[1:], [b"short", *steps[1:]]):
        if path != steps or other_size != old:
            with contextlib.suppress(note.DoesNotHold):
                assert tree.roots_from(other_size, size, before, path) != (before, root) or path == steps == []


#: Which command is given which files; each of them matters to it.
ASKS: dict[str, Sequence[str]] = {
    "checkpoint": ("checkpoint", "vkey"),
    "inclusion": ("proof", "entry", "vkey"),
    "growth": ("old", "grown", "vkey"),
    "consistency": ("old", "checkpoint", "tile/entries/000", "tile/entries/001.p/44", "vkey"),
    "log": ("checkpoint", "tile/entries/000", "tile/entries/001.p/44", "tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1", "vkey"),
}  # fmt: skip


def ask(folder: Path, command: str) -> int:
    arguments: dict[str, Sequence[str | Path]] = {
        "checkpoint": (folder / "checkpoint",),
        "inclusion": (folder / "proof", folder / "entry"),
        "growth": (folder / "old", folder / "grown"),
        "consistency": (folder / "old", folder / "checkpoint", "--log", folder),
        "log": (folder,),
    }
    return run(command, *arguments[command], "--vkey", folder / "vkey")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder, size, read = tmp_path_factory.mktemp("log"), 300, merkle.reader_of(LEAVES)
    write_log(folder, size)
    head = (folder / "checkpoint").read_bytes()
    (folder / "vkey").write_text(VKEY + "\n")
    (folder / "old").write_bytes(signed(70, merkle.root_of(LEAVES[:70])))
    (folder / "proof").write_text(tiles.tlog_proof(5, merkle.inclusion_proof(5, size, read), head))
    (folder / "grown").write_text(tiles.consistency_file(70, merkle.consistency_proof(70, size, read), head))
    (folder / "entry").write_bytes(ENTRIES[5])
    assert [ask(folder, command) for command in ASKS] == [0] * len(ASKS)
    yield folder
    assert [ask(folder, command) for command in ASKS] == [0] * len(ASKS)


@contextlib.contextmanager
def changed(path: Path, data: bytes) -> Iterator[None]:
    good = path.read_bytes()
    path.write_bytes(data)
    try:
        yield
    finally:
        path.write_bytes(good)


PAIRS = [(command, name) for command, names in ASKS.items() for name in names]


@settings(max_examples=400)
@given(st.sampled_from(PAIRS), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
@example(("checkpoint", "vkey"), 0.9999999, 0x0A ^ 0x0B)
@example(("checkpoint", "vkey"), 0.9999999, 0x0A ^ 0x20)
def test_a_changed_byte_anywhere_is_told(log: Path, pair: tuple[str, str], place: float, mask: int) -> None:
    # Breaks when one byte of a checkpoint, key, proof, entry, bundle or tile can be another and the check still holds.
    command, name = pair
    data = (log / name).read_bytes()
    at = int(place * len(data))
    with changed(log / name, data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]):
        assert ask(log, command) == 1


@given(st.sampled_from(PAIRS), st.floats(0, 1), st.floats(0, 1), st.binary(max_size=3))
def test_a_piece_cut_out_or_put_in_is_told(
    log: Path, pair: tuple[str, str], one: float, two: float, put: bytes
) -> None:
    # Breaks when a torn file, or one with something added, is taken for the whole.
    command, name = pair
    data = (log / name).read_bytes()
    start, stop = sorted((int(one * len(data)), int(two * len(data))))
    bad = data[:start] + put + data[stop:]
    if bad != data and not (name == "vkey" and bad == data[:-1]):  # a key without its line end is the same key
        with changed(log / name, bad):
            assert ask(log, command) == 1


@pytest.mark.parametrize(
    ("command", "name"),
    [("checkpoint", "checkpoint"), ("inclusion", "proof"), ("growth", "old"), ("growth", "grown")],
)
def test_base64_has_one_form(log: Path, command: str, name: str) -> None:
    # Breaks when the bits that padding leaves over, which change no hash, may be anything.
    lines = (log / name).read_bytes().split(b"\n")
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    padded = [n for n, line in enumerate(lines) if line.endswith(b"=")]
    assert padded
    for n in padded:
        at = letters.index(lines[n][-2:-1])
        for other in range(at - at % 4, at - at % 4 + 4):
            second = lines[n][:-2] + letters[other : other + 1] + b"="
            with changed(log / name, b"\n".join([*lines[:n], second, *lines[n + 1 :]])):
                assert ask(log, command) == (0 if other == at else 1)


@pytest.mark.parametrize("name", ["proof", "grown"])
def test_a_proof_without_some_of_its_lines_ends_in_an_answer(log: Path, name: str) -> None:
    # Breaks when a proof file cut short before a checkpoint that is signed ends in a traceback.
    head, _, rest = (log / name).read_text().partition("\n\n")
    lines, command = head.split("\n"), "inclusion" if name == "proof" else "growth"
    cut = ["\n".join(lines[:n]) for n in range(len(lines))]
    left_out = ["\n".join(lines[:n] + lines[n + 1 :]) for n in range(len(lines))]
    more = [head + "\n" + lines[-1] * n for n in (1, 2)] + [head + ("\n" + lines[-1]) * 200]
    numbers = [
        head.replace("5" if name == "proof" else "70", text, 1)
        for text in ("300", "299", "-1", "9" * 18, "0", "05", "")
    ]
    for bad in (*cut, *left_out, *more, *numbers):
        with changed(log / name, f"{bad}\n\n{rest}".encode()):
            assert ask(log, command) == 1


LINES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "c2sp.org/tlog-proof@v1", "index 0", "index -1", "index 00", "index " + "9" * 5000, "index \u0663", "index",
            "old 70", "old 0", "old -70", "old " + "9" * 30, "old \u0667\u0660", "", ORIGIN, "0", "70", "9" * 19,
            "9" * 5000, "\u00b2", "1_0", base64.b64encode(b"r" * 32).decode(), base64.b64encode(b"r" * 31).decode(),
            "====", f"\u2014 {ORIGIN} AAAA", f"\u2014 {ORIGIN} " + base64.b64encode(b"s" * 68).decode(), "\u2014 ", "\x00",
        ]
    ),
)  # fmt: skip
ANY = st.one_of(
    st.binary(max_size=200),
    st.lists(LINES, max_size=9).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass")),
    st.sampled_from(
        [b"", b"\xff\xfe", b"[" * 60_000, b"\n\n", b"\n\n\n", b"\x00\x05ab", b"\xff\xff" * 40, VKEY.encode()]
    ),
)


@settings(max_examples=300)
@given(st.sampled_from(PAIRS), ANY)
def test_any_bytes_at_all_end_in_an_answer(log: Path, pair: tuple[str, str], data: bytes) -> None:
    # Breaks when a malformed file ends in a traceback: an outsider would not know whether the log holds.
    command, name = pair
    if data != (log / name).read_bytes().removesuffix(b"\n"):
        with changed(log / name, data):
            assert ask(log, command) == 1


@given(
    st.one_of(
        st.integers(), st.sampled_from(["\u0663\u0660\u0660", "0300", "+300", "3e2", "300 ", "9" * 5000, "", "-0"])
    )
)
def test_a_signed_head_of_any_size_ends_in_an_answer(log: Path, size: int | str) -> None:
    # Breaks when a size that is signed but absurd ends in a traceback, or in hours of reading.
    text = f"{ORIGIN}\n{size}\n{base64.b64encode(merkle.root_of(LEAVES[:300])).decode()}\n"
    key_id = bytes.fromhex(VKEY.split("+")[1])
    line = f"\u2014 {ORIGIN} {base64.b64encode(key_id + KEY.sign(text.encode())).decode()}\n"
    if str(size) != "300":
        with changed(log / "checkpoint", f"{text}\n{line}".encode()):
            assert {ask(log, command) for command in ("log", "consistency")} == {1}


def test_a_folder_or_nothing_where_a_file_should_be_ends_in_an_answer(log: Path) -> None:
    # Breaks when a wrong path ends in a traceback.
    for wrong in (log / "tile", log / "nowhere", log / "checkpoint" / "x", log / ("n" * 5000)):
        for arguments in (
            ("checkpoint", wrong, "--vkey", log / "vkey"),
            ("checkpoint", log / "checkpoint", "--vkey", wrong),
            ("log", wrong, "--vkey", log / "vkey"),
            ("inclusion", wrong, log / "entry", "--vkey", log / "vkey"),
            ("inclusion", log / "proof", wrong, "--vkey", log / "vkey"),
            ("growth", wrong, log / "grown", "--vkey", log / "vkey"),
            ("growth", log / "old", wrong, "--vkey", log / "vkey"),
            ("consistency", log / "old", wrong, "--log", log, "--vkey", log / "vkey"),
            ("consistency", log / "old", log / "checkpoint", "--log", wrong, "--vkey", log / "vkey"),
        ):
            assert run(*arguments) in (1, 2)
    for vkey in (
        "",
        "+",
        "a+b+c",
        "a b+00000000+",
        VKEY + "\n\n",
        " " + VKEY,
        "\udcff+" + VKEY,
        VKEY.replace("+", "++", 1),
    ):
        assert run("checkpoint", log / "checkpoint", "--vkey", vkey) == 1


@pytest.mark.parametrize(
    "bad",
    [
        entry(1).replace(b'"n":1', b'"n":1.0'),
        entry(1).replace(b'"n":1', b'"n":1e0'),
        entry(1).replace(b'"n":1', b'"n":-0'),
        entry(1).replace(b'"n":1', b'"n":NaN'),
        entry(1).replace(b'"n":1', b'"n": 1'),
        entry(1).replace(b'"n":1', b'"n":1,"n":1'),
        entry(1).replace(b'"n":1', b'"z":1,"n":1'),
        entry(1).replace(b'"n":1', b'"n":"\\u0041"'),
        entry(1).replace(b'"n":1', b'"n":"\\ud800"'),
        entry(1).replace(b'"n":1', b'"n":"\xff"'),
        entry(1).replace(b'"n":1', b'"n":' + b"9" * 5000),
        entry(1).replace(b'"n":1', b'"n":' + b"[" * 20_000 + b"]" * 20_000),
        entry(1) + b"\n",
        entry(1).decode().encode("utf-16"),
        b"[]",
        b"7",
        b"{}",
        b"",
    ],
)
def test_an_entry_in_a_second_form_is_told_though_it_was_signed(tmp_path: Path, bad: bytes) -> None:
    # Breaks when a signed log may hold lines that two readers read differently, or that no reader can read.
    data = [entry(0), bad]
    leaves = [merkle.leaf_hash(line) for line in data]
    held = {"tile/0/000.p/2": b"".join(leaves), "tile/entries/000.p/2": tiles.bundle_of(data)}
    for name, content in {**held, "checkpoint": signed(2, merkle.root_of(leaves))}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    with pytest.raises(note.DoesNotHold, match="entry"):
        checks.check_log(tmp_path, VKEY)


def theirs(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@pytest.mark.parametrize(
    ("secret", "message", "signature"),
    [
        ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "", "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
        ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72", "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"),
        ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "af82", "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"),
        ("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f", "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"),
    ],
)  # fmt: skip
def test_the_vectors_of_rfc_8032(secret: str, message: str, signature: str) -> None:
    # Breaks when a signature of the standard is refused.
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)).public_key().public_bytes_raw()
    assert ed25519.verify(key, bytes.fromhex(signature), bytes.fromhex(message))
    assert theirs(key, bytes.fromhex(signature), bytes.fromhex(message))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=99), st.integers(0, 800), st.integers(1, 255))
def test_what_is_taken_here_is_taken_elsewhere_and_nothing_changed_is(
    seed: bytes, message: bytes, place: int, mask: int
) -> None:
    # Breaks when the verifier takes a signature that another library refuses, or refuses an honest one.
    secret = Ed25519PrivateKey.from_private_bytes(seed)
    key, signature = secret.public_key().public_bytes_raw(), secret.sign(message)
    assert ed25519.verify(key, signature, message)
    whole = bytearray(key + signature + message)
    whole[place % len(whole)] ^= mask
    changed_parts = bytes(whole[:32]), bytes(whole[32:96]), bytes(whole[96:])
    assert not ed25519.verify(*changed_parts) and not theirs(*changed_parts)


ORDER, FIELD = 2**252 + 27742317777372353535851937790883648493, 2**255 - 19
#: Every point of small order in every encoding, canonical or not, with either sign bit.
SMALL = sorted(
    {
        (y | sign << 255).to_bytes(32, "little")
        for root in (
            0, 1, FIELD - 1,
            int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
            int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
        )
        for y in (root, root + FIELD)
        for sign in (0, 1)
        if y < 2**255
    }
)  # fmt: skip


def test_a_second_form_of_a_signature_is_refused() -> None:
    # Breaks when S and S + L are both taken, so that one signature has two forms.
    signature = KEY.sign(b"m")
    scalar = int.from_bytes(signature[32:], "little")
    for times in range(1, 15):
        second = signature[:32] + (scalar + times * ORDER).to_bytes(32, "little")
        assert not ed25519.verify(PUBLIC, second, b"m")
    assert not ed25519.verify(PUBLIC, signature[:63], b"m") and not ed25519.verify(PUBLIC, signature + b"\x00", b"m")


@pytest.mark.parametrize("point", SMALL, ids=bytes.hex)
def test_points_of_small_order_are_refused_in_every_encoding(point: bytes) -> None:
    # Breaks when a key is taken under which one signature holds for many messages.
    assert len(SMALL) == 14
    honest = KEY.sign(b"m")
    for message in (b"m", b"n", b"", b"o", b"p", b"q", b"r", b"s"):
        for commitment in SMALL:
            assert not ed25519.verify(point, commitment + bytes(32), message)
        assert not ed25519.verify(point, honest, message)
        assert not ed25519.verify(PUBLIC, point + honest[32:], message)
        assert not ed25519.verify(PUBLIC, point + bytes(32), message)


@given(st.integers(0, 18), st.integers(0, 1), st.binary(max_size=9))
def test_a_coordinate_beyond_the_field_is_refused(above: int, sign: int, message: bytes) -> None:
    # Breaks when a point can be written in two ways.
    beyond = (FIELD + above | sign << 255).to_bytes(32, "little")
    honest = KEY.sign(message)
    assert ed25519._decode(beyond) is None
    assert not ed25519.verify(beyond, honest, message)
    assert not ed25519.verify(PUBLIC, beyond + honest[32:], message)
