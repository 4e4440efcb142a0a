"""Writes chat_template_cases.json: what transformers renders, for test_chat_template.py to hold against ours.

pip install transformers && python tests/records/exporting/make_chat_template_cases.py
"""

import json
from pathlib import Path

HERE = Path(__file__).parent
BUILT_IN = sorted((HERE.parents[2] / "instructkit/records/exporting/chat_templates").glob("*.jinja"))

TURNS = {
    "one turn": [{"role": "user", "content": " Hi \n"}, {"role": "assistant", "content": "Hello <b>&</b> “you”\n"}],
    "two turns and a system prompt": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "你好"},
        {"role": "assistant", "content": "你好！"},
        {"role": "user", "content": "a\n\nb"},
        {"role": "assistant", "content": "{{ c }}"},
    ],
    "a tool": [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "w", "arguments": {"é": "<1>"}}}]},
        {"role": "tool", "content": "rain"},
        {"role": "assistant", "content": "Rain."},
    ],
}
TOOLS = [{"type": "function", "function": {"name": "w", "parameters": {"type": "object", "properties": {}}}}]
TRICKY = {
    "white space around blocks": "{% for m in messages %}\n    {% if loop.first %}\n\tfirst\n    {% endif %}\n"
    "  {{ m['content'] }}  \n{% endfor %}\n{# a note #}\nend\n\n",
    "json": "{% if tools %}{{ tools | tojson(indent=2) }}{% endif %}{% for m in messages %}"
    "{{ m | tojson }}{{ m | tojson(sort_keys=true, separators=(',', ':')) }}\n{% endfor %}",
    "namespaces and methods": "{% set ns = namespace(seen=0, last='') %}{% for m in messages %}"
    "{% set ns.seen = ns.seen + m.content | length %}{% set ns.last = m['role'].upper() %}{% endfor %}"
    "{{ ns.seen }} {{ ns.last }} {{ messages[0].content.strip().split('\\n')[0] }} {{ messages[::-1][0].role }}",
    "break, continue and generation": "{% for m in messages %}{% if m.role == 'system' %}{% continue %}{% endif %}"
    "{% if loop.index > 4 %}{% break %}{% endif %}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}"
    "{{ eos_token }}{% endgeneration %}{% else %}[{{ m.content }}]{% endif %}{% endfor %}",
    "macros and tests": "{% macro say(m) %}<{{ m.role }}>{{ m.content }}{% endmacro %}{% for m in messages %}"
    "{{ say(m) }}{% if m.tool_calls is defined and m.tool_calls is iterable %}{{ m.tool_calls[0].function.name }}"
    "{% for k, v in m.tool_calls[0].function.arguments.items() %}{{ k ~ '=' ~ v }}{% endfor %}{% endif %}{% endfor %}"
    "{{ bos_token }}{{ add_generation_prompt }}{{ documents is none }}{{ unknown }}",
    "refusal": "{{ raise_exception('no, thanks') }}",
    "changes what it is given": "{{ messages.append({'role': 'user', 'content': 'x'}) }}",
    "hidden names": "{% set ns = namespace(a=1) %}{% set ns.__class__ = 2 %}{{ ns.a }}",
}


def main() -> None:
    """Render each template with all turns; a failure is null."""
    import transformers
    from transformers.utils.chat_template_utils import render_jinja_template

    cases = []
    for name, source in [*((path.stem, path.read_text("utf-8")) for path in BUILT_IN), *TRICKY.items()]:
        for told, turns in TURNS.items():
            tools = TOOLS if told == "a tool" else None
            try:
                (text,), _ = render_jinja_template([turns], chat_template=source, tools=tools, bos_token="<B>",
                                                   eos_token="<E>")  # fmt: skip
            except Exception:
                text = None
            cases.append({"name": name, "source": source if name in TRICKY else None, "turns": turns, "tools": tools,
                          "text": text})  # fmt: skip
    told = {"made_by": f"transformers {transformers.__version__}", "cases": cases}
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (HERE / "chat_template_cases.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
