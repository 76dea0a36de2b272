/** OpenChat 3.5 and Starling. */
import type { NamedTemplate } from './named-template.ts';

export const openchat: NamedTemplate = {
  name: 'openchat',
  fingerprints: [
    `{{ bos_token }}{% for message in messages %}{{ 'GPT4 Correct ' + message['role'].title() + ': ' + message['content'] + '<|end_of_turn|>'}}{% endfor %}{% if add_generation_prompt %}{{ 'GPT4 Correct Assistant:' }}{% endif %}`,
  ],
  template: `{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if eq .Role "assistant" }}GPT4 Correct Assistant: {{ .Content }}{{ if not $last }}<|end_of_turn|>{{ end }}
{{- else }}GPT4 Correct {{ if eq .Role "system" }}System{{ else }}User{{ end }}: {{ .Content }}<|end_of_turn|>
{{- if $last }}GPT4 Correct Assistant:{{ end }}
{{- end }}
{{- end }}`,
  stop: ['<|end_of_turn|>'],
};
