/** The `for` statement: plain, filtered, with the `loop` variable, recursive. */
import type { ForStatement } from '../ast.ts';
import { TemplateFailure } from '../errors.ts';
import { iterate } from '../iterate.ts';
import { LoopContext } from '../loop-context.ts';
import { Frame } from '../runtime.ts';
import { Iter, type Value } from '../values.ts';
import { analyzeBody, analyzeExpression, analyzeTarget, assignsName, readsName } from './analyze.ts';
import { FunctionScope, Scope } from './scope.ts';
import type { Completion, Exec, StatementCompiler, StatementPlace } from './statement.ts';
import { compileTarget, type Store } from './target.ts';

/** Runs the loop over `iterable`, its output going to `frame`. */
type RunLoop = (frame: Frame, iterable: Value, depth0: number) => Completion;

/** The parts of a loop that are the same however it is driven. */
interface LoopParts {
  readonly enter: (frame: Frame) => void;
  readonly store: Store;
  readonly body: Exec;
}

export function compileFor(
  compiler: StatementCompiler,
  statement: ForStatement,
  place: StatementPlace,
): Exec {
  const iterable = compiler.expressions.compile(statement.iterable, place);
  const fn = statement.isRecursive ? new FunctionScope(place.scope.fn) : place.scope.fn;
  const run = compileRun(compiler, statement, place, fn);
  const { at } = statement;
  if (!statement.isRecursive)
    return (frame) => {
      const items = iterable(frame);
      frame.rt.at = at;
      return run(frame, items, 0);
    };
  return (frame) => {
    const items = iterable(frame);
    frame.rt.at = at;
    const inner = new Frame(frame.rt, fn.slotCount, frame);
    run(inner, items, 0);
    frame.write(inner.out);
    return 'normal';
  };
}

function compileRun(
  compiler: StatementCompiler,
  statement: ForStatement,
  place: StatementPlace,
  fn: FunctionScope,
): RunLoop {
  const scope = new Scope(fn, place.scope);
  const isExtended = statement.isRecursive || readsName(statement.body, 'loop');
  const loopSlot = isExtended ? scope.parameter('loop').slot : undefined;
  analyzeTarget(scope, statement.target, 'parameter');
  if (assignsName([statement], 'loop'))
    throw new TemplateFailure("Can't assign to special loop variable in for-loop target", {
      offset: statement.at,
    });
  analyzeBody(scope, statement.body);
  const filter = compileFilter(compiler, statement, place, fn);
  const parts: LoopParts = {
    store: compileTarget(statement.target, scope),
    body: compiler.body(statement.body, { scope, isConditional: false, isInLoop: true }),
    enter: scope.entry(),
  };
  const otherwise = compileElse(compiler, statement, place, fn);
  const run: RunLoop = (frame, iterable, depth0) => {
    const items = filter === undefined ? iterable : new Iter(filter(frame, iterable));
    let hasRun: boolean;
    if (loopSlot === undefined) hasRun = runPlain(frame, items, parts);
    else {
      const recurse = statement.isRecursive ? recursion(run, fn, frame) : undefined;
      hasRun = runExtended(frame, new LoopContext(frame.rt, items, depth0, recurse), loopSlot, parts);
    }
    return hasRun || otherwise === undefined ? 'normal' : otherwise(frame);
  };
  return run;
}

/** `loop(children)`: the same loop in a frame of its own, its text as the result. */
function recursion(
  run: RunLoop,
  fn: FunctionScope,
  frame: Frame,
): ConstructorParameters<typeof LoopContext>[3] {
  return (rt, iterable, depth0) => {
    const inner = new Frame(rt, fn.slotCount, frame.outer);
    rt.nested(() => run(inner, iterable, depth0));
    return inner.out;
  };
}

/** `for … if test`: lazy, so that the test sees what the body has changed. */
function compileFilter(
  compiler: StatementCompiler,
  statement: ForStatement,
  place: StatementPlace,
  fn: FunctionScope,
): ((frame: Frame, iterable: Value) => Generator<Value>) | undefined {
  if (statement.filter === undefined) return undefined;
  const scope = new Scope(fn, place.scope);
  analyzeTarget(scope, statement.target, 'parameter');
  analyzeExpression(scope, statement.filter);
  const store = compileTarget(statement.target, scope);
  const test = compiler.expressions.condition(statement.filter, { scope, isConditional: false });
  const enter = scope.entry();
  return function* (frame, iterable) {
    enter(frame);
    for (const item of iterate(frame.rt, iterable)) {
      store(frame, item);
      if (test(frame)) yield item;
    }
  };
}

function compileElse(
  compiler: StatementCompiler,
  statement: ForStatement,
  place: StatementPlace,
  fn: FunctionScope,
): Exec | undefined {
  if (statement.otherwise.length === 0) return undefined;
  const scope = new Scope(fn, place.scope);
  analyzeBody(scope, statement.otherwise);
  // In a recursive loop the else branch belongs to the loop's own function, where no outer loop can be left.
  const isInLoop = place.isInLoop && !statement.isRecursive;
  const body = compiler.body(statement.otherwise, { scope, isConditional: false, isInLoop });
  const enter = scope.entry();
  return (frame) => {
    enter(frame);
    return body(frame);
  };
}

/** True when an iteration came to its end: one that was cut short does not keep `else` from running, as in jinja2. */
function runPlain(frame: Frame, items: Value, { enter, store, body }: LoopParts): boolean {
  let hasRun = false;
  for (const item of iterate(frame.rt, items)) {
    store(frame, item);
    enter(frame);
    const completion = body(frame);
    if (completion === 'break') break;
    hasRun ||= completion === 'normal';
  }
  return hasRun;
}

function runExtended(
  frame: Frame,
  loop: LoopContext,
  loopSlot: number,
  { enter, store, body }: LoopParts,
): boolean {
  let hasRun = false;
  for (let item = loop.next(); item !== undefined; item = loop.next()) {
    frame.rt.step();
    store(frame, item);
    frame.slots[loopSlot] = loop;
    enter(frame);
    const completion = body(frame);
    if (completion === 'break') break;
    hasRun ||= completion === 'normal';
  }
  return hasRun;
}
