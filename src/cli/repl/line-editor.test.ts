/** The line editor on a terminal made of two pipes. */
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createStyle } from '../terminal/style.ts';
import { Recorder } from '../testdata/harness.ts';
import { type Prompt, TerminalEditor, type TerminalEditorOptions } from './line-editor.ts';

const prompt: Prompt = { text: '>>> ', placeholder: '', continuation: '... ' };
const enter = '\r';
const ctrlC = '\x03';
const ctrlD = '\x04';
const up = '\x1b[A';
const pasteStart = '\x1b[200~';
const pasteEnd = '\x1b[201~';

class Bench {
  readonly input = new PassThrough();
  readonly output = new Recorder(true);
  readonly histories: (readonly string[])[] = [];
  readonly editor: TerminalEditor;

  constructor(options: Partial<TerminalEditorOptions> = {}) {
    this.editor = new TerminalEditor({
      input: this.input,
      output: this.output,
      style: createStyle(false),
      history: [],
      isHistoryEnabled: true,
      onHistory: (lines) => this.histories.push(lines),
      editElsewhere: (text) => text,
      complete: (line) => [[], line],
      isDumb: false,
      ...options,
    });
  }

  /** Reads one input while the keys are pressed. */
  async press(keys: string, what: Prompt = prompt): ReturnType<TerminalEditor['read']> {
    const reading = this.editor.read(what);
    this.input.write(keys);
    return reading;
  }
}

let bench: Bench;

afterEach(() => bench.editor.close());

