/** Upstage's SOLAR Instruct. */
import type { NamedTemplate } from './named-template.ts';

export const solarInstruct: NamedTemplate = {
  name: 'solar-instruct',
  fingerprints: [
    String.raw`{% for message in messages %}{% if message['role'] == 'system' %}{% if message['content']%}{{'### System:\n' + message['content']+'\n\n'}}{% endif %}{% elif message['role'] == 'user' %}{{'### User:\n' + message['content']+'\n\n'}}{% elif message['role'] == 'assistant' %}{{'### Assistant:\n'  + message['content']}}{% endif %}{% if loop.last and add_generation_prompt %}{{ '### Assistant:\n' }}{% endif %}{% endfor %}`,
  ],
  template: `{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if eq .Role "assistant" }}### Assistant:
{{ .Content }}
{{- else }}### {{ if eq .Role "system" }}System{{ else }}User{{ end }}:
{{ .Content }}

{{ if $last }}### Assistant:
{{ end }}
{{- end }}
{{- end }}`,
  stop: ['### System:', '### User:', '### Assistant:'],
};
