"""What a model would write, made from a hash of what it is asked: the same request gets the same answer."""

import json
import re
from typing import Any

import xxhash

from tests.generation.server import Reply, prompt_of

VERBS = ("Explain", "Compare", "List", "Describe", "Rewrite", "Suggest", "Translate", "Compose", "Classify", "Outline")
THINGS = (
    *("rivers", "poems", "recipes", "planets", "proverbs", "bridges", "chess openings", "old trades", "dialects"),
    *("festivals", "birds", "tools", "novels", "spices", "games", "laws", "storms", "islands", "dances", "metals"),
)
HAN = "山水云雨风花鸟鱼书画琴棋诗酒茶春夏秋冬日月星辰江河湖海城乡村路桥船车马牛羊米麦豆果树草石金木火土南北东西"
BAD = (
    "Draw a picture of a happy cat on the roof.",
    "Short one",
    "Write a program that sorts numbers.",
    "!Begin badly with a mark.",
)


def draw(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode())


def instruction(number: int, language: str = "en") -> str:
    """One of many instructions that have little in common."""
    letters = [number >> shift & 63 for shift in range(0, 60, 4)]
    if language == "zh":
        start = ("判断", "说明", "比较", "改写")[number % 4]
        return start + "".join(HAN[letter % len(HAN)] for letter in letters) + "。"
    words = [
        "".join("bcdfglmn"[letter & 7] + "aeiou"[letter % 5] for letter in letters[place::4]) for place in range(4)
    ]
    return f"{VERBS[number % 10]} {THINGS[number // 10 % 20]} for {words[0]} {words[1]} with {words[2]} and {words[3]}"


def imitate(asked: dict[str, Any], number: int) -> Reply:
    """Answer as the model of any of our prompts would."""
    prompt = prompt_of(asked)
    drawn = draw(json.dumps(asked, sort_keys=True))
    if "messages" not in asked:
        return Reply(instruction(drawn))
    chinese = bool(re.search(r"[一-鿿]{8}", prompt))
    language = "zh" if chinese else "en"
    if found := re.search(r"write tasks (\d+) to (\d+)|第 (\d+) 到第 (\d+) 项", prompt):
        first, last = (int(one) for one in found.groups() if one)
        listed = [instruction(draw(f"{drawn}/{place}"), language) for place in range(first, last + 1)]
        listed[drawn % 8] = BAD[drawn % 4]
        return Reply("\n".join(f"{place}. {text}" for place, text in enumerate(listed, first)))
    if prompt.rstrip().endswith(("Classification:", "是否分类：")):
        task = re.findall(r"(?:Task: |任务：)(.*)", prompt)[-1]
        return Reply(
            ("是" if chinese else "Yes") if task.startswith(("Classify", "判断")) else ("否" if chinese else "No")
        )
    if ("Class label" in prompt and "Cover all labels" in prompt) or "每个标签都要有" in prompt:
        label, given = ("类别标签：", "材料：") if chinese else ("Class label: ", "Text: ")
        return Reply(
            "\n".join(f"{label}{name}{drawn % 97}\n{given}sample {name} {drawn % 89}" for name in ("first", "second"))
        )
    if "Make examples for the last task" in prompt or "为最后一个任务举例" in prompt:
        if drawn % 10 == 0:
            return Reply("I can't think of any.")
        given, output = ("输入：", "输出：") if chinese else ("Input: ", "Output: ")
        return Reply(f"{given}material {drawn % 991}\n{output}result {drawn % 983}")
    if "Go on with task" in prompt or "个任务接着写" in prompt:
        names = ("指令：", "输入：", "输出：") if chinese else ("Instruction: ", "Input:\n", "Output:\n")
        blocks = []
        for place in range(4, 12):
            own = draw(f"{drawn}/{place}")
            none = "<无输入>" if chinese else "<noinput>"
            parts = (instruction(own, language), none if own % 2 else f"input {own % 997}", f"output {own % 991}")
            blocks.append(
                "###\n" + "\n".join(f"{place}. {name}{part}" for name, part in zip(names, parts, strict=True))
            )
        return Reply("\n".join(blocks), finish_reason="length")
    if "fourth example" in prompt or "第四个例子" in prompt:
        found_example = {
            "instruction": instruction(drawn, language),
            "input": f"input {drawn % 997}",
            "constraints": "None.",
        }
        return Reply("Sure!\n" + json.dumps(found_example, ensure_ascii=False))
    if "{INPUT}" in prompt:
        return Reply(f"Please take {{INPUT}} and do it number {drawn % 1009}.")
    if "Equal or Not equal" in prompt or "相同或不同" in prompt:
        return Reply("Equal" if drawn % 5 == 0 else "Not equal")
    if '"score": N' in prompt:
        return Reply(json.dumps({"score": 3 + drawn % 3}))
    if "You grade answers" in prompt or "请你为助手的回答打分" in prompt:
        names = re.findall(r'"(\w+)": N', prompt)
        return Reply("Here: " + json.dumps({name: 1 + draw(f"{drawn}{name}") % 5 for name in names}))
    return Reply(f"An answer of number {drawn % 100003}.")
