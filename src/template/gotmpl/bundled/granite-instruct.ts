/** IBM's Granite code models. */
import type { NamedTemplate } from './named-template.ts';

export const graniteInstruct: NamedTemplate = {
  name: 'granite-instruct',
  fingerprints: [
    String.raw`{% for message in messages %}
{% if message['role'] == 'user' %}
{{ 'Question:\n' + message['content'] + '\n\n' }}{% elif message['role'] == 'system' %}
{{ 'System:\n' + message['content'] + '\n\n' }}{% elif message['role'] == 'assistant' %}{{ 'Answer:\n'  + message['content'] + '\n\n' }}{% endif %}
{% if loop.last and add_generation_prompt %}
{{ 'Answer:\n' }}{% endif %}{% endfor %}`,
  ],
  template: `{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if eq .Role "assistant" }}Answer:
{{ .Content }}{{ if not $last }}

{{ end }}
{{- else }}
{{- if eq .Role "system" }}System:
{{ else }}Question:
{{ end }}
{{- .Content }}

{{ if $last }}Answer:
{{ end }}
{{- end }}
{{- end }}`,
  stop: ['System:', 'Question:', 'Answer:'],
};
