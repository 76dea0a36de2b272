/** What the lexer hands to the parser. */
import type { Float } from './values.ts';

/** Symbols of tags; their token type is the text itself. */
export const operatorTexts = [
  '**',
  '//',
  '==',
  '!=',
  '>=',
  '<=',
  '+',
  '-',
  '/',
  '*',
  '%',
  '~',
  '[',
  ']',
  '(',
  ')',
  '{',
  '}',
  '>',
  '<',
  '=',
  '.',
  ':',
  '|',
  ',',
  ';',
] as const;

export type OperatorText = (typeof operatorTexts)[number];

export type TokenType =
  | 'data'
  | 'variableBegin'
  | 'variableEnd'
  | 'blockBegin'
  | 'blockEnd'
  | 'name'
  | 'string'
  | 'integer'
  | 'float'
  | 'end'
  | OperatorText;

export interface Token {
  readonly type: TokenType;
  /** Text of data, names, strings and operators. */
  readonly text: string;
  /** Value of number literals. */
  readonly number?: number | bigint | Float;
  /** Offset in the source, whose line ends are normalised. */
  readonly at: number;
}

/** For messages: how a token is called. */
export function describeToken(token: Token): string {
  switch (token.type) {
    case 'name':
      return token.text;
    case 'variableBegin':
      return 'begin of print statement';
    case 'variableEnd':
      return 'end of print statement';
    case 'blockBegin':
      return 'begin of statement block';
    case 'blockEnd':
      return 'end of statement block';
    case 'data':
      return 'template data / text';
    case 'end':
      return 'end of template';
    default:
      return token.type;
  }
}
