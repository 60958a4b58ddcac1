"""The language of a prompt, by its script and its commonest words."""

import pytest

from julja.builder.language import detect, is_language, language_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Write a poem about the sea that rhymes in every line.", "en"),
        ("파이썬으로 리스트를 정렬하는 함수를 작성해 줘", "ko"),
        ("Python 함수 sort를 설명해 줘. return list", "ko"),
        ("リストを並べ替える関数を書いてください", "ja"),
        ("请写一个对列表进行排序的函数", "zh"),
        ("Напиши функцию для сортировки списка", "ru"),
        ("Напиши функцію, яка сортує її список", "uk"),
        ("Schreibe bitte ein Gedicht über das Meer und die Wellen.", "de"),
        ("Escribe un poema sobre el mar que rime en cada verso.", "es"),
        ("Écris un poème sur la mer qui rime dans chaque vers.", "fr"),
        ("Viết một bài thơ về biển và những con sóng", "vi"),
        ("اكتب قصيدة عن البحر", "ar"),
        ("for i in range(10): print(i ** 2)", "und"),
        ("Create a sierpinski triangle in XAML", "und"),
    ],
)
def test_a_language_is_found(text, code):
    assert detect(text) == code or (code == "und" and is_language(detect(text), "en"))


@pytest.mark.parametrize(
    ("name", "code"),
    [("English", "en"), ("eng_Latn", "en"), ("zh-CN", "zh"), ("Korean", "ko"), ("xx", "xx")],
)
def test_data_sets_spell_languages_in_many_ways(name, code):
    assert language_code(name) == code


def test_what_is_unknown_passes_for_english_and_nothing_else():
    assert is_language("und", "en")
    assert not is_language("und", "ko")
    assert is_language("ko", "any")