describe('TerminalEditor', () => {
  it('reads lines', async () => {
    bench = new Bench();
    expect(await bench.press(`helo\x1b[Dl${enter}`)).toEqual({
      type: 'line',
      text: 'hello',
      isPasted: false,
    });
    expect(bench.output.text.startsWith('\x1b[?2004h')).toBe(true);
    expect(bench.output.text).toContain('>>> ');
    bench.editor.close();
    expect(bench.output.text.endsWith('\x1b[?2004l')).toBe(true);
  });

  it('gives the lines of one burst one after the other', async () => {
    bench = new Bench();
    expect(await bench.press(`a${enter}b${enter}c`)).toMatchObject({ text: 'a' });
    expect(await bench.editor.read(prompt)).toMatchObject({ text: 'b' });
    expect(await bench.press(`d${enter}`)).toMatchObject({ text: 'cd' });
  });

  it('tells pasted lines from typed ones', async () => {
    bench = new Bench();
    const first = await bench.press(`${pasteStart}a\rb\r\nc${pasteEnd}`);
    expect(first).toEqual({ type: 'line', text: 'a', isPasted: true });
    expect(await bench.editor.read(prompt)).toEqual({ type: 'line', text: 'b', isPasted: true });
    expect(bench.output.text).toMatch(/>>> .*a\r\n.*\.\.\. .*b\r\n.*\.\.\. .*c/s);
    expect(await bench.press(enter)).toEqual({ type: 'line', text: 'c', isPasted: false });
  });

  it('takes a long paste at once', async () => {
    bench = new Bench();
    const text = 'word '.repeat(20_000);
    const reading = bench.press(`${pasteStart}${text}${pasteEnd}`);
    await setImmediate();
    // Written once, not again for every line of the terminal that it fills.
    expect(bench.output.text.length).toBeLessThan(text.length + 1000);
    bench.input.write(enter);
    expect(await reading).toMatchObject({ text });
  });

  it('takes no keys from a paste', async () => {
    bench = new Bench();
    const paste = `a${ctrlC}b${ctrlD}${up}\x07\tc`;
    expect(await bench.press(`${pasteStart}${paste}${pasteEnd}${enter}`)).toMatchObject({ text: 'ab\tc' });
  });

  it('remembers the line that ends a paste, not all of it', async () => {
    bench = new Bench();
    await bench.press(`${pasteStart}a\rb\rc${pasteEnd}${enter}`);
    expect(bench.histories).toEqual([['c']]);
  });

  it('gives up a line on Ctrl-C and remembers nothing of it', async () => {
    bench = new Bench({ history: ['old'] });
    expect(await bench.press(`draft${ctrlC}`)).toEqual({ type: 'interrupt', hadText: true });
    expect(await bench.press(ctrlC)).toEqual({ type: 'interrupt', hadText: false });
    expect(await bench.press(`${up}${enter}`)).toMatchObject({ text: 'old' });
    expect(bench.histories.flat()).not.toContain('draft');
  });

  it('ends on Ctrl-D on an empty line only', async () => {
    bench = new Bench();
    expect(await bench.press(`a${ctrlD}${enter}`)).toMatchObject({ text: 'a' });
    expect(await bench.press(ctrlD)).toEqual({ type: 'end' });
    expect(await bench.editor.read(prompt)).toEqual({ type: 'end' });
  });

  it('ends with its input', async () => {
    bench = new Bench();
    const reading = bench.editor.read(prompt);
    bench.input.end();
    expect(await reading).toEqual({ type: 'end' });
  });

  it('takes no more keys after its end', async () => {
    bench = new Bench();
    await bench.press(ctrlD);
    bench.input.write(`${pasteStart}late${pasteEnd}${ctrlC}`);
    await setImmediate();
    expect(await bench.editor.read(prompt)).toEqual({ type: 'end' });
  });

  it('keeps a history', async () => {
    bench = new Bench({ history: ['older', 'old'] });
    await bench.press(`new${enter}`);
    expect(bench.histories.at(-1)).toEqual(['older', 'old', 'new']);
    expect(await bench.press(`${up}${up}${up}${enter}`)).toMatchObject({ text: 'older' });
    bench.editor.setHistory(false);
    bench.histories.length = 0;
    await bench.press(`secret${enter}`);
    expect(bench.histories).toEqual([]);
    bench.editor.setHistory(true);
    await bench.press(`open${enter}`);
    expect(bench.histories.at(-1)).not.toContain('secret');
  });

  it('keeps what is typed during an answer, unseen', async () => {
    bench = new Bench();
    await bench.press(`a${enter}`);
    bench.output.text = '';
    await bench.editor.busy(async () => {
      bench.input.write(`b${enter}c`);
      await setImmediate();
      expect(bench.output.text).toBe('');
    });
    expect(await bench.editor.read(prompt)).toEqual({ type: 'line', text: 'b', isPasted: false });
    expect(bench.output.text).toBe('>>> b\n');
    const reading = bench.editor.read(prompt);
    expect(bench.output.text).toContain('>>> c');
    bench.input.write(enter);
    expect(await reading).toMatchObject({ text: 'c' });
  });

  it('fires the signal on Ctrl-C during an answer, and on the end of the input', async () => {
    bench = new Bench();
    for (const end of [() => bench.input.write(ctrlC), () => bench.input.end()]) {
      const wasAborted = await bench.editor.busy(async (signal) => {
        end();
        await setImmediate();
        await setImmediate();
        return signal.aborted;
      });
      expect(wasAborted).toBe(true);
    }
    expect(await bench.editor.read(prompt)).toEqual({ type: 'end' });
  });

  it('shows a placeholder while the line is empty', async () => {
    bench = new Bench({ style: createStyle(true) });
    const withPlaceholder = { ...prompt, placeholder: 'Send' };
    const shown = '\x1b[2mSend\x1b[22m\x1b[4D';
    const reading = bench.editor.read(withPlaceholder);
    expect(bench.output.text.endsWith(shown)).toBe(true);
    bench.output.text = '';
    bench.input.write('a');
    await setImmediate();
    expect(bench.output.text).toBe('\x1b[Ka');
    bench.input.write('\x7f');
    await setImmediate();
    expect(bench.output.text.endsWith(shown)).toBe(true);
    bench.input.write(`b${enter}`);
    expect(await reading).toMatchObject({ text: 'b' });
  });

  it('shows the placeholder again when the terminal changes its size', async () => {
    bench = new Bench({ style: createStyle(true) });
    const reading = bench.editor.read({ ...prompt, placeholder: 'Send' });
    bench.output.text = '';
    bench.output.emit('resize');
    expect(bench.output.text.endsWith('\x1b[2mSend\x1b[22m\x1b[4D')).toBe(true);
    bench.input.write(enter);
    await reading;
  });

  it('marks no pastes on a terminal that knows no escape sequences', async () => {
    bench = new Bench({ isDumb: true });
    await bench.press(`a${enter}`);
    bench.editor.close();
    expect(bench.output.text).not.toContain('2004');
  });

  it('completes a word with Tab, and takes the tabs of a paste as they are', async () => {
    bench = new Bench({ complete: (line) => [['hello'], line] });
    expect(await bench.press(`he\t${pasteStart}\t${pasteEnd}!${enter}`)).toMatchObject({ text: 'hello\t!' });
  });

  it('takes a text from an editor: all lines but the last are done', async () => {
    const given: string[] = [];
    bench = new Bench({
      editElsewhere: (text) => {
        given.push(text);
        return 'one\ntwo\nthree';
      },
    });
    expect(await bench.press('draft\x07')).toEqual({ type: 'line', text: 'one', isPasted: true });
    expect(await bench.editor.read(prompt)).toEqual({ type: 'line', text: 'two', isPasted: true });
    expect(await bench.press(enter)).toEqual({ type: 'line', text: 'three', isPasted: false });
    expect(given).toEqual(['draft']);
  });

  it('goes on with the line when the editor fails', async () => {
    bench = new Bench({
      editElsewhere: () => {
        throw new Error('no such editor');
      },
    });
    expect(await bench.press(`draft\x07${enter}`)).toMatchObject({ text: 'draft' });
    expect(bench.output.text).toContain('no such editor\n');
  });
});
