/** The text of one line of progress: a spinner or a bar. Pure; `progress.ts` puts it on the screen. */
import { humanBytes } from '../format/bytes.ts';
import { clipText, textWidth } from './width.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 100;
const minBarColumns = 10;

/** `elapsedMs` since it started; undefined once it has stopped. */
export function spinnerLine(message: string, elapsedMs: number | undefined, columns: number): string {
  if (elapsedMs === undefined) return clipText(message, columns - 1);
  const frame = frames[Math.floor(elapsedMs / frameMs) % frames.length] ?? '';
  return clipText(message === '' ? frame : `${message} ${frame}`, columns - 1);
}

export interface BarState {
  readonly label: string;
  readonly completedBytes: number;
  readonly totalBytes: number;
  /** undefined while it is not known yet, and when all is done. */
  readonly bytesPerSecond: number | undefined;
}

/** `pulling abc:  37% ▕███      ▏ 1.2 GB/3.4 GB   45 MB/s    48s`, without the bar where there is no room for it. */
export function barLine(state: BarState, columns: number): string {
  const { label, totalBytes, bytesPerSecond } = state;
  const completedBytes = Math.min(state.completedBytes, totalBytes);
  const fraction = totalBytes > 0 ? completedBytes / totalBytes : 1;
  const left = `${label} ${String(Math.floor(fraction * 100)).padStart(3)}%`;
  const sizes =
    completedBytes >= totalBytes
      ? humanBytes(totalBytes)
      : `${humanBytes(completedBytes)}/${humanBytes(totalBytes)}`;
  const rate = bytesPerSecond === undefined ? '' : `${humanBytes(bytesPerSecond)}/s`;
  const remaining =
    bytesPerSecond === undefined || bytesPerSecond <= 0
      ? ''
      : shortDuration((totalBytes - completedBytes) / bytesPerSecond);
  const right = `${sizes.padEnd(15)} ${rate.padStart(9)} ${remaining.padStart(7)}`.trimEnd();
  const barColumns = columns - 1 - textWidth(left) - 3 - 34;
  if (barColumns < minBarColumns) return clipText(`${left} ${right}`, columns - 1);
  const filled = Math.round(fraction * barColumns);
  return `${left} ▕${'█'.repeat(filled)}${' '.repeat(barColumns - filled)}▏ ${right}`;
}

/** `48s`, `1m04s`, `2h03m`, `99h+`. */
function shortDuration(seconds: number): string {
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.trunc(s / 60)}m${String(s % 60).padStart(2, '0')}s`;
  if (s < 360_000) return `${Math.trunc(s / 3600)}h${String(Math.trunc(s / 60) % 60).padStart(2, '0')}m`;
  return '99h+';
}

/** Rate over the last ten seconds or so. */
export class RateMeter {
  static readonly #windowMs = 10_000;
  static readonly #spacingMs = 500;
  readonly #samples: { timeMs: number; value: number }[] = [];

  add(value: number, timeMs: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined && timeMs - last.timeMs < RateMeter.#spacingMs) return;
    this.#samples.push({ timeMs, value });
    while ((this.#samples[0]?.timeMs ?? timeMs) < timeMs - RateMeter.#windowMs) this.#samples.shift();
  }

  /** Per second; undefined until there is something to compare. */
  rate(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || first === last) return undefined;
    return ((last.value - first.value) / (last.timeMs - first.timeMs)) * 1000;
  }
}
