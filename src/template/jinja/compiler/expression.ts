/** Expressions as closures: each takes the frame and gives the value. */
import { getAttribute, getItem, getSlice } from '../access.ts';
import type {
  ArgumentList,
  CallExpr,
  CompareExpr,
  ConditionalExpr,
  Expr,
  FilterExpr,
  GetItemExpr,
  LogicExpr,
  TestExpr,
  UnaryExpr,
} from '../ast.ts';
import { keywordsOf } from '../call-args.ts';
import { compare, contains, isEqual } from '../compare.ts';
import { Dict } from '../dict.ts';
import { TemplateFailure } from '../errors.ts';
import { isTrue, iterate } from '../iterate.ts';
import { binary, unary } from '../operators.ts';
import type { Frame, Library, Runtime } from '../runtime.ts';
import { toText } from '../text.ts';
import { typeName } from '../type-name.ts';
import { type CallArguments, Instance, NativeFunction, Tuple, Undefined, type Value } from '../values.ts';
import { readSlot, type Scope } from './scope.ts';

export type Eval = (frame: Frame) => Value;
type EvalArguments = (frame: Frame) => CallArguments;

/** Where an expression stands. */
export interface Place {
  readonly scope: Scope;
  /** Inside a condition: an unknown filter or test there is an error only when it is reached, as in jinja2. */
  readonly isConditional: boolean;
}

const noArguments: CallArguments = { positional: [], keyword: new Map() };

/** Calls a template value. */
export function callValue(rt: Runtime, callee: Value, args: CallArguments): Value {
  rt.step();
  if (callee instanceof NativeFunction) return callee.body(rt, args);
  if (callee instanceof Undefined) rt.failUndefined(callee);
  if (callee instanceof Instance && callee.call !== undefined) return callee.call(rt, args);
  throw new TemplateFailure(`'${typeName(callee)}' object is not callable`);
}

export class ExpressionCompiler {
  readonly #library: Library;

  constructor(library: Library) {
    this.#library = library;
  }

  compile(expr: Expr, place: Place): Eval {
    switch (expr.kind) {
      case 'const': {
        const { value } = expr;
        return () => value;
      }
      case 'name':
        return this.#name(expr.name, place);
      case 'namespaceRef':
        throw new TemplateFailure('a namespace attribute cannot be read here', { offset: expr.at });
      case 'tuple': {
        const items = this.#all(expr.items, place);
        return (frame) => new Tuple(items.map((item) => item(frame)));
      }
      case 'list': {
        const items = this.#all(expr.items, place);
        return (frame) => {
          frame.rt.chargeItems(items.length);
          return items.map((item) => item(frame));
        };
      }
      case 'dict':
        return this.#dict(expr.pairs, expr.at, place);
      case 'getAttribute': {
        const object = this.compile(expr.object, place);
        const { name, at } = expr;
        return (frame) => {
          const owner = object(frame);
          frame.rt.at = at;
          return getAttribute(frame.rt, owner, name);
        };
      }
      case 'getItem':
        return this.#item(expr, place);
      case 'slice':
        throw new TemplateFailure('slices are only possible in subscripts', { offset: expr.at });
      case 'call':
        return this.#call(expr, place);
      case 'filter':
        return this.#filterExpr(expr, place);
      case 'test':
        return this.#test(expr, place);
      case 'unary':
        return this.#unary(expr, place);
      case 'binary': {
        const left = this.compile(expr.left, place);
        const right = this.compile(expr.right, place);
        const { operator, at } = expr;
        return (frame) => {
          const a = left(frame);
          const b = right(frame);
          frame.rt.at = at;
          return binary(frame.rt, operator, a, b);
        };
      }
      case 'logic':
        return this.#logic(expr, place);
      case 'compare':
        return this.#compare(expr, place);
      case 'concat':
        return this.#concat(expr.parts, place);
      case 'conditional':
        return this.#conditional(expr, place);
    }
  }

  /** An expression whose truth alone matters. */
  condition(expr: Expr, place: Place): (frame: Frame) => boolean {
    const test = this.compile(expr, place);
    return (frame) => {
      const value = test(frame);
      return typeof value === 'boolean' ? value : isTrue(frame.rt, value);
    };
  }

