/** Code Llama 70B Instruct, whose turns are steps from a source to a destination. */
import type { NamedTemplate } from './named-template.ts';

export const codellama70bInstruct: NamedTemplate = {
  name: 'codellama-70b-instruct',
  fingerprints: [
    String.raw`{% if messages[0]['role'] == 'system' %}{% set user_index = 1 %}{% else %}{% set user_index = 0 %}{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != ((loop.index0 + user_index) % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if loop.index0 == 0 %}{{ '<s>' }}{% endif %}{% set content = 'Source: ' + message['role'] + '\n\n ' + message['content'].strip() %}{{ content + ' <step> ' }}{% endfor %}{{'Source: assistant\nDestination: user\n\n '}}`,
  ],
  template: `{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if and $last (eq .Role "assistant") }}Source: assistant
Destination: user

 {{ .Content }}
{{- else }}Source: {{ .Role }}

 {{ .Content }} <step>{{ " " }}
{{- if $last }}Source: assistant
Destination: user

{{ " " }}
{{- end }}
{{- end }}
{{- end }}`,
  stop: ['Source:', 'Destination:', '<step>'],
};
