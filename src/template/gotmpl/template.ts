/** A parsed Go template: executes over data and tells which variables it mentions. */
import { CriaError } from '../../errors.ts';
import type { ListNode, StatementNode, TemplateSet } from './ast.ts';
import { cutAfterResponse } from './cut.ts';
import { type ExecuteOptions, executeTemplate } from './evaluator.ts';
import { templateFunctions } from './functions.ts';
import { maxSourceLength } from './limits.ts';
import { parseTemplates } from './parser.ts';
import type { GoValue } from './values.ts';
import { collectVariables } from './walk.ts';

const functionNames: ReadonlySet<string> = new Set(templateFunctions.keys());

/**
 * Parses a template. Throws `template_error` with the message of Go's parser (`template: :LINE: …`) and `data`
 * { line, column }, both 1-based.
 */
export function parseGoTemplate(source: string): GoTemplate {
  if (source.length > maxSourceLength) throw new CriaError('template_error', 'template: too long');
  return new GoTemplate(source, parseTemplates(source, functionNames));
}

export class GoTemplate {
  readonly source: string;
  /** Everything the source defines, itself under `''`. */
  readonly templates: TemplateSet;
  readonly #variables: ReadonlySet<string>;
  #turn: { readonly whole: ListNode; readonly cut: ListNode } | undefined;

  /** Only `parseGoTemplate` calls this. */
  constructor(source: string, templates: TemplateSet) {
    this.source = source;
    this.templates = templates;
    this.#variables = collectVariables(templates);
  }

  /** The source's own statements. */
  get root(): ListNode {
    return this.templates.get('') ?? { kind: 'list', position: 0, nodes: [] };
  }

  /** All field and variable names, lower-cased (`messages`, `role`, `$m` …), of every template in the source. */
  variables(): ReadonlySet<string> {
    return this.#variables;
  }

  /** Whether any of the names occurs, whatever its case. */
  mentions(...names: readonly string[]): boolean {
    return names.some((name) => this.#variables.has(name.toLowerCase()));
  }

  /** The text that the template makes of `data`. Throws `template_error`. */
  execute(data: GoValue, options?: ExecuteOptions): string {
    return this.#run(this.root, data, options);
  }

  /**
   * As `execute`, for one turn of a conversation: a template that mentions neither messages nor a response gets
   * `{{ .Response }}` appended.
   */
  executeTurn(data: GoValue, options?: ExecuteOptions): string {
    return this.#run(this.#turnLists().whole, data, options);
  }

  /** As `executeTurn`, but ends with the first `.Response`: where the model has to go on. */
  executeUpToResponse(data: GoValue, options?: ExecuteOptions): string {
    return this.#run(this.#turnLists().cut, data, options);
  }

  #run(list: ListNode, data: GoValue, options: ExecuteOptions | undefined): string {
    return executeTemplate(this.source, this.templates, list, data, options);
  }

  #turnLists(): { readonly whole: ListNode; readonly cut: ListNode } {
    if (this.#turn === undefined) {
      const { root } = this;
      const complete = this.mentions('messages', 'response');
      const whole = complete ? root : { ...root, nodes: [...root.nodes, responseAction(this.source.length)] };
      this.#turn = { whole, cut: cutAfterResponse(whole) };
    }
    return this.#turn;
  }
}

/** `{{ .Response }}` */
function responseAction(position: number): StatementNode {
  const field = { kind: 'field', position, path: ['Response'] } as const;
  const command = { kind: 'command', position, args: [field] } as const;
  const pipe = { kind: 'pipe', position, isAssign: false, declarations: [], commands: [command] } as const;
  return { kind: 'action', position, pipe };
}
