/** Environment and flags → one frozen Config. The only place that knows where settings come from. */
import { homedir } from 'node:os';
import path from 'node:path';
import { CriaError } from '../errors.ts';
import type { Environment } from './environment.ts';
import { runnerEnvironment } from './runner-env.ts';
import { type FlagName, type ReadContext, type Setting, type Settings, settings } from './settings.ts';
import { criaVersion } from './version.ts';

export interface Config extends Settings {
  /** cria's own version. */
  readonly version: string;
  readonly homeDir: string;
  /** `~/.ollama`: history and logs. */
  readonly stateDir: string;
  /** The whole environment of runner processes. */
  readonly runnerEnv: Readonly<Record<string, string>>;
  /** Sentences about settings that could not be read and got their defaults; worth a line in the log each. */
  readonly warnings: readonly string[];
}

/** Texts from the command line; each stands above the variables of its setting. */
export type Flags = { readonly [K in FlagName]?: string | undefined };

export function loadConfig(env: Environment, flags: Flags = {}): Config {
  const home = env.HOME || env.USERPROFILE || homedir();
  const warnings: string[] = [];
  const values = Object.entries(settings).map(([key, setting]) => {
    const flag = setting.flag === undefined ? undefined : flags[setting.flag];
    const variable = setting.variables.find((name) => clean(env[name]) !== '');
    const text = clean(flag ?? (variable === undefined ? '' : env[variable]));
    const origin = flag === undefined ? (variable ?? '') : `--${setting.flag}`;
    const context: ReadContext = { home, warn: (message) => warnings.push(`${origin}: ${message}`) };
    return [key, readOrDefault(setting, text, context)];
  });
  return Object.freeze({
    // Keys and value types are those of `settings`, which the compiler holds against `Settings`.
    ...(Object.fromEntries(values) as Settings),
    version: criaVersion,
    homeDir: home,
    stateDir: path.join(home, '.ollama'),
    runnerEnv: runnerEnvironment(env),
    warnings,
  });
}

function readOrDefault(setting: Setting<unknown>, text: string, context: ReadContext): unknown {
  try {
    return setting.read(text, context);
  } catch (error) {
    if (!(error instanceof CriaError)) throw error;
    context.warn(`${error.message}, using the default (${setting.defaultText})`);
    return setting.read('', context);
  }
}

/** Spaces, and quotes that a shell or a service file left in place, are no part of a value. */
function clean(text: string | undefined): string {
  return (text ?? '').trim().replace(/^["']+|["']+$/g, '');
}
