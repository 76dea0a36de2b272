import { describe, expect, it } from 'vitest';
import type { ChosenLogprob } from '../types/events.ts';
import { AnswerText } from './answer-text.ts';
import type { Piece } from './detokenizer.ts';

function piece(text: string | number[]): Piece {
  const bytes = typeof text === 'string' ? Buffer.from(text) : Uint8Array.from(text);
  const isAscii = bytes.every((byte) => byte < 0x80);
  return { bytes, ascii: isAscii ? Buffer.from(bytes).toString('latin1') : undefined };
}
const logprob = (token: string): ChosenLogprob => ({ token, logprob: -1, bytes: [] });

/** What `take` gives after each piece and at the end, logprobs by their token. */
function run(stops: string[], pieces: (string | number[])[]) {
  const answer = new AnswerText(stops);
  const takes: (string | undefined)[] = [];
  const take = () => {
    const news = answer.take();
    takes.push(news && `${news.text}|${(news.logprobs ?? []).map(({ token }) => token).join(',')}`);
  };
  for (const [i, text] of pieces.entries()) {
    answer.add(piece(text), logprob(`${i}`));
    take();
    if (answer.isStopped) break;
  }
  answer.end();
  take();
  return takes;
}

describe('AnswerText', () => {
  it('gives text and logprobs as they come', () => {
    expect(run([], ['a', 'b'])).toEqual(['a|0', 'b|1', undefined]);
  });

  it('gives the logprob of a part of a character before its text', () => {
    expect(run([], [[0xc3], [0xa9]])).toEqual(['|0', 'é|1', undefined]);
  });

  it('holds logprobs back with their text', () => {
    expect(run(['xyz'], ['ax', 'y', 'b'])).toEqual(['a|', undefined, 'xyb|0,1,2', undefined]);
  });

  it('drops the logprobs of tokens that a stop string swallows', () => {
    expect(run(['xyz'], ['a', 'x', 'yz'])).toEqual(['a|0', undefined, undefined, undefined]);
    expect(run(['xyz'], ['ax', 'yzb'])).toEqual(['a|', undefined, undefined]);
  });

  it('gives out what was held at the end', () => {
    expect(run(['xyz'], ['axy'])).toEqual(['a|', 'xy|0']);
    expect(run(['xyz'], ['ax', [0xc3]])).toEqual(['a|', undefined, 'x\ufffd|0,1']);
  });

  it.each<[string, string[], (string | number[])[], number]>([
    ['all without a stop string', ['xyz'], ['a', 'xy', 'b'], 3],
    ['those before a stop string', ['xyz'], ['a', 'b', 'x', 'yz'], 2],
    ['none that a stop string begins in', ['xyz'], ['a', 'bx', 'yzc'], 1],
    ['none when it is the first', ['x'], ['x'], 0],
    ['the bytes of a character', ['x'], [[0xc3], [0xa9], 'x'], 2],
    ['no bytes of a character in the stop string', ['é'], ['a', [0xc3], [0xa9]], 1],
  ])('counts as shown %s', (_, stops, pieces, nShown) => {
    const answer = new AnswerText(stops);
    for (const text of pieces) answer.add(piece(text), undefined);
    answer.end();
    expect(answer.nTokensShown).toBe(nShown);
    answer.take();
    expect(answer.nTokensShown).toBe(nShown);
  });
});
