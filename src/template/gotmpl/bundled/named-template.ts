/** What a bundled template consists of. */
export interface NamedTemplate {
  readonly name: string;
  /** Values of `tokenizer.chat_template` that published models of the family carry. */
  readonly fingerprints: readonly string[];
  /** The family's format as a Go template; our own text. */
  readonly template: string;
  /** Strings that end an answer. */
  readonly stop: readonly string[];
}
