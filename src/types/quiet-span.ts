/** A stretch of an answer in which nothing counts as the beginning of a tool call, such as a thought. */
export interface QuietSpan {
  /** Texts that begin it. */
  readonly opens: readonly string[];
  /** Texts that end it. */
  readonly closes: readonly string[];
  /** Only at the beginning of the answer, behind white space at most. Default: anywhere, and more than once. */
  readonly isLeading?: boolean;
  /** The answer begins inside it: the prompt has opened it. */
  readonly isOpen?: boolean;
  /** A call opens one itself, so that one lasts when its arguments end. */
  readonly holdsArguments?: boolean;
}
