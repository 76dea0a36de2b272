/** Requests to one registry: credentials for its own origin only, redirects followed by hand. */
import { CriaError } from '../errors.ts';
import { repositoryName } from '../store/name.ts';
import { parseChallenge } from './auth/challenge.ts';
import type { Identity } from './auth/identity.ts';
import { fetchToken } from './auth/token.ts';
import { upstreamError } from './failure.ts';
import { limits } from './settings.ts';
import { dropBody } from './transport/body.ts';
import type { Answer, Call, Transport } from './transport/transport.ts';
import type { RemoteModel } from './types.ts';

export interface SessionDeps {
  readonly transport: Transport;
  readonly identity: Identity;
}

/** A name's tag tells the quantization, so there is no place for another. */
const hubRevision = 'main';

const redirects = new Set([301, 302, 303, 307, 308]);

/** A request whose body can be made anew, since it may be sent twice: without and with a token. */
export interface RegistryCall extends Omit<Call, 'body'> {
  readonly body?: () => NonNullable<Call['body']>;
}

export class Session {
  readonly #deps: SessionDeps;
  readonly #origin: URL;
  /** `namespace/model`. */
  readonly repository: string;
  readonly tag: string;
  #token: string | undefined;
  /** Blobs that are files of a hub's repository. */
  readonly #located = new Map<string, URL>();
  /** One exchange at a time: sixteen parts are refused together. */
  #exchange: Promise<string> | undefined;

  constructor(deps: SessionDeps, { name, isInsecure }: RemoteModel) {
    this.#deps = deps;
    this.#origin = originOf(name.host, isInsecure);
    this.repository = repositoryName(name);
    this.tag = name.tag;
  }

  /** `https://host:port`. */
  get origin(): string {
    return this.#origin.origin;
  }

  manifestUrl(): URL {
    return this.#url(`manifests/${this.tag}`);
  }

  blobUrl(digest: string): URL {
    return this.#located.get(digest) ?? this.#url(`blobs/${digest}`);
  }

  /** Tells where a blob is that has no address of its own among the registry's blobs. */
  locate(digest: string, url: URL): void {
    this.#located.set(digest, url);
  }

  uploadsUrl(): URL {
    return this.#url('blobs/uploads/');
  }

  /** The files of the repository, as a hub lists them. */
  treeUrl(): URL {
    return new URL(`/api/models/${this.repository}/tree/${hubRevision}?recursive=true`, this.#origin);
  }

  /** A file of the repository at a hub. */
  fileUrl(path: string): URL {
    const escaped = path.split('/').map(encodeURIComponent).join('/');
    return new URL(`/${this.repository}/resolve/${hubRevision}/${escaped}`, this.#origin);
  }

  #url(path: string): URL {
    return new URL(`/v2/${this.repository}/${path}`, this.#origin);
  }

  /** An address that the registry told, such as the next one of an upload. */
  resolve(location: string, base: URL): URL {
    return nextUrl(location, base);
  }

  /**
   * Sends a request and follows redirects. The token goes to the registry's own origin and nowhere else; a host that only a
   * redirect names must have a public address. Any status is returned but 401, which is answered with a token, once.
   */
  async request(call: RegistryCall): Promise<Answer> {
    let { url } = call;
    for (let hop = 0; hop <= limits.redirects; hop++) {
      const answer = await this.send({ ...call, url });
      const location = redirects.has(answer.status) ? answer.header('location') : undefined;
      if (location === undefined) return answer;
      await dropBody(answer);
      url = nextUrl(location, url);
    }
    throw upstreamError(`stopped after ${limits.redirects} redirects`);
  }

  /** As `request`, without following redirects. */
  async send(call: RegistryCall): Promise<Answer> {
    const isOwn = call.url.origin === this.#origin.origin;
    // A redirect inside of the named host goes where the user wanted to go.
    const isNamed = call.url.hostname === this.#origin.hostname;
    const used = this.#token;
    const attempt = (token: string | undefined): Promise<Answer> => {
      const { body, headers, ...rest } = call;
      const credentials: Record<string, string> =
        isOwn && token !== undefined ? { authorization: `Bearer ${token}` } : {};
      const common = { ...rest, headers: { ...headers, ...credentials } };
      return this.#deps.transport.send(body === undefined ? common : { ...common, body: body() }, isNamed);
    };
    const first = await attempt(used);
    if (first.status !== 401) return first;
    const challenge = isOwn ? parseChallenge(first.header('www-authenticate')) : undefined;
    await dropBody(first);
    if (challenge === undefined) throw accessDenied();
    // Another request may have fetched a newer token while this one was under way.
    const token =
      this.#token !== used && this.#token !== undefined ? this.#token : await this.#renew(challenge, call);
    const second = await attempt(token);
    if (second.status !== 401) return second;
    await dropBody(second);
    throw accessDenied();
  }

  /** Without a token, whatever the host; statuses are not looked at. */
  async sendBare(call: RegistryCall): Promise<Answer> {
    const { body, ...rest } = call;
    const isNamed = call.url.hostname === this.#origin.hostname;
    return this.#deps.transport.send(body === undefined ? rest : { ...rest, body: body() }, isNamed);
  }

  async #renew(
    challenge: Parameters<typeof fetchToken>[1],
    { url, signal }: { url: URL; signal: AbortSignal },
  ): Promise<string> {
    this.#exchange ??= fetchToken(this.#deps, challenge, url, signal).finally(() => {
      this.#exchange = undefined;
    });
    this.#token = await this.#exchange;
    return this.#token;
  }
}

function originOf(host: string, isInsecure: boolean): URL {
  try {
    return new URL(`${isInsecure ? 'http' : 'https'}://${host}`);
  } catch (error) {
    throw new CriaError('invalid_model_name', `${JSON.stringify(host)} is no host`, { cause: error });
  }
}

function nextUrl(location: string, base: URL): URL {
  let url: URL;
  try {
    url = new URL(location, base);
  } catch (error) {
    throw upstreamError(`${base.host} redirects to an invalid address`, error);
  }
  if (url.protocol !== 'https:' && url.protocol !== base.protocol)
    throw upstreamError(`${base.host} redirects to ${url.origin}, which is not encrypted`);
  url.username = '';
  url.password = '';
  return url;
}

function accessDenied(): CriaError {
  return upstreamError('unauthorized: access denied');
}
