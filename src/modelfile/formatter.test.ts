import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCommand, formatModelfile } from './formatter.ts';
import { parseModelfile } from './parser.ts';
import { type ModelfileCommand, messageRoles, textCommands } from './types.ts';

describe('formatCommand', () => {
  it.each<[ModelfileCommand, string]>([
    [{ name: 'from', value: './a b.gguf' }, 'FROM ./a b.gguf'],
    [{ name: 'system', value: 'say "hi"' }, 'SYSTEM say "hi"'],
    [{ name: 'system', value: '' }, 'SYSTEM '],
    [{ name: 'system', value: 'a\nb' }, 'SYSTEM "a\nb"'],
    [{ name: 'system', value: ' a' }, 'SYSTEM " a"'],
    [{ name: 'system', value: 'a ' }, 'SYSTEM "a "'],
    [{ name: 'system', value: '"a"\nb' }, 'SYSTEM """"a"\nb"""'],
    [{ name: 'system', value: '"a"' }, 'SYSTEM """"a""""'],
    [{ name: 'parameter', key: 'stop', value: '<|im_end|>' }, 'PARAMETER stop <|im_end|>'],
    [{ name: 'parameter', key: 'stop', value: '\n' }, 'PARAMETER stop "\n"'],
    [{ name: 'message', role: 'user', content: 'Hi' }, 'MESSAGE user Hi'],
  ])('%j', (command, text) => {
    expect(formatCommand(command)).toBe(text);
  });
});

/** Texts in which quotes, line ends and spaces are as likely as letters. */
const roughText = fc.string({
  unit: fc.constantFrom('a', 'é', '🦙', '"', '"""', ' ', '\t', '\n', '\r', '#'),
});

/** True when the language can express the value: no line before the last ends in the closing quotes. */
function isExpressible(value: string): boolean {
  if (!value.includes('"') || !/[\r\n]/.test(value)) return true;
  for (const match of value.matchAll(/[\r\n]/g)) {
    const soFar = `"""${value.slice(0, match.index)}`.trimEnd();
    if (soFar.length >= 6 && soFar.endsWith('"""')) return false;
  }
  return true;
}

const value = roughText.filter(isExpressible);
const command: fc.Arbitrary<ModelfileCommand> = fc.oneof(
  fc.record({ name: fc.constantFrom(...textCommands), value }),
  fc.record({
    name: fc.constant('parameter' as const),
    key: fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/),
    value,
  }),
  fc.record({
    name: fc.constant('message' as const),
    role: fc.constantFrom(...messageRoles),
    content: value,
  }),
);

describe('formatModelfile', () => {
  it('writes what parses to the same commands', () => {
    fc.assert(
      fc.property(fc.array(command), (rest) => {
        const modelfile = [{ name: 'from' as const, value: 'm' }, ...rest];
        expect(parseModelfile(formatModelfile(modelfile))).toEqual(modelfile);
      }),
    );
  });

  it('keeps whatever was parsed', () => {
    const line = fc
      .tuple(
        fc.constantFrom('FROM ', 'system\t', 'LICENSE """', 'PARAMETER stop ', 'MESSAGE user "', '# ', ''),
        roughText,
      )
      .map(([start, rest]) => `${start}${rest}`);
    let parsedTexts = 0;
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const text = ['FROM m', ...lines].join('\n');
        let parsed: readonly ModelfileCommand[];
        try {
          parsed = parseModelfile(text);
        } catch {
          return;
        }
        parsedTexts++;
        expect(parseModelfile(formatModelfile(parsed))).toEqual(parsed);
      }),
      { numRuns: 500 },
    );
    expect(parsedTexts).toBeGreaterThan(50);
  });
});