  #all(exprs: readonly Expr[], place: Place): Eval[] {
    return exprs.map((expr) => this.compile(expr, place));
  }

  #name(name: string, { scope }: Place): Eval {
    scope.read(name);
    const read = readSlot(scope.find(name)!, scope.fn); // read() has made sure that there is one
    const missing = new Undefined({ name });
    return (frame) => {
      const value = read(frame);
      return value === undefined ? missing : value;
    };
  }

  #dict(pairs: readonly { key: Expr; value: Expr }[], at: number, place: Place): Eval {
    const compiled = pairs.map(({ key, value }) => ({
      key: this.compile(key, place),
      value: this.compile(value, place),
    }));
    return (frame) => {
      frame.rt.chargeItems(compiled.length);
      const dict = new Dict();
      for (const { key, value } of compiled) {
        const keyValue = key(frame);
        const item = value(frame);
        frame.rt.at = at;
        dict.set(keyValue, item);
      }
      return dict;
    };
  }

  #item(expr: GetItemExpr, place: Place): Eval {
    const object = this.compile(expr.object, place);
    const { key, at } = expr;
    if (key.kind === 'slice') {
      const bounds = [key.start, key.stop, key.step].map((bound) => bound && this.compile(bound, place));
      return (frame) => {
        const owner = object(frame);
        const [start, stop, step] = bounds.map((bound) => bound?.(frame));
        frame.rt.at = at;
        return getSlice(frame.rt, owner, start, stop, step);
      };
    }
    const index = this.compile(key, place);
    return (frame) => {
      const owner = object(frame);
      const wanted = index(frame);
      frame.rt.at = at;
      return getItem(frame.rt, owner, wanted);
    };
  }

  #arguments(args: ArgumentList, place: Place): EvalArguments {
    const positional = this.#all(args.positional, place);
    const keyword = args.keyword.map(({ name, value }) => ({ name, value: this.compile(value, place) }));
    const rest = args.rest && this.compile(args.rest, place);
    const keywordRest = args.keywordRest && this.compile(args.keywordRest, place);
    if (rest === undefined && keywordRest === undefined) {
      if (keyword.length === 0 && positional.length === 0) return () => noArguments;
      if (keyword.length === 0)
        return (frame) => ({ positional: positional.map((arg) => arg(frame)), keyword: noArguments.keyword });
    }
    return (frame) => {
      const values = positional.map((arg) => arg(frame));
      if (rest !== undefined) for (const value of iterate(frame.rt, rest(frame))) values.push(value);
      const named = new Map<string, Value>();
      for (const { name, value } of keyword) named.set(name, value(frame));
      if (keywordRest !== undefined)
        for (const [name, value] of keywordsOf(keywordRest(frame))) {
          if (named.has(name))
            throw new TemplateFailure(`got multiple values for keyword argument '${name}'`);
          named.set(name, value);
        }
      return { positional: values, keyword: named };
    };
  }

  /** `withCaller` adds the body of a call block to the arguments. */
  #call(expr: CallExpr, place: Place, withCaller?: (frame: Frame) => Value): Eval {
    const callee = this.compile(expr.callee, place);
    const args = this.#arguments(expr.args, place);
    const { at } = expr;
    return (frame) => {
      const target = callee(frame);
      let values = args(frame);
      if (withCaller !== undefined)
        values = { ...values, keyword: new Map([...values.keyword, ['caller', withCaller(frame)]]) };
      frame.rt.at = at;
      return callValue(frame.rt, target, values);
    };
  }

  callWithCaller(expr: CallExpr, place: Place, caller: (frame: Frame) => Value): Eval {
    return this.#call(expr, place, caller);
  }

  #filterExpr(expr: FilterExpr, place: Place): Eval {
    // Without input it belongs to a filter block, which compiles it through `filter`.
    if (expr.input === undefined) throw new TemplateFailure('a filter needs an input', { offset: expr.at });
    return this.filter(expr, place, this.compile(expr.input, place));
  }

  /** A filter or chain of filters whose innermost one takes `input`. */
  filter(expr: FilterExpr, place: Place, input: Eval): Eval {
    const { name, at } = expr;
    const args = this.#arguments(expr.args, place);
    const filter = this.#library.filters.get(name);
    if (filter === undefined) return this.#unknown(`No filter named '${name}'.`, at, place);
    return (frame) => {
      const value = input(frame);
      const values = args(frame);
      const { rt } = frame;
      rt.at = at;
      rt.step();
      return filter(rt, value, values);
    };
  }

  /** The chain of a filter block or set block. */
  filterChain(expr: FilterExpr, place: Place, input: Eval): Eval {
    const inner = expr.input;
    return this.filter(expr, place, inner?.kind === 'filter' ? this.filterChain(inner, place, input) : input);
  }

  #test(expr: TestExpr, place: Place): Eval {
    const input = this.compile(expr.input, place);
    const args = this.#arguments(expr.args, place);
    const { name, at } = expr;
    const test = this.#library.tests.get(name);
    if (test === undefined) return this.#unknown(`No test named '${name}'.`, at, place);
    return (frame) => {
      const value = input(frame);
      const values = args(frame);
      frame.rt.at = at;
      return test(frame.rt, value, values);
    };
  }

  #unknown(message: string, offset: number, place: Place): Eval {
    const failure = new TemplateFailure(message, { offset });
    if (!place.isConditional) throw failure;
    return () => {
      throw failure;
    };
  }

  #unary({ operator, operand, at }: UnaryExpr, place: Place): Eval {
    if (operator === 'not') {
      const condition = this.condition(operand, place);
      return (frame) => !condition(frame);
    }
    const value = this.compile(operand, place);
    return (frame) => {
      const number = value(frame);
      frame.rt.at = at;
      return unary(frame.rt, operator, number);
    };
  }

  #logic({ operator, left, right }: LogicExpr, place: Place): Eval {
    const first = this.compile(left, place);
    const second = this.compile(right, place);
    const wanted = operator === 'or';
    return (frame) => {
      const value = first(frame);
      return isTrue(frame.rt, value) === wanted ? value : second(frame);
    };
  }

  #compare(expr: CompareExpr, place: Place): Eval {
    const first = this.compile(expr.first, place);
    const rest = expr.rest.map(({ operator, operand }) => ({
      test: comparison[operator],
      operand: this.compile(operand, place),
    }));
    const { at } = expr;
    return (frame) => {
      let left = first(frame);
      for (const { test, operand } of rest) {
        const right = operand(frame);
        frame.rt.at = at;
        if (!test(frame.rt, left, right)) return false;
        left = right;
      }
      return true;
    };
  }

  #concat(parts: readonly Expr[], place: Place): Eval {
    const compiled = this.#all(parts, place);
    return (frame) => {
      let text = '';
      for (const part of compiled) {
        text += toText(frame.rt, part(frame));
        frame.rt.checkLength(text.length);
      }
      return text;
    };
  }

  #conditional(expr: ConditionalExpr, place: Place): Eval {
    const inside: Place = { ...place, isConditional: true };
    const test = this.condition(expr.test, inside);
    const whenTrue = this.compile(expr.whenTrue, inside);
    const hint = 'the inline if-expression evaluated to false and no else section was defined.';
    const missing = new Undefined({ hint });
    const whenFalse = expr.whenFalse === undefined ? () => missing : this.compile(expr.whenFalse, inside);
    return (frame) => (test(frame) ? whenTrue(frame) : whenFalse(frame));
  }
}

const comparison: Readonly<
  Record<CompareExpr['rest'][number]['operator'], (rt: Runtime, a: Value, b: Value) => boolean>
> = {
  '==': isEqual,
  '!=': (rt, a, b) => !isEqual(rt, a, b),
  '<': (rt, a, b) => compare(rt, a, b, '<') < 0,
  '<=': (rt, a, b) => compare(rt, a, b, '<=') <= 0,
  '>': (rt, a, b) => compare(rt, a, b, '>') > 0,
  '>=': (rt, a, b) => compare(rt, a, b, '>=') >= 0,
  in: (rt, a, b) => contains(rt, b, a),
  'not in': (rt, a, b) => !contains(rt, b, a),
};
