"""Magpie (Xu et al. 2024): a chat model given nothing but the start of a user's turn writes what a user would ask."""

from dataclasses import dataclass

from instructkit.generation.bootstrapping.candidates import Candidate, Finished, Proposed, Row, failed
from instructkit.generation.bootstrapping.examples import sifted
from instructkit.generation.bootstrapping.pool import Pool
from instructkit.generation.client.model import Ask
from instructkit.generation.client.request import Answer, Request
from instructkit.generation.prompting import draw_seed

# what stands before a user's first words in the chat templates of the model families, and what ends them
PREFIXES = {
    "chatml": ("<|im_start|>user\n", ("<|im_end|>", "<|im_start|>")),
    "llama3": ("<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n", ("<|eot_id|>", "<|start_header_id|>")),
    "gemma": ("<bos><start_of_turn>user\n", ("<end_of_turn>", "<start_of_turn>")),
    "phi3": ("<|user|>\n", ("<|end|>", "<|assistant|>")),
    "mistral": ("<s>[INST]", ("[/INST]",)),
    "qwen": (
        "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n",
        ("<|im_end|>", "<|im_start|>"),
    ),
}
LONGEST_TOKENS, ANSWER_TOKENS = 512, 1024


@dataclass
class Magpie:
    """The raw prefix to the completions endpoint at T 1; the answer by the chat endpoint at T 0 (paper, section 2)."""

    prefix: str
    seed: int
    name: str = "magpie"
    expected: float = 0.7
    novelty: float | None = 0.7
    look_ahead: int | None = None
    calls: float = 1.0

    def request(self, number: int, pool: Pool) -> Request:
        """The prefix, and nothing else."""
        text, stop = PREFIXES.get(self.prefix, (self.prefix, ()))
        drawn = draw_seed(self.seed, f"magpie/{number}")
        ends = {"stop": list(stop)} if stop else {}
        parameters = {"temperature": 1.0, "top_p": 1.0, "max_tokens": LONGEST_TOKENS, "seed": drawn, **ends}
        return Request(text=text, parameters=parameters, sample=number, purpose="magpie")

    def read(self, answer: Answer) -> Proposed:
        """The whole text is the instruction."""
        if answer.failure:
            return Proposed(malformed=[("", failed(answer))])
        if answer.cut:
            return Proposed(malformed=[(answer.text, ("cut_off", "the answer ended at the token limit", ""))])
        text = answer.text.strip()
        return Proposed(
            [Candidate(text, key=answer.key)] if text else [], [] if text else [("", ("empty_output", "", ""))]
        )

    async def finish(self, candidate: Candidate, ask: Ask) -> Finished:
        """Ask the instruction as a user would."""
        parameters = {"temperature": 0, "max_tokens": ANSWER_TOKENS, "seed": draw_seed(self.seed, "magpie-answer")}
        request = Request((("user", candidate.instruction),), parameters=parameters, purpose="magpie-answer")
        answer = await ask(request)
        if answer.failure:
            return Finished(reasons=[failed(answer)])
        return sifted([Row(candidate.instruction, "", answer.text.strip(), "magpie")], cut=answer.cut)
