/** Structured logging to standard error: one line an event, `key=value` fields, quoted where needed. */

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

const rank: Record<LogLevel, number> = { trace: 0, debug: 1, info: 2, warn: 3, error: 4, silent: 5 };

export type LogFields = Readonly<Record<string, unknown>>;

/** A logger; `child` returns one that adds `fields` to every line. */
export interface Logger {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

/** Creates a logger that writes lines of `level` and above through `write` (default: standard error). */
export function createLogger(
  level: LogLevel,
  write: (line: string) => void = (line) => process.stderr.write(line),
  fields: LogFields = {},
): Logger {
  const emit = (lineLevel: LogLevel, message: string, extra?: LogFields): void => {
    if (rank[lineLevel] < rank[level]) return;
    let line = `time=${new Date().toISOString()} level=${lineLevel.toUpperCase()} msg=${quote(message)}`;
    for (const [key, value] of Object.entries({ ...fields, ...extra })) {
      if (value !== undefined) line += ` ${key}=${quote(format(value))}`;
    }
    write(`${line}\n`);
  };
  return {
    trace: (message, extra) => emit('trace', message, extra),
    debug: (message, extra) => emit('debug', message, extra),
    info: (message, extra) => emit('info', message, extra),
    warn: (message, extra) => emit('warn', message, extra),
    error: (message, extra) => emit('error', message, extra),
    child: (more) => createLogger(level, write, { ...fields, ...more }),
  };
}

/** A logger that drops everything; for tests and for rooms that were given none. */
export const silentLogger: Logger = createLogger('silent', () => {});

function format(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}

/** Control characters are escaped, so that a hostile name cannot forge a log line. */
function quote(text: string): string {
  return /^[\w.:/@+-]+$/.test(text) ? text : JSON.stringify(text);
}
