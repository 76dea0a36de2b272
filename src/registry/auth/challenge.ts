/** The `WWW-Authenticate` header of a registry. */

export interface Challenge {
  readonly realm: string;
  readonly service: string;
  readonly scopes: readonly string[];
}

/** Undefined unless it is a Bearer challenge with a realm. Parameters may stand in any order, quoted or not. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  const match = /^\s*Bearer\s+(.*)$/is.exec(header ?? '');
  if (match === null || (header ?? '').length > 8192) return undefined;
  const parameters = new Map<string, string>();
  for (const [, name = '', quoted, bare = ''] of (match[1] ?? '').matchAll(
    /([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s",]+))/g,
  ))
    parameters.set(name.toLowerCase(), quoted ?? bare);
  const realm = parameters.get('realm') ?? '';
  if (realm === '') return undefined;
  return {
    realm,
    service: parameters.get('service') ?? '',
    scopes: (parameters.get('scope') ?? '').split(/\s+/).filter((scope) => scope !== ''),
  };
}
