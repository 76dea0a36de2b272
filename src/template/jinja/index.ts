/** Jinja chat templates, as `transformers` renders them with Python's jinja2. */
import { getAttribute, getItem } from './access.ts';
import { compileProgram, type Program } from './compiler/statement.ts';
import { TemplateFailure, toTemplateError } from './errors.ts';
import { filters } from './filters/index.ts';
import { globals } from './globals.ts';
import { normalizeSource, tokenize } from './lexer.ts';
import { parseTemplate } from './parser.ts';
import { defaultLimits, Frame, type Library, type RenderLimits, Runtime } from './runtime.ts';
import { tests } from './tests.ts';

export type { RenderLimits } from './runtime.ts';

/** Longest template that is compiled, in UTF-16 units; the longest known has 17,000. */
const maxSourceLength = 2 ** 20;

const library: Library = { filters, tests, globals, getAttribute, getItem };

export interface RenderOptions {
  /** The clock of `strftime_now`. Default: the system's, local time. */
  readonly now?: () => Date;
  /** What the rendering may spend; see `RenderLimits` for the defaults. */
  readonly limits?: Partial<RenderLimits>;
}

/** A compiled template; rendering does not change it. */
export class JinjaTemplate {
  readonly source: string;
  readonly #program: Program;

  /** Use `compileJinja`. */
  constructor(source: string, program: Program) {
    this.source = source;
    this.#program = program;
  }

  /**
   * The text for `context` (plain JavaScript values: messages, tools, add_generation_prompt, bos_token …).
   * Throws `template_error`: with the template's own message for `raise_exception`, otherwise with the place in the
   * template. Its data: `line` and `column` from 1, and `reason` ('raised', 'limit' or 'error').
   */
  render(context: Readonly<Record<string, unknown>>, options: RenderOptions = {}): string {
    const limits = { ...defaultLimits, ...options.limits };
    const rt = new Runtime(context, library, limits, options.now ?? (() => new Date()));
    const frame = new Frame(rt, this.#program.slotCount);
    try {
      this.#program.run(frame);
    } catch (error) {
      throw toTemplateError(error, this.source, rt.at);
    }
    return frame.out;
  }
}

/** Compiles a template; throws `template_error` with line and column where it is not one. */
export function compileJinja(source: string): JinjaTemplate {
  const normalized = normalizeSource(source.slice(0, maxSourceLength + 1));
  try {
    if (source.length > maxSourceLength) throw new TemplateFailure('the template is too long');
    return new JinjaTemplate(normalized, compileProgram(parseTemplate(tokenize(normalized)), library));
  } catch (error) {
    throw toTemplateError(error, normalized, 0);
  }
}
