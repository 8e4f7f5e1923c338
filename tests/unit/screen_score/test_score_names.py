"""Names set against each other: disguises seen through, other people told apart, words for each pair."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatebook.screen.compare import compare_names
from gatebook.screen.fold import cut_words, plain_text, read_word
from gatebook.screen.likeness import SAME, alike, budget, edits, how, is_beyond
from gatebook.screen.screening import ScreenSettings
from gatebook.screen.sounds import sound, sound_joined
from gatebook.screen.tokens import read_name
from gatebook.screen.weights import Weights

SHOWN = ScreenSettings().shown_from * 100
LETTERS = st.text("ABCDEGHIJKLMNOPRSTUVWXYZ", min_size=1, max_size=12)


def raw(query: str, listed: str) -> int:
    return compare_names(read_name(query), read_name(listed), Weights()).raw


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("Mohamed Smyth", "SMITH, Mohammed"),
        ("MHMMD SMTH", "SMITH, Mohammed"),
        ("Voronovskygrigor", "VORONOVSKY, Grigor"),
        ("G. Voronovsky", "VORONOVSKY, Grigor"),
        ("Gr\u200big\u043er V\u043er\u043en\u043evsky", "VORONOVSKY, Grigor"),
        ("\u0420\u0423\u0422\u0406N Vladimir", "PUTIN, Vladimir"),
        ("\u041f\u0443\u0442\u0438\u043d \u0412\u043b\u0430\u0434\u0438\u043c\u0438\u0440", "PUTIN, Vladimir"),
        ("\u0645\u062d\u0645\u062f \u062d\u0633\u064a\u0646", "HUSSEIN, Muhammad"),
        ("\u4e60\u8fd1\u5e73", "XI, Jinping"),
        ("\uae40\uc815\uc740", "KIM, Jong Un"),
        ("\u05d1\u05e0\u05d9\u05de\u05d9\u05df \u05e0\u05ea\u05e0\u05d9\u05d4\u05d5", "NETANYAHU, Binyamin"),
        ("J\u00fcrgen M\u00fcller", "MUELLER, Juergen"),
        ("R0bert 5mith", "SMITH, Robert"),
        ("Abd al-Rahman Yasin", "YASIN, Abdul Rahman"),
        ("Robert Smith", "SMITH, Bob"),
        ("Rosneft Oil Company LLC", "OOO ROSNEFT"),
        ("Obshchestvo s Ogranichennoy Otvetstvennostyu Tengriqul", "TENGRIQUL OOO"),
        ("Dr. Haji Grigor Voronovsky", "VORONOVSKY, Grigor"),
        ("PAMZAH KA\u0414\u042bPOB", "KADYROV, Ramzan"),
        ("K A D Y R O V Ramzan", "KADYROV, Ramzan"),
        ("\u0418. \u0418. \u0421\u0435\u0447\u0438\u043d", "SECHIN, Igor"),
        ("\u0421\u0435\u0447\u0438\u043d \u0418.\u0418.", "SECHIN, Igor"),
        ("\u0639\u0644\u06cc \u062e\u0627\u0645\u0646\u0647 \u0627\u06cc", "KHAMENEI, Ali Husseini"),
        ("\u0639\u0644\u064a \u062e\u0627\u0645\u0646\u0626\u064a", "KHAMENEI, Ali Husseini"),
        (
            "\u0633\u06cc\u062f \u0639\u0644\u06cc \u062d\u0633\u06cc\u0646\u06cc \u062e\u0627\u0645\u0646\u0647\u200c\u0627\u06cc",
            "KHAMENEI, Ali Husseini",
        ),
        ("Bank Melli Iran London", "BANK MELLI IRAN"),
        ("Melli Bank plc London", "MELLI BANK PLC"),
        ("Mahan Air Cargo Services", "MAHAN AIR"),
        ("SUEX", "SUEX OTC, S.R.O."),
        ("Hezbollah", "HIZBALLAH"),
        ("Hizbollah", "HIZBALLAH"),
    ],
)
def test_a_disguise_is_seen_through(query: str, listed: str) -> None:
    # Breaks when a spelling, script, order, joining, title or form of organisation hides a listed name.
    assert raw(query, listed) >= SHOWN


@pytest.mark.parametrize(
    ("query", "listed"),
    [
        ("George Bush", "HABASH, George"),
        ("EMMA LLC", "emma daniels"),
        ("CORP", "SMITH TRADING CORP"),
        ("Brigade 5", "Brigade 7"),
        ("John Smith", "SMITH, Jane"),
        ("Maria Garcia", "GARCIA, Mario"),
        ("Mohammed", "MOHAMMED, Ali Hassan"),
        ("Sergey Adel", "ADEL"),
        ("Li Chen", "LI, Yan"),
        ("Ocean Star Shipping", "Golden Sea Shipping"),
        ("Melli Bank London", "Sepah Bank London"),
        ("\u3164\u200b", "LI, Yan"),
    ],
)
def test_another_person_is_told_apart(query: str, listed: str) -> None:
    # Breaks when one shared word, other figures or a near name are taken for the same.
    assert raw(query, listed) < SHOWN


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("YANUKOVYCH, Viktor Fedorovych", (700, 400, 1000)),
        ("Viktor Yanukovych", (700, 1000)),
        ("Viktor Fedorovych Yanukovych", (700, 400, 1000)),
        ("Yanukovych Viktor Fedorovych", (1000, 700, 400)),
        ("Bank Melli Iran London", (300, 1000, 300, 300)),
        ("Bank of London", (300, 100, 1000)),
        ("Jack London", (800, 1000)),
    ],
)
def test_what_a_word_is_worth_hangs_on_what_it_is(name: str, weights: tuple[int, ...]) -> None:
    # Breaks when a family name is taken for a father's, or a town says as much as the name of a bank.
    assert Weights().of_name(read_name(name)) == weights


def test_a_word_wholly_of_twins_is_read_both_ways() -> None:
    # Breaks when a Cyrillic name is taken for a spoof alone, or a spoof for a Cyrillic name alone.
    assert read_word("\u041d\u041e\u0420\u0415") == ((("NORE", 0), ("HOPE", 30)),)
    assert cut_words(plain_text("O\u2019Brien\u2011Lee")) == ["OBrien", "Lee"]


@given(LETTERS, LETTERS)
def test_likeness_is_the_same_both_ways(a: str, b: str) -> None:
    # Breaks when it matters which name was asked for, or a likeness leaves its bounds.
    assert alike(a, b) == alike(b, a)
    assert 0 <= alike(a, b) <= SAME
    assert alike(a, a) == SAME
    assert isinstance(how(a, b, alike(a, b)), str)


@given(LETTERS, LETTERS)
def test_what_is_beyond_was_never_within(a: str, b: str) -> None:
    # Breaks when the quick bound turns down a pair that the edit table would have taken.
    most = budget(len(a), len(b))
    if is_beyond(a, b, most):
        assert edits(a, b, most) is None


@given(LETTERS, LETTERS, st.integers(0, 3_000))
def test_the_band_reckons_as_the_whole_table(a: str, b: str, most: int) -> None:
    # Breaks when the narrow band of the edit table changes an answer.
    whole = edits(a, b, 50_000)
    assert whole is not None
    assert edits(a, b, most) == (whole if whole <= most else None)


@given(st.lists(st.text("ABCDEFGHIJKLOSTUXYZ1", min_size=1, max_size=6), min_size=2, max_size=5))
def test_words_joined_sound_as_the_whole_text(texts: list[str]) -> None:
    # Breaks when what is put together of single words sounds otherwise than the word that they make.
    assert sound_joined(texts) == sound("".join(texts))[0]
