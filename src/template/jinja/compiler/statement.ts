/** Statements as closures: each writes to its frame and tells whether a `break` or `continue` is under way. */
import type { Expr, FilterExpr, IfStatement, Signature, Statement, Target } from '../ast.ts';
import { TemplateFailure } from '../errors.ts';
import { Macro, type MacroDefinition } from '../macro.ts';
import { Namespace } from '../namespace.ts';
import type { Frame, Library } from '../runtime.ts';
import { toText } from '../text.ts';
import type { Value } from '../values.ts';
import { analyzeBody, analyzeExpression, analyzeTarget, readsName } from './analyze.ts';
import { ExpressionCompiler, type Place } from './expression.ts';
import { compileFor } from './for.ts';
import { FunctionScope, readSlot, Scope } from './scope.ts';
import { compileTarget, type Store } from './target.ts';

/** How a statement ended. */
export type Completion = 'normal' | 'break' | 'continue';
export type Exec = (frame: Frame) => Completion;

/** Where a statement stands. */
export interface StatementPlace extends Place {
  readonly isInLoop: boolean;
}

/** A compiled template: give it a frame of `slotCount` slots. */
export interface Program {
  readonly slotCount: number;
  run(frame: Frame): void;
}

export function compileProgram(statements: readonly Statement[], library: Library): Program {
  const fn = new FunctionScope();
  const scope = new Scope(fn);
  analyzeBody(scope, statements);
  const place: StatementPlace = { scope, isConditional: false, isInLoop: false };
  const body = new StatementCompiler(library).body(statements, place);
  const enter = scope.entry();
  return {
    slotCount: fn.slotCount,
    run: (frame) => {
      enter(frame);
      body(frame);
    },
  };
}

export class StatementCompiler {
  readonly expressions: ExpressionCompiler;

  constructor(library: Library) {
    this.expressions = new ExpressionCompiler(library);
  }

