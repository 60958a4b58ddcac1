"""Which language a prompt is in: by its script, and for Latin letters by its commonest words.

Good enough to keep a filter honest (docs/builder.md has its measured accuracy), and fast enough
for 200,000 prompts. Where a source names the language itself, its word counts.
"""

import re

# Scripts that stand for one language well enough; Hangul and kana before the Han that both use.
_SCRIPTS: tuple[tuple[str, "re.Pattern[str]"], ...] = (
    ("ko", re.compile("[\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f]")),
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("zh", re.compile("[\u4e00-\u9fff\u3400-\u4dbf]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
)
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_WORD = re.compile(r"[^\W\d_]+")
_UKRAINIAN = re.compile("[іїєґ]")
_VIETNAMESE = re.compile("[ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)

_COMMON: dict[str, str] = {
    "en": "the of and to in is that for it with as are on this be what how from by have not can"
    " you which at or an my me please write your i we if do does when there all will would",
    "es": "de la que el en y los del se las por un para con no una su al lo como más pero sus le"
    " ya o este sí porque esta cuando muy qué es son cómo",
    "fr": "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce il"
    " sont avec je vous quel quelle comment être aux ou",
    "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch"
    " es an werden aus er hat dass sie nach wie ich welche oder",
    "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao"
    " ele das tem à seu sua ou ser quando muito há nos já está eu também qual",
    "it": "di che e la il un a per in una è non con si da del le della sono come i dei nel alla"
    " più quale anche ma gli questo essere",
    "nl": "de het een en van ik te dat die in is niet op aan met als voor er maar om zijn hem"
    " dan zou of wat mijn door hoe welke wordt",
    "pl": "i w na z do nie się to jest że o jak po co tak za od przez dla czy jego są który przy"
    " jej być lub",
    "tr": "bir ve bu da de için ile ne olarak daha çok gibi en mi olan kadar sonra ben var nasıl"
    " değil hangi ya aşağıdakilerden",
    "vi": "của và là các có được cho trong không một người những với để này khi đến từ về như",
    "id": "yang dan di untuk dengan ini dari pada adalah itu tidak dalam akan atau sebagai oleh"
    " apa saya bagaimana ke berikut manakah",
    "sv": "och att det i en som på är av för med till den har inte om ett men var jag hur vilken",
    "ro": "și de la în a cu o pe că este din care nu un mai pentru se sunt ce sau ale",
    "cs": "a v na je se že s z do o i k ve pro jak ale jako po co který nebo jsou byl",
}
_VOTES: dict[str, list[str]] = {}
for _code, _words in _COMMON.items():
    for _word in _words.split():
        _VOTES.setdefault(_word, []).append(_code)

# Letters that English does without: each one found is most of a vote.
_LETTERS = {
    **{letter: "de" for letter in "äöüß"},
    **{letter: "fr" for letter in "èêàçùœ"},
    **{letter: "es" for letter in "ñ¿¡"},
    **{letter: "pt" for letter in "ãõ"},
    **{letter: "pl" for letter in "ąęłśżźć"},
    **{letter: "tr" for letter in "ığş"},
    **{letter: "cs" for letter in "ěřů"},
    **{letter: "sv" for letter in "å"},
    **{letter: "ro" for letter in "șț"},
}
_LETTER_VOTE = 0.7
_SPELT = (
    "english=en eng=en korean=ko kor=ko 한국어=ko chinese=zh zho=zh mandarin=zh japanese=ja jpn=ja"
    " russian=ru rus=ru spanish=es spa=es french=fr fra=fr german=de deu=de portuguese=pt por=pt"
    " italian=it ita=it arabic=ar ara=ar turkish=tr tur=tr vietnamese=vi vie=vi polish=pl pol=pl"
    " dutch=nl nld=nl hindi=hi hin=hi indonesian=id ind=id ukrainian=uk ukr=uk thai=th hebrew=he"
    " greek=el swedish=sv romanian=ro czech=cs unknown=und"
)
_NAMES = dict(pair.split("=") for pair in _SPELT.split())
UNKNOWN = "und"
# What is looked at: enough words to vote, of a long prompt only its beginning.
_SEEN = 600


def detect(text: str) -> str:
    """A language's ISO 639-1 code, or `und` where nothing tells.

    >>> detect("What is the capital of France?"), detect("서울의 인구는 얼마입니까?")
    ('en', 'ko')
    >>> detect("print(x + 1)")
    'und'
    """
    head = text[:_SEEN]
    if not head.isascii():
        latin = len(_LATIN.findall(head))
        for code, letters in _SCRIPTS:
            found = len(letters.findall(head))
            # One ideograph or syllable says about as much as three Latin letters.
            weight = 3.0 if code in ("ko", "ja", "zh") else 1.0
            if found and found * weight > latin + (0 if code != "ja" else -latin):
                return "uk" if code == "ru" and _UKRAINIAN.search(head.lower()) else code
    return _by_words(head)


def _by_words(head: str) -> str:
    words = set(_WORD.findall(head.lower()))
    if not head.isascii() and len(_VIETNAMESE.findall(head)) >= 3:
        return "vi"
    votes: dict[str, float] = {}
    for word in words:
        for code in _VOTES.get(word, ()):
            votes[code] = votes.get(code, 0.0) + 1.0 / len(_VOTES[word])
    if not head.isascii():
        for letter in set(head.lower()) & _LETTERS.keys():
            code = _LETTERS[letter]
            votes[code] = votes.get(code, 0.0) + _LETTER_VOTE
    english = votes.pop("en", 0.0)
    other = max(votes, key=lambda code: (votes[code], code), default="")
    # Code and short prompts hit some word of some language by chance; a text in it hits several.
    if other and votes[other] > max(1.2, 1.2 * english):
        return other
    return "en" if english else UNKNOWN


def language_code(name: str) -> str:
    """The code of a language as data sets name it: `English`, `eng_Latn`, `en-US`.

    >>> language_code("English"), language_code("pt-BR"), language_code("kor_Hang")
    ('en', 'pt', 'ko')
    """
    word = name.strip().lower()
    head = re.split(r"[-_ ]", word, maxsplit=1)[0]
    return _NAMES.get(word) or _NAMES.get(head) or head


def is_language(code: str, wanted: str) -> bool:
    """True when a prompt in `code` is wanted; what is unknown (code alone, say) passes as `en`."""
    return wanted == "any" or code == wanted or (code == UNKNOWN and wanted == "en")
