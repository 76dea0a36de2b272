/** StarCoder2 Instruct. */
import type { NamedTemplate } from './named-template.ts';

export const starcoder2Instruct: NamedTemplate = {
  name: 'starcoder2-instruct',
  fingerprints: [
    String.raw`{{bos_token}}{{'You are an exceptionally intelligent coding assistant that consistently delivers accurate and reliable responses to user instructions.\n\n'}}
{%- for message in messages %}
    {%- if message['role'] == 'system' %}
        {{ raise_exception('System messages are not allowed in this template.') }}
    {%- else %}
        {%- if message['role'] == 'user' %}
{{'### Instruction\n' + message['content'] + '\n\n'}}
        {%- else %}
{{'### Response\n' + message['content'] + eos_token + '\n\n'}}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{{'### Response\n'}}`,
  ],
  template: `{{- if .System }}{{ .System }}
{{- else }}You are an exceptionally intelligent coding assistant that consistently delivers accurate and reliable responses to user instructions.
{{- end }}

{{ range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if eq .Role "user" }}### Instruction
{{ .Content }}

{{ if $last }}### Response
{{ end }}
{{- else if eq .Role "assistant" }}### Response
{{ .Content }}{{ if not $last }}<|endoftext|>

{{ end }}
{{- end }}
{{- end }}`,
  stop: ['### Instruction', '### Response', '<|endoftext|>'],
};
