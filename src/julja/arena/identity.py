"""Answers that say who wrote them: a vote on one of those is not blind.

Only a writer's own words about itself count ("I am …", "… trained by …"): an answer may well be
about other models. `arena/pool.py` leaves such answers out and counts them.
"""

import re
from collections.abc import Iterable, Sequence

_ASSISTANTS = (
    r"chatgpt|gpt-?[345]\w*|claude|gemini|bard|palm|gemma|llama|vicuna|alpaca|mi[sx]tral|qwen\w*"
    r"|tongyi|通义千问|deepseek\w*|yi|kimi|(?:chat)?glm|ernie|文心一言|doubao|豆包|hyperclova\w*|clova"
    r"|클로바|exaone|엑사원|solar|솔라|grok|command r|cohere|falcon|smollm\w*|phi|copilot|bing|nova"
    r"|nemotron|reka|jamba|olmo|dolly|koala|open ?assistant|stablelm|rwkv"
)
_MAKERS = (
    r"openai|anthropic|google|deepmind|meta|lmsys|mistral ai|alibaba|阿里\w*|深度求索|01\.ai"
    r"|零一万物|moonshot\w*|月之暗面|zhipu\w*|智谱\w*|baidu|百度|bytedance|字节跳动|naver|네이버|lg|upstage"
    r"|업스테이지|kakao|카카오|xai|hugging ?face|microsoft|amazon|nvidia|ai21|ai2|allen institute"
    r"|databricks|laion|stability ai|inflection|technology innovation institute|tii"
)
_ANY = rf"(?:{_ASSISTANTS}|{_MAKERS})(?![a-z0-9])"
_SELF = r"\b(?:i am|i['’]m|my name is|i was|as an?)\b"
_CLAIM = re.compile(
    # "I'm Claude", "My name is **Claude**"
    r"\b(?:i am|i['’]m|my name is|i am called)[ \"'“*]{1,4}"
    rf"(?:{_ASSISTANTS})(?![a-z0-9])"
    # "I'm a language model called Claude"
    rf"|{_SELF}[^.!?\n]{{0,50}}?\b(?:named|called|known as)[ \"'“*]{{1,4}}"
    rf"(?:{_ASSISTANTS})(?![a-z0-9])"
    # "As an AI assistant, developed by the people of OpenAI"
    rf"|{_SELF}[^.!?\n]{{0,80}}?\b(?:trained|developed|created|made|built|designed) by "
    rf"(?:[\w']+ ){{0,3}}?{_ANY}"
    rf"|(?:저는|나는|제 이름은)[^.!?\n]{{0,30}}?{_ANY}[^.!?\n]{{0,20}}?"
    r"(?:개발|만든|만들|학습|훈련|제작|입니다|이에요|예요)"
    rf"|我(?:是|叫)[^。!?\n]{{0,10}}?{_ANY}",
    re.IGNORECASE,
)


# What every claim has in it, for a quick look first: most answers say nothing of their writer.
_HINT = re.compile(r"i am|i['’]m|my name is|i was|as an? |저는|나는|제 이름은|我是|我叫")


def own_names(models: Iterable[str]) -> tuple[str, ...]:
    """The models' own names in lower case, as far as they can't be words of an answer."""
    names = {part.lower() for model in models for part in (model, model.rpartition("/")[2])}
    return tuple(sorted(name for name in names if len(name) >= 5 and re.search(r"[-/_\d]", name)))


def reveals(text: str, names: Sequence[str] = ()) -> str | None:
    """The words by which an answer tells who wrote it, or None; `names` are those of `own_names`.

    >>> reveals("Sorry: as a large language model trained by OpenAI, I can't.")
    'as a large language model trained by OpenAI'
    >>> reveals("I'm glad to compare ChatGPT with Claude.") is None
    True
    """
    low = text.lower()
    found = _CLAIM.search(text) if _HINT.search(low) else None
    if found:
        return found.group(0)
    for name in names:
        # A search for the plain text first: it is many times faster than one with borders.
        if name in low and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", low):
            return name
    return None
