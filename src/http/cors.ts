/** Which web pages may call the server (CORS), by the rules and defaults of Ollama. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CriaError } from '../errors.ts';

const defaultOrigins: readonly string[] = [
  ...['localhost', '127.0.0.1', '0.0.0.0'].flatMap((host) => [
    `http://${host}`,
    `https://${host}`,
    `http://${host}:*`,
    `https://${host}:*`,
  ]),
  'app://*',
  'file://*',
  'tauri://*',
  'vscode-webview://*',
  'vscode-file://*',
];

const schemes: readonly string[] = [
  'http://',
  'https://',
  'chrome-extension://',
  'safari-extension://',
  'moz-extension://',
  'ms-browser-extension://',
];

const allowMethods = 'GET,POST,PUT,PATCH,DELETE,HEAD,OPTIONS';
const stainless = [
  'Arch',
  'Async',
  'Custom-Poll-Interval',
  'Helper-Method',
  'Lang',
  'Os',
  'Package-Version',
  'Poll-Helper',
  'Retry-Count',
  'Runtime',
  'Runtime-Version',
  'Timeout',
];
const allowHeaders = [
  'Authorization',
  'Content-Type',
  'User-Agent',
  'Accept',
  'X-Requested-With',
  'Openai-Beta',
  ...stainless.map((name) => `X-Stainless-${name}`),
].join(',');
const maxAgeSeconds = '43200';

export type CorsVerdict =
  /** No web page asks, or one that the server itself sent. */
  | 'none'
  | 'allowed'
  /** An allowed OPTIONS: answer with 204 and the headers that were set. */
  | 'preflight'
  | 'refused';

/**
 * Makes the check of a request's Origin, which sets the headers of its answer. `origins` come before the defaults.
 * Throws `bad_request` for an origin that is not one.
 */
export function createCors(
  origins: readonly string[],
): (request: IncomingMessage, response: ServerResponse) => CorsVerdict {
  for (const origin of origins) requireOrigin(origin);
  const isOpen = origins.includes('*');
  const matches = [...origins, ...defaultOrigins].map(matcher);

  return (request, response) => {
    const { origin, host = '' } = request.headers;
    if (origin === undefined || origin === '') return 'none';
    if (origin === `http://${host}` || origin === `https://${host}`) return 'none';
    if (!isOpen && !matches.some((isMatch) => isMatch(origin))) return 'refused';

    response.setHeader('Access-Control-Allow-Origin', isOpen ? '*' : origin);
    const isPreflight = request.method === 'OPTIONS';
    if (isPreflight) {
      response.setHeader('Access-Control-Allow-Methods', allowMethods);
      response.setHeader('Access-Control-Allow-Headers', allowHeaders);
      response.setHeader('Access-Control-Max-Age', maxAgeSeconds);
    }
    if (!isOpen) {
      const asked = isPreflight ? ['Access-Control-Request-Method', 'Access-Control-Request-Headers'] : [];
      response.setHeader('Vary', ['Origin', ...asked]);
    }
    return isPreflight ? 'preflight' : 'allowed';
  };
}

function requireOrigin(origin: string): void {
  if (origin.split('*').length > 2)
    throw new CriaError('bad_request', `origin ${JSON.stringify(origin)} has more than one *`);
  if (!origin.includes('*') && !schemes.some((scheme) => origin.startsWith(scheme)))
    throw new CriaError(
      'bad_request',
      `origin ${JSON.stringify(origin)} must contain * or begin with ${schemes.join(', ')}`,
    );
}

function matcher(pattern: string): (origin: string) => boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return (origin) => origin === pattern;
  const [prefix, suffix] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return (origin) =>
    origin.length >= prefix.length + suffix.length && origin.startsWith(prefix) && origin.endsWith(suffix);
}
