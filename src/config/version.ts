/** cria's own version, as package.json has it. */
import { readFileSync } from 'node:fs';

/** Same depth from `src/config` and `dist/config`. */
const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

export const criaVersion: string =
  typeof manifest === 'object' &&
  manifest !== null &&
  'version' in manifest &&
  typeof manifest.version === 'string'
    ? manifest.version
    : 'unknown';
