/** Escape sequences for the few styles in use; plain text where a terminal or the user does not want them. */

export interface Style {
  readonly isEnabled: boolean;
  dim(text: string): string;
}

export function createStyle(isEnabled: boolean): Style {
  return {
    isEnabled,
    dim: (text) => (isEnabled ? `\x1b[2m${text}\x1b[22m` : text),
  };
}
