/** The doors of this room. */
export { type Config, type Environment, type Flags, loadConfig } from './config.ts';
export { type HostAddress, parseHost } from './host.ts';
