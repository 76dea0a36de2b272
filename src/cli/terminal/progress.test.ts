import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from './progress.ts';
import { barLine, RateMeter, spinnerLine } from './progress-line.ts';

describe('barLine', () => {
  const state = { label: 'copying a', completedBytes: 1.2e9, totalBytes: 3.6e9, bytesPerSecond: 45e6 };
  it.each<[string, Parameters<typeof barLine>[0], number, string]>([
    ['under way', state, 72, 'copying a  33% ▕███████             ▏ 1.2 GB/3.6 GB     45 MB/s     53s'],
    ['narrow', state, 56, 'copying a  33% 1.2 GB/3.6 GB     45 MB/s     53s'],
    ['very narrow', state, 20, 'copying a  33% 1.2 '],
    [
      'without a rate',
      { ...state, bytesPerSecond: undefined },
      72,
      'copying a  33% ▕███████             ▏ 1.2 GB/3.6 GB',
    ],
    [
      'slow',
      { ...state, bytesPerSecond: 1e5 },
      72,
      'copying a  33% ▕███████             ▏ 1.2 GB/3.6 GB    100 KB/s   6h40m',
    ],
    [
      'done',
      { ...state, completedBytes: 4e9, bytesPerSecond: undefined },
      72,
      'copying a 100% ▕████████████████████▏ 3.6 GB',
    ],
    [
      'nothing to do',
      { label: 'a', completedBytes: 0, totalBytes: 0, bytesPerSecond: undefined },
      64,
      'a 100% ▕████████████████████▏ 0 B',
    ],
  ])('%s', (_name, bar, columns, text) => {
    expect(barLine(bar, columns)).toBe(text);
  });
});

it('spinnerLine turns while it runs and fits the line', () => {
  expect(spinnerLine('loading', 0, 80)).toBe('loading ⠋');
  expect(spinnerLine('loading', 250, 80)).toBe('loading ⠹');
  expect(spinnerLine('', 0, 80)).toBe('⠋');
  expect(spinnerLine('loading', undefined, 80)).toBe('loading');
  expect(spinnerLine('a long message', 0, 7)).toBe('a long');
});

it('RateMeter looks back ten seconds', () => {
  const meter = new RateMeter();
  expect(meter.rate()).toBeUndefined();
  meter.add(0, 0);
  expect(meter.rate()).toBeUndefined();
  meter.add(9_999, 100); // too soon to tell
  expect(meter.rate()).toBeUndefined();
  meter.add(1000, 1000);
  expect(meter.rate()).toBe(1000);
  meter.add(21_000, 11_000);
  expect(meter.rate()).toBe(2000);
});

const esc = '\x1b';

