/** Places of parse errors; their texts are compared with Go's in reference.test.ts. */
import { describe, expect, test } from 'vitest';
import { isCriaError } from '../../errors.ts';
import { parseGoTemplate } from './template.ts';

function placeOf(source: string): unknown {
  try {
    parseGoTemplate(source);
  } catch (error) {
    if (isCriaError(error, 'template_error')) return error.data;
    throw error;
  }
  throw new Error('it parsed');
}

test.each([
  ['{{foo}}', 1, 3],
  ['{{ .x | foo }}', 1, 9],
  ['a\nb {{ } }}', 2, 6],
  ['a\n\n  {{if .x}}\n{{end', 4, 6],
  ['{{if .x}}', 1, 10],
  ['é😀{{ bar }}', 1, 7],
  ['{{/* never closed', 1, 3],
  ['\n{{ "a\nb" }}', 2, 4],
  ['', 0, 0],
])('%j fails at line %i, column %i', (source, line, column) => {
  if (line === 0) expect(parseGoTemplate(source).root.nodes).toEqual([]);
  else expect(placeOf(source)).toEqual({ line, column });
});

describe('variables', () => {
  test.each([
    ['{{ .System }}{{ .Prompt }}', ['prompt', 'system']],
    ['{{ range $i, $m := .Messages }}{{ $m.Role }}{{ end }}', ['$m', 'messages', 'role']],
    ['{{ if eq .A.B "x" }}{{ else }}{{ with $.C }}{{ end }}{{ end }}', ['$', 'a', 'b', 'c']],
    ['{{ define "t" }}{{ .Inner }}{{ end }}{{ template "t" .Outer }}', ['inner', 'outer']],
    ['{{ (index .Messages 0).Content }}', ['content', 'messages']],
    ['text {{/* .Comment */}} {{ "string.x" }}', []],
  ])('of %s', (source, expected) => {
    expect([...parseGoTemplate(source).variables()].sort()).toEqual(expected);
  });

  test('are found whatever their case', () => {
    const template = parseGoTemplate('{{ .Messages }}');
    expect(template.mentions('MESSAGES')).toBe(true);
    expect(template.mentions('response', 'messages')).toBe(true);
    expect(template.mentions('response')).toBe(false);
  });
});
