/** The texts of numbers and strings that a constraint allows, as automata. */
import type { Automata } from './automata.ts';
import { type Automaton, isEmpty, longestText, neverText, type Transition } from './automaton.ts';
import { single } from './char-set.ts';
import type { NumberConstraint, StringConstraint } from './constraint.ts';
import { decimalRangePattern, integerRangePattern } from './number-range.ts';
import { tooLarge, unsupported } from './unsupported.ts';

/** States that the length of patterned texts may need; longer texts are then not made, although they would be allowed. */
const maxCountedStates = 6000;

/**
 * Undefined = any string. `exact`: neither leave out texts for being long, nor ask formats, which describe less than the schema
 * allows.
 */
export function stringAutomaton(
  constraint: StringConstraint,
  automata: Automata,
  exact = false,
): Automaton | undefined {
  const { minLength, maxLength, texts } = constraint;
  if (minLength > maxLength) return neverText;
  const asked = texts.filter(({ isFormat }) => !(exact && isFormat)).map(({ automaton }) => automaton);
  const isCounted = minLength > 0 || maxLength !== Number.POSITIVE_INFINITY;
  if (asked.length === 0) return isCounted ? automata.length(minLength, maxLength) : undefined;
  const patterned = automata.intersection(asked);
  const longest = longestText(patterned);
  if (longest <= maxLength) {
    if (minLength === 0) return patterned;
    return automata.intersection([patterned, automata.length(minLength, Number.POSITIVE_INFINITY)]);
  }
  if (!isCounted) return patterned;
  const feasible = Math.max(minLength, Math.floor(maxCountedStates / patterned.accepting.length));
  const limit = exact ? maxLength : Math.min(maxLength, feasible);
  const counted = automata.intersection([patterned, automata.length(minLength, limit)]);
  if (isEmpty(counted) && limit < maxLength) throw tooLarge('a pattern with a length bound is too complex');
  return counted;
}

/** Undefined = any number, or any integer. */
export function numberAutomaton(constraint: NumberConstraint, automata: Automata): Automaton | undefined {
  const { multiples } = constraint;
  const steps = multiples.map(({ of, pointer }) => ({ ...toStep(of), pointer }));
  // Multiples of an integer are integers.
  const integer = constraint.integer || steps.some(({ decimals }) => decimals === 0);
  const decimals = integer ? 0 : Math.min(...steps.map((step) => step.decimals), maxDecimals);
  const { min, max } = steps.length === 0 ? constraint : withinPrecision(constraint, decimals);
  if (min === undefined && max === undefined) return undefined;
  const pattern = integer ? integerRangePattern(min, max) : decimalRangePattern(min, max, decimals);
  let automaton = fromPattern(pattern, automata);
  for (const step of steps) {
    if (isEmpty(automaton)) break;
    try {
      automaton = automata.intersection([automaton, automata.trim(multiplesAutomaton(step))]);
    } catch {
      throw unsupported('multipleOf', step.pointer, 'is too large to be honoured with these bounds');
    }
  }
  return automaton;
}

const maxDecimals = 15;

/** Decimal digits that every reader of JSON keeps: with more of them, a multiple is none any more once it is rounded. */
const exactDigits = 15;

/** Bounds for a number with so many digits behind the point, where there are none. */
function withinPrecision(
  { min, max }: NumberConstraint,
  decimals: number,
): Pick<NumberConstraint, 'min' | 'max'> {
  const largest = 10 ** Math.max(0, exactDigits - decimals) - 1;
  return {
    min:
      min ?? (max === undefined || max.value > -largest ? { value: -largest, exclusive: false } : undefined),
    max: max ?? (min === undefined || min.value < largest ? { value: largest, exclusive: false } : undefined),
  };
}

function fromPattern(pattern: string | undefined, automata: Automata): Automaton {
  return pattern === undefined ? neverText : automata.pattern(`^(?:${pattern})$`);
}

/** A step of `units` × 10^-`decimals`. */
interface Step {
  readonly units: number;
  readonly decimals: number;
}

/** 0.25 is 25 hundredths. */
function toStep(value: number): Step {
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const fractionDigits = mantissa.length > 2 ? mantissa.length - 2 : 0;
  const exponent = Number(exponentText) - fractionDigits;
  const units = Number(mantissa.replace('.', ''));
  return exponent >= 0 ? { units: units * 10 ** exponent, decimals: 0 } : { units, decimals: -exponent };
}

/** Beyond this many remainders to tell apart, the grammar would be too large. */
const maxRemainders = 1000;

/**
 * Decimal texts whose value is a multiple of the step: a state for each remainder of the digits read, before the point and for
 * each number of digits behind it. Takes any text of digits, a point and a leading minus; what is a number at all is for the
 * range to say.
 */
function multiplesAutomaton({ units, decimals }: Step): Automaton {
  if (units > maxRemainders) throw new Error('too many remainders');
  const transitions: Transition[][] = [];
  const accepting: boolean[] = [];
  const blockOf = (nFraction: number): number => nFraction * units;
  const addBlock = (nextBlock: number | undefined, isMultiple: (remainder: number) => boolean): void => {
    for (let remainder = 0; remainder < units; remainder++) {
      transitions.push(nextBlock === undefined ? [] : digitEdges(nextBlock, remainder, units));
      accepting.push(isMultiple(remainder));
    }
  };
  // Block 0 stands before the point, block n behind n digits of the fraction, one more block behind the point itself.
  for (let nFraction = 0; nFraction <= decimals; nFraction++) {
    const next = nFraction === 0 ? 0 : nFraction < decimals ? blockOf(nFraction + 1) : undefined;
    const rest = 10 ** (decimals - nFraction) % units;
    addBlock(next, (remainder) => (remainder * rest) % units === 0);
  }
  const afterPoint = blockOf(decimals + 1);
  if (decimals > 0) {
    addBlock(blockOf(1), () => false);
    for (let remainder = 0; remainder < units; remainder++) {
      transitions[remainder]!.push({ set: single(0x2e), to: afterPoint + remainder });
    }
  }
  // The sign is read first; nothing has been read then, as at the start.
  transitions[0]!.push({ set: single(0x2d), to: 0 });
  return { transitions, accepting };
}

function digitEdges(block: number, remainder: number, units: number): Transition[] {
  return Array.from({ length: 10 }, (_, digit) => {
    return { set: single(0x30 + digit), to: block + ((remainder * 10 + digit) % units) };
  });
}