describe('Progress', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function output(isTTY: boolean): {
    text: string;
    isTTY: boolean;
    columns: number;
    write(text: string): void;
  } {
    return {
      text: '',
      isTTY,
      columns: 60,
      write(text) {
        this.text += text;
      },
    };
  }

  it('redraws its lines in place', () => {
    const terminal = output(true);
    const progress = new Progress(terminal);
    const spinner = progress.spinner('first');
    vi.advanceTimersByTime(100);
    spinner.stop();
    progress.spinner('second');
    progress.stop();
    expect(terminal.text).toBe(
      [
        '\x1b[?25lfirst ⠋\x1b[K\n',
        '\x1b[1Ffirst ⠙\x1b[K\n',
        '\x1b[1Ffirst\x1b[K\n',
        '\x1b[1Ffirst\x1b[K\nsecond ⠋\x1b[K\n',
        '\x1b[2Ffirst\x1b[K\nsecond ⠋\x1b[K\n',
        '\x1b[?25h',
      ].join(''),
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lets no name of a file move the cursor', () => {
    const terminal = output(true);
    const esc = '\x1b';
    const progress = new Progress(terminal);
    const spinner = progress.spinner('a\x1b[2J\nb');
    spinner.setMessage('c\r\nd\x1b]0;x\x07');
    spinner.stop();
    progress.bar('e\x1b[9A\tf', 1).setCompleted(1);
    progress.stop();
    const own = new RegExp(`${esc}\\[(?:\\?25[lh]|K|\\d+F)|▕.*▏ `, 'g');
    const drawn = terminal.text.replaceAll(own, '');
    expect(drawn).toBe(['a b ⠋', 'c d', 'c d', 'e f   0% 0 B/1 B', 'c d', 'e f 100% 1 B', ''].join('\n'));
  });

  it('tells the rate of what comes, not of what was there before', () => {
    const terminal = { ...output(true), columns: 100 };
    const progress = new Progress(terminal);
    const bar = progress.bar('a', 2e9);
    bar.setCompleted(0);
    for (let second = 0; second <= 2; second++) {
      bar.setCompleted(1e9 + second * 5e6);
      vi.advanceTimersByTime(1000);
    }
    progress.stop();
    expect(terminal.text).toContain('5 MB/s');
    expect(terminal.text).not.toContain('GB/s');
    expect(terminal.text).not.toMatch(/\d\d MB\/s/);
  });

  /** What a terminal of so many rows shows after a text, with what has been scrolled away above it. */
  function shownLines(text: string, rows: number): string[] {
    const lines: string[] = [''];
    let row = 0;
    let column = 0;
    const sequenceOrCharacter = new RegExp(`${esc}\\[\\??(\\d*)[A-Za-z]|[^]`, 'g');
    for (const [piece, count] of text.matchAll(sequenceOrCharacter)) {
      const line = lines[row] ?? '';
      if (piece === '\n') {
        row += 1;
        column = 0;
        lines[row] ??= '';
      } else if (piece.endsWith('F') && piece.length > 1) {
        row = Math.max(row - Number(count), lines.length - rows, 0);
        column = 0;
      } else if (piece === `${esc}[K`) lines[row] = line.slice(0, column);
      else if (piece.length === 1) {
        lines[row] = line.slice(0, column) + piece + line.slice(column + 1);
        column += 1;
      }
    }
    return lines;
  }

  it.each([2, 5, 24])('draws each of many bars once on a screen of %i rows', (rows) => {
    const terminal = { ...output(true), rows };
    const progress = new Progress(terminal);
    for (let i = 0; i < 30; i++) {
      const bar = progress.bar(`part ${i}`, 1000);
      vi.advanceTimersByTime(200);
      bar.setCompleted(1000);
    }
    progress.stop();
    const shown = shownLines(terminal.text, rows).slice(0, -1);
    expect(shown.map((line) => /^part \d+/.exec(line)?.[0])).toEqual(
      Array.from({ length: 30 }, (_, i) => `part ${i}`),
    );
    for (const line of shown) expect(line).toContain('100%');
  });

  it('draws where the terminal does not know its size', () => {
    const terminal = { ...output(true), columns: 0, rows: 0 };
    const progress = new Progress(terminal);
    progress.spinner('first');
    progress.stop();
    expect(terminal.text).toContain('first');
  });

  it('takes its lines away', () => {
    const terminal = output(true);
    const progress = new Progress(terminal);
    progress.spinner('wait');
    terminal.text = '';
    progress.clear();
    expect(terminal.text).toBe('\x1b[1F\x1b[J\x1b[?25h');
    progress.clear();
    progress.stop();
    expect(terminal.text).toBe('\x1b[1F\x1b[J\x1b[?25h');
  });

  it('writes plain lines where there is no terminal', () => {
    const file = output(false);
    const progress = new Progress(file);
    const spinner = progress.spinner('gathering');
    spinner.setMessage('gathering');
    spinner.setMessage('still gathering');
    spinner.stop();
    const bar = progress.bar('copying', 2000);
    bar.setCompleted(1000);
    bar.setCompleted(2000);
    bar.setCompleted(2000);
    progress.stop();
    expect(file.text).toBe('gathering\nstill gathering\ncopying 100% (2 KB)\n');
    expect(vi.getTimerCount()).toBe(0);
  });
});
