"""The tasks that are made of text, each in a file of its own."""

from instructkit.templating.pretext.task import Task
from instructkit.templating.pretext.tasks.closed_book_qa import CLOSED_BOOK_QA
from instructkit.templating.pretext.tasks.cloze_choice import CLOZE_CHOICE
from instructkit.templating.pretext.tasks.docstring import CODE, DOCSTRING
from instructkit.templating.pretext.tasks.extractive_qa import EXTRACTIVE_QA
from instructkit.templating.pretext.tasks.heading import HEADING
from instructkit.templating.pretext.tasks.inference import INFERENCE
from instructkit.templating.pretext.tasks.keywords_to_text import KEYWORDS_TO_TEXT
from instructkit.templating.pretext.tasks.last_phrase import LAST_PHRASE
from instructkit.templating.pretext.tasks.masked_words import MASKED_WORDS
from instructkit.templating.pretext.tasks.natural_question import NATURAL_QUESTION
from instructkit.templating.pretext.tasks.next_sentence import NEXT_SENTENCE
from instructkit.templating.pretext.tasks.paraphrase import PARAPHRASE
from instructkit.templating.pretext.tasks.sentence_order import SENTENCE_ORDER
from instructkit.templating.pretext.tasks.sentiment import SENTIMENT
from instructkit.templating.pretext.tasks.summary_gap import SUMMARY_GAP
from instructkit.templating.pretext.tasks.summary_lead import SUMMARY_LEAD
from instructkit.templating.pretext.tasks.title import TEXT_FROM_TITLE, TITLE
from instructkit.templating.pretext.tasks.topic import TOPIC

TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        SENTIMENT,
        TOPIC,
        SUMMARY_LEAD,
        SUMMARY_GAP,
        TITLE,
        TEXT_FROM_TITLE,
        KEYWORDS_TO_TEXT,
        PARAPHRASE,
        INFERENCE,
        CLOZE_CHOICE,
        NATURAL_QUESTION,
        EXTRACTIVE_QA,
        CLOSED_BOOK_QA,
        NEXT_SENTENCE,
        SENTENCE_ORDER,
        LAST_PHRASE,
        MASKED_WORDS,
        HEADING,
        DOCSTRING,
        CODE,
    )
}
