/** Body of create → request of the library. */
import type { CreateRequestBody } from '../../api/schemas/models.ts';
import { CriaError } from '../../errors.ts';
import type { CreateRequest } from '../../library/types.ts';
import type { JsonValue } from '../../types/json.ts';

/** Throws `bad_request`, and `not_implemented` for what cria has not. Names, paths and digests are the library's to check. */
export function toCreateRequest(body: CreateRequestBody): CreateRequest {
  const hasDraft = body.draft_files !== undefined && Object.keys(body.draft_files).length > 0;
  if (body.draft_quantize && !hasDraft)
    throw new CriaError('bad_request', '--draft-quantize requires a DRAFT model');
  if (body.remote_host) refuseRemote(body.remote_host, hasDraft);

  const quantize = body.quantize || body.quantization;
  return {
    model: body.model || body.name || '',
    ...given('from', body.from),
    ...given('files', body.files),
    ...given('adapters', body.adapters),
    ...(hasDraft ? given('draftFiles', body.draft_files) : {}),
    ...given('template', body.template),
    ...given('system', body.system),
    licenses: toLicenses(body.license),
    ...given('parameters', body.parameters),
    ...given(
      'messages',
      body.messages?.map(({ role = '', content = '' }) => ({ role: role.toLowerCase(), content })),
    ),
    ...given('quantize', quantize),
    ...given('renderer', body.renderer),
    ...given('parser', body.parser),
    ...given('requires', body.requires),
    ...given('info', body.info),
  };
}

/** In Ollama's words, as far as they say more than that it cannot be done. */
function refuseRemote(host: string, hasDraft: boolean): never {
  const url = /^\w+:\/\//.test(host) ? host : `http://${host}`;
  if (!URL.canParse(url)) throw new CriaError('bad_request', 'bad remote');
  if (hasDraft) throw new CriaError('bad_request', 'DRAFT cannot be used with remote models');
  throw new CriaError('not_implemented', 'remote models are not implemented yet');
}

/** A property unless it was left out; an empty string says nothing either. */
function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  // TypeScript widens a computed key to string.
  return value === undefined || value === '' ? {} : ({ [key]: value } as { [P in K]?: V });
}

/** One text or a list of texts. */
function toLicenses(value: JsonValue | undefined): readonly string[] {
  if (value === undefined || value === null || value === '') return [];
  const items = Array.isArray(value) ? value : [value];
  if (!items.every((item) => typeof item === 'string'))
    throw new CriaError('bad_request', 'license must be a string or a list of strings');
  return items;
}
