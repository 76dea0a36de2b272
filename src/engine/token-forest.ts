/** The vocabulary as a forest: every token below the longest other token that it begins with. */

export class TokenForest {
  /** Int32Array // tokens that begin with no other token */
  readonly roots: Int32Array;
  /** Int32Array // children of token t: children[start[t], start[t + 1]) */
  readonly #children: Int32Array;
  readonly #start: Int32Array;

  /** `pieces`: bytes (latin1, one character a byte) of each token; undefined or empty = not in the forest. */
  constructor(pieces: readonly (string | undefined)[]) {
    const tokens = [...pieces.keys()].filter((token) => (pieces[token] ?? '') !== '');
    tokens.sort((a, b) => (pieces[a]! < pieces[b]! ? -1 : pieces[a]! > pieces[b]! ? 1 : a - b)); // filtered above
    // In this order a token follows all that it begins with; those of them that the next ones may begin with are the path.
    const parents = new Int32Array(pieces.length).fill(-1);
    const path: number[] = [];
    for (const token of tokens) {
      while (path.length > 0 && !pieces[token]!.startsWith(pieces[path.at(-1)!]!)) path.pop();
      parents[token] = path.at(-1) ?? -1;
      path.push(token);
    }
    this.roots = Int32Array.from(tokens.filter((token) => parents[token] === -1));
    this.#start = new Int32Array(pieces.length + 1);
    for (const token of tokens) if (parents[token]! >= 0) this.#start[parents[token]! + 1]!++;
    for (let token = 0; token < pieces.length; token++) this.#start[token + 1]! += this.#start[token]!;
    this.#children = new Int32Array(this.#start[pieces.length]!);
    const next = this.#start.slice();
    for (const token of tokens) {
      const parent = parents[token]!;
      if (parent >= 0) this.#children[next[parent]!++] = token;
    }
  }

  /** Int32Array // view */
  childrenOf(token: number): Int32Array {
    return this.#children.subarray(this.#start[token], this.#start[token + 1]);
  }
}
