/** The chat template of a model folder, wherever transformers kept it over the years. */

import type { ConfigReader } from '../config.ts';
import { isJsonObject } from '../config.ts';
import { conversionError } from '../error.ts';
import type { ModelFolder } from '../folder.ts';
import { maxTemplateBytes } from '../limits.ts';
import { type Metadata, text, texts } from '../metadata.ts';

/** chat_template.jinja, then chat_template.json, then tokenizer_config.json, where it may be a list of named ones. */
export async function chatTemplateMetadata(
  folder: ModelFolder,
  tokenizerConfig: ConfigReader | undefined,
): Promise<Metadata> {
  const file = await folder.readText('chat_template.jinja', maxTemplateBytes);
  if (file !== undefined) return [['tokenizer.chat_template', text(file)]];
  const value =
    (await folder.readJson('chat_template.json'))?.raw('chat_template') ??
    tokenizerConfig?.raw('chat_template');
  if (value === undefined) return [];
  if (typeof value === 'string') return [['tokenizer.chat_template', text(value)]];
  if (!Array.isArray(value)) throw conversionError('the chat template must be a text');
  const named = value.map((item): readonly [string, string] => {
    const { name, template } = isJsonObject(item) ? item : {};
    if (typeof name !== 'string' || typeof template !== 'string' || !/^[\w-]{1,64}$/.test(name))
      throw conversionError('a chat template must have a name and a text');
    return [name, template];
  });
  const others = named.filter(([name]) => name !== 'default');
  const list: Metadata =
    others.length > 0 ? [['tokenizer.chat_templates', texts(others.map(([name]) => name))]] : [];
  return [
    ...list,
    ...named.map(([name, template]) => {
      const key = name === 'default' ? 'tokenizer.chat_template' : `tokenizer.chat_template.${name}`;
      return [key, text(template)] as const;
    }),
  ];
}
