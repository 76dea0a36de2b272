/** What the routes work with. */
import type { Inference } from '../../inference/types.ts';
import type { Library } from '../../library/types.ts';
import type { BodyReader } from '../body.ts';

export interface RouteDeps {
  readonly inference: Inference;
  readonly library: Library;
  readonly bodies: BodyReader;
  /** See `BodyLimits`. */
  readonly uploadIdleMs: number;
  /** The Ollama level that is implemented. */
  readonly version: string;
}
