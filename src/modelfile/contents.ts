/** Commands of a Modelfile → what they say together: which repeat, which replace, values typed. */
import { CriaError } from '../errors.ts';
import type { JsonObject } from '../types/json.ts';
import { addParameter, isDeprecatedParameter } from './parameters.ts';
import type { MessageRole, Modelfile } from './types.ts';

/** Paths and names are as written: whether a FROM is a file or a model is for the reader of the file system to say. */
export interface ModelfileContents {
  readonly from: readonly string[];
  readonly drafts: readonly string[];
  readonly adapter?: string;
  readonly template?: string;
  readonly system?: string;
  readonly renderer?: string;
  readonly parser?: string;
  /** Without a leading `v`. */
  readonly requires?: string;
  readonly licenses: readonly string[];
  readonly parameters: JsonObject;
  readonly messages: readonly { readonly role: MessageRole; readonly content: string }[];
  /** Parameters that were dropped, in the order of the file. */
  readonly deprecated: readonly string[];
}

/** Throws `bad_request` for parameters that don't exist or don't convert, and for a REQUIRES that is no version. */
export function collectContents(modelfile: Modelfile): ModelfileContents {
  const contents: { -readonly [K in keyof ModelfileContents]: ModelfileContents[K] } & {
    from: string[];
    drafts: string[];
    licenses: string[];
    messages: { role: MessageRole; content: string }[];
    deprecated: string[];
  } = { from: [], drafts: [], licenses: [], parameters: {}, messages: [], deprecated: [] };
  for (const command of modelfile) {
    switch (command.name) {
      case 'from':
        contents.from.push(command.value);
        break;
      case 'draft':
        contents.drafts.push(command.value);
        break;
      case 'license':
        contents.licenses.push(command.value);
        break;
      case 'message':
        contents.messages.push({ role: command.role, content: command.content });
        break;
      case 'requires':
        contents.requires = version(command.value);
        break;
      case 'parameter':
        if (isDeprecatedParameter(command.key)) contents.deprecated.push(command.key);
        else contents.parameters = addParameter(contents.parameters, command.key, command.value);
        break;
      default:
        contents[command.name] = command.value;
    }
  }
  return contents;
}

/** Semantic versions, also shortened to `1` or `1.2`, with or without `v`. */
function version(text: string): string {
  const number = '(?:0|[1-9]\\d*)';
  const identifiers = (part: string): string => `${part}(?:\\.${part})*`;
  const prerelease = `-${identifiers(`(?:${number}|\\d*[A-Za-z-][\\dA-Za-z-]*)`)}`;
  const build = `\\+${identifiers('[\\dA-Za-z-]+')}`;
  const pattern = `^v?${number}(?:\\.${number}(?:\\.${number}(?:${prerelease})?(?:${build})?)?)?$`;
  if (!new RegExp(pattern).test(text)) {
    throw new CriaError('bad_request', 'requires must be a valid semver (e.g. 0.14.0)');
  }
  return text.replace(/^v/, '');
}
