"""The template of models that bring none: ChatML, with tools and calls in the Hermes form.

Source: the ChatML of the Qwen2.5 and Hermes models.
"""

FALLBACK_TEMPLATE = """\
{%- if messages and messages[0].role == 'system' -%}
    {%- set system = messages[0].content -%}
    {%- set rest = messages[1:] -%}
{%- else -%}
    {%- set system = '' -%}
    {%- set rest = messages -%}
{%- endif -%}
{%- if system or tools -%}
    {{- '<|im_start|>system\\n' ~ system -}}
    {%- if tools -%}
        {{- '\\n\\n' if system else '' -}}
        {{- '# Tools\\n\\nYou may call one or more functions. Their signatures:\\n<tools>' -}}
        {%- for tool in tools -%}{{- '\\n' ~ tool | tojson -}}{%- endfor -%}
        {{- '\\n</tools>\\n\\nFor each call, write a JSON object between these tags:\\n<tool_call>\\n' -}}
        {{- '{"name": <function-name>, "arguments": <arguments-object>}\\n</tool_call>' -}}
    {%- endif -%}
    {{- '<|im_end|>\\n' -}}
{%- endif -%}
{%- for message in rest -%}
    {%- if message.role == 'tool' -%}
        {{- '<|im_start|>user\\n' if loop.previtem is undefined or loop.previtem.role != 'tool' else '' -}}
        {{- '<tool_response>\\n' ~ message.content ~ '\\n</tool_response>' -}}
        {{- '\\n' if loop.nextitem is defined and loop.nextitem.role == 'tool' else '<|im_end|>\\n' -}}
    {%- else -%}
        {{- '<|im_start|>' ~ message.role ~ '\\n' ~ message.content -}}
        {%- for call in message.tool_calls or [] -%}
            {{- '\\n' if message.content or not loop.first else '' -}}
            {{- '<tool_call>\\n{"name": ' ~ call.function.name | tojson ~ ', "arguments": ' -}}
            {{- call.function.arguments | string ~ '}\\n</tool_call>' -}}
        {%- endfor -%}
        {{- '<|im_end|>\\n' -}}
    {%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}
"""