  body(statements: readonly Statement[], place: StatementPlace): Exec {
    const compiled = statements.map((statement) => this.#statement(statement, place));
    const [only] = compiled;
    if (only !== undefined && compiled.length === 1) return only;
    return (frame) => {
      for (const statement of compiled) {
        const completion = statement(frame);
        if (completion !== 'normal') return completion;
      }
      return 'normal';
    };
  }

  #statement(statement: Statement, place: StatementPlace): Exec {
    switch (statement.kind) {
      case 'output':
        return this.#output(statement.parts, statement.at, place);
      case 'set':
        return this.#set(statement.target, statement.value, place);
      case 'setBlock':
        return this.#setBlock(statement.target, statement.filter, statement.body, place);
      case 'if':
        return this.#if(statement, place);
      case 'for':
        return compileFor(this, statement, place);
      case 'macro': {
        const definition = this.#macro(
          statement.name,
          statement.signature,
          statement.body,
          statement.at,
          place,
        );
        const store = compileTarget({ kind: 'name', name: statement.name, at: statement.at }, place.scope);
        return (frame) => {
          store(frame, new Macro(definition, frame));
          return 'normal';
        };
      }
      case 'callBlock': {
        const definition = this.#macro(undefined, statement.signature, statement.body, statement.at, place);
        const call = this.expressions.callWithCaller(
          statement.call,
          place,
          (frame) => new Macro(definition, frame),
        );
        return (frame) => {
          frame.write(toText(frame.rt, call(frame)));
          return 'normal';
        };
      }
      case 'generation': {
        const signature: Signature = { parameters: [], defaults: [] };
        const definition = this.#macro(undefined, signature, statement.body, statement.at, place);
        return (frame) => {
          const text = new Macro(definition, frame).call(frame.rt, { positional: [], keyword: new Map() });
          frame.write(toText(frame.rt, text));
          return 'normal';
        };
      }
      case 'filterBlock':
        return this.#filterBlock(statement.filter, statement.body, place);
      case 'with':
        return this.#with(statement.bindings, statement.body, place);
      case 'break':
      case 'continue': {
        if (!place.isInLoop)
          throw new TemplateFailure(`'${statement.kind}' outside loop`, { offset: statement.at });
        const { kind } = statement;
        return () => kind;
      }
    }
  }

  #output(parts: readonly (string | Expr)[], at: number, place: StatementPlace): Exec {
    const writers = parts.map((part): ((frame: Frame) => void) => {
      if (typeof part === 'string') return (frame) => frame.write(part);
      const value = this.expressions.compile(part, place);
      return (frame) => frame.write(toText(frame.rt, value(frame)));
    });
    return (frame) => {
      frame.rt.at = at;
      frame.rt.step();
      for (const write of writers) write(frame);
      return 'normal';
    };
  }

  #set(target: Target, value: Expr, place: StatementPlace): Exec {
    const evaluate = this.expressions.compile(value, place);
    const store = compileTarget(target, place.scope);
    const { at } = target;
    const check = namespaceChecks(target, place.scope);
    return (frame) => {
      frame.rt.at = at;
      frame.rt.step();
      check(frame);
      store(frame, evaluate(frame));
      return 'normal';
    };
  }

  #setBlock(
    target: Target,
    filter: FilterExpr | undefined,
    statements: readonly Statement[],
    place: StatementPlace,
  ): Exec {
    const inner = this.#innerPlace(place);
    analyzeBody(inner.scope, statements);
    analyzeExpression(inner.scope, filter);
    return this.#captured(statements, inner, filter, compileTarget(target, place.scope));
  }

  #filterBlock(filter: FilterExpr, statements: readonly Statement[], place: StatementPlace): Exec {
    const inner = this.#innerPlace(place);
    analyzeBody(inner.scope, statements);
    analyzeExpression(inner.scope, filter);
    return this.#captured(statements, inner, filter, (frame, value) => frame.write(toText(frame.rt, value)));
  }

  #innerPlace(place: StatementPlace): StatementPlace {
    return { ...place, scope: new Scope(place.scope.fn, place.scope), isConditional: false };
  }

  /** Runs `statements` with their output caught, and hands it to `use`, filtered if there is a filter. */
  #captured(
    statements: readonly Statement[],
    place: StatementPlace,
    filter: FilterExpr | undefined,
    use: Store,
  ): Exec {
    const body = this.body(statements, place);
    const captured = (frame: Frame): Value => frame.captured;
    const result = filter === undefined ? captured : this.expressions.filterChain(filter, place, captured);
    const enter = place.scope.entry();
    return (frame) => {
      frame.rt.step();
      const saved = frame.out;
      frame.out = '';
      enter(frame);
      const completion = body(frame);
      frame.captured = frame.out;
      frame.out = saved;
      // A jump out of the block drops what it has written so far.
      if (completion === 'normal') use(frame, result(frame));
      return completion;
    };
  }

  #if(statement: IfStatement, place: StatementPlace): Exec {
    const inside: StatementPlace = { ...place, isConditional: true };
    const branches = [{ test: statement.test, body: statement.body }, ...statement.elifs].map(
      ({ test, body }) => ({
        test: this.expressions.condition(test, inside),
        body: this.body(body, inside),
      }),
    );
    const otherwise = this.body(statement.otherwise, inside);
    const { at } = statement;
    return (frame) => {
      frame.rt.at = at;
      frame.rt.step();
      for (const { test, body } of branches) if (test(frame)) return body(frame);
      return otherwise(frame);
    };
  }

  #with(
    bindings: readonly { target: Target; value: Expr }[],
    statements: readonly Statement[],
    place: StatementPlace,
  ): Exec {
    const inner = this.#innerPlace(place);
    for (const { target } of bindings) analyzeTarget(inner.scope, target, 'parameter');
    analyzeBody(inner.scope, statements);
    const assignments = bindings.map(({ target, value }) => ({
      value: this.expressions.compile(value, place),
      store: compileTarget(target, inner.scope),
    }));
    const body = this.body(statements, inner);
    const enter = inner.scope.entry();
    return (frame) => {
      enter(frame);
      for (const { value, store } of assignments) store(frame, value(frame));
      return body(frame);
    };
  }

  #macro(
    name: string | undefined,
    { parameters, defaults }: Signature,
    statements: readonly Statement[],
    at: number,
    outer: StatementPlace,
  ): MacroDefinition {
    const fn = new FunctionScope(outer.scope.fn);
    const scope = new Scope(fn, outer.scope);
    const slots = parameters.map((parameter) => ({ name: parameter, slot: scope.parameter(parameter).slot }));
    const special = (specialName: string): number | undefined => {
      const isSpecial = !parameters.includes(specialName) && readsName(statements, specialName);
      return isSpecial ? scope.parameter(specialName).slot : undefined;
    };
    if (parameters.slice(0, parameters.length - defaults.length).includes('caller'))
      throw new TemplateFailure('the special "caller" argument must be omitted or be given a default.', {
        offset: at,
      });
    const callerSlot = special('caller');
    const kwargsSlot = special('kwargs');
    const varargsSlot = special('varargs');
    for (const expr of defaults) analyzeExpression(scope, expr);
    analyzeBody(scope, statements);
    const place: StatementPlace = { scope, isConditional: false, isInLoop: false };
    const firstDefault = parameters.length - defaults.length;
    const fallbacks = defaults.map((expr, i) => ({
      slot: slots[firstDefault + i]!.slot,
      value: this.expressions.compile(expr, place),
    }));
    const body = this.body(statements, place);
    const enter = scope.entry();
    return {
      name,
      parameters: slots,
      callerSlot,
      kwargsSlot,
      varargsSlot,
      slotCount: fn.slotCount,
      run: (frame) => {
        enter(frame);
        for (const { slot, value } of fallbacks)
          if (frame.slots[slot] === undefined) frame.slots[slot] = value(frame);
        body(frame);
      },
    };
  }
}

/** jinja2 looks at the namespaces before it computes what they shall hold. */
function namespaceChecks(target: Target, scope: Scope): (frame: Frame) => void {
  if (target.kind === 'tuple') {
    const checks = target.items.map((item) => namespaceChecks(item, scope));
    return (frame) => {
      for (const check of checks) check(frame);
    };
  }
  if (target.kind === 'name') return () => {};
  const read = readSlot(scope.find(target.name)!, scope.fn); // analysis has seen every target
  return (frame) => {
    if (!(read(frame) instanceof Namespace))
      throw new TemplateFailure('cannot assign attribute on non-namespace object', { offset: target.at });
  };
}
