/** Zephyr, TinyLlama Chat and their kin. */
import type { NamedTemplate } from './named-template.ts';

export const zephyr: NamedTemplate = {
  name: 'zephyr',
  fingerprints: [
    String.raw`{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>\n' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>\n' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>\n'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}`,
  ],
  template: `{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}<|{{ .Role }}|>
{{ .Content }}
{{- if not (and $last (eq .Role "assistant")) }}</s>
{{ if $last }}<|assistant|>
{{ end }}
{{- end }}
{{- end }}`,
  stop: ['<|system|>', '<|user|>', '<|assistant|>', '</s>'],
};
