/** The doors of this room. */
export { type Config, type Flags, loadConfig } from './config.ts';
export type { Environment } from './environment.ts';
export { type HostAddress, parseHost } from './host.ts';
