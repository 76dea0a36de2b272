/** A model's description in sections, for `cria show` and `/show info`. */
import type { ShowResponse } from '../api/types.ts';
import type { JsonObject, JsonValue } from '../types/json.ts';
import { humanCount } from './format/bytes.ts';
import { formatTable } from './format/table.ts';

type Rows = readonly (readonly string[])[];

/** Columns that the items of an abbreviated list may take. */
const listColumns = 10;
/** Lines of long texts that are shown. */
const headLines = 2;

/** Sections without content are left out. `isVerbose` adds all metadata and tensors. */
export function modelSections(shown: ShowResponse, isVerbose: boolean): string {
  const sections: [header: string, rows: Rows][] = [
    ['Model', modelRows(shown)],
    ['Capabilities', (shown.capabilities ?? []).map((capability) => [capability])],
    ['Projector', projectorRows(shown.projector_info)],
    ['Parameters', linesOf(shown.parameters ?? '').map(parameterRow)],
  ];
  if (isVerbose) {
    const tensors = shown.tensors ?? [];
    sections.push(
      ['Metadata', metadataRows(shown.model_info)],
      ['Tensors', tensors.map(({ name, type, shape }) => [name, type, `[${shape.join(' ')}]`])],
    );
  }
  sections.push(['System', headOf(shown.system ?? '')], ['License', headOf(shown.license ?? '')]);
  return sections
    .filter(([, rows]) => rows.length > 0)
    .map(([header, rows]) => `  ${header}\n${formatTable(rows.map((row) => ['', ...row]))}\n`)
    .join('');
}

/** A name and its value, which may hold blanks of its own. */
function parameterRow(line: string): readonly string[] {
  const [name = ''] = line.split(/\s/, 1);
  return [name, line.slice(name.length).trimStart()];
}

function modelRows(shown: ShowResponse): Rows {
  const { model_info: info, details } = shown;
  const architecture = text(info['general.architecture']) || details.family;
  const count = info['general.parameter_count'];
  const rows = [
    ['Remote model', shown.remote_model ?? ''],
    ['Remote URL', shown.remote_host ?? ''],
    ['architecture', architecture],
    ['parameters', details.parameter_size || (typeof count === 'number' ? humanCount(count) : '')],
    ['context length', text(info[`${architecture}.context_length`])],
    ['embedding length', text(info[`${architecture}.embedding_length`])],
    ['quantization', details.quantization_level],
    ['requires', shown.requires ?? ''],
  ];
  return rows.filter(([, value]) => value !== '');
}

function projectorRows(info: JsonObject | undefined): Rows {
  if (info === undefined) return [];
  const architecture = text(info['general.architecture']);
  const count = info['general.parameter_count'];
  const rows = [
    ['architecture', architecture],
    ['parameters', typeof count === 'number' ? humanCount(count) : ''],
    ['embedding length', text(info[`${architecture}.vision.embedding_length`])],
    ['dimensions', text(info[`${architecture}.vision.projection_dim`])],
  ];
  return rows.filter(([, value]) => value !== '');
}

function metadataRows(info: JsonObject): Rows {
  return Object.keys(info)
    .sort()
    .map((key) => [key, text(info[key])]);
}

/** `[a b ...+7 more]` for lists. */
function text(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return '';
  if (!Array.isArray(value))
    return typeof value === 'object' ? JSON.stringify(value) : oneLine(String(value));
  const shown: string[] = [];
  let columns = 1;
  for (const item of value) {
    const itemText = text(item);
    columns += itemText.length + (shown.length > 0 ? 2 : 0);
    if (shown.length > 0 && columns > listColumns) break;
    shown.push(itemText);
  }
  const hidden = value.length - shown.length;
  return `[${shown.join(' ')}${hidden > 0 ? ` ...+${hidden} more` : ''}]`;
}

function oneLine(value: string): string {
  return value.replaceAll(/[\r\n\t]+/g, ' ');
}

function headOf(value: string): Rows {
  const lines = linesOf(value);
  const head = lines.slice(0, headLines).map((line) => [line]);
  return lines.length > headLines ? [...head, ['...']] : head;
}

/** Lines that are not empty, without the space around them. */
function linesOf(value: string): string[] {
  return value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
