"""What the exams with options share: the prompt that asks a chat model to reason first."""

from julja.scoring.match import choice_letter
from julja.tasks.task import Form
from julja.types import Decoding

# openai/simple-evals, common.py: QUERY_TEMPLATE_MULTICHOICE, with as many letters as options.
REASONED_PROMPT = (
    "Answer the following multiple choice question. The last line of your response should be of"
    " the following format: 'Answer: $LETTER' (without quotes) where LETTER is one of"
    " {{ letters | join }}. Think step by step before answering.\n\n{{ input }}\n"
    "{% for choice in choices %}\n{{ letters[loop.index0] }}) {{ choice }}{% endfor %}"
)
LETTER_ANSWER = " {{ letters[answer[0]] }}"


def reasoned() -> Form:
    """The generate form: zero-shot chain of thought that ends in "Answer: $LETTER"."""
    return Form(
        prompt=REASONED_PROMPT,
        answer="\n\nAnswer:" + LETTER_ANSWER,
        decoding=Decoding(max_tokens=1024, temperature=0.0),
        scorer=choice_letter(),
    )
