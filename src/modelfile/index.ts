/** The doors of this room. */
export { collectContents, type ModelfileContents } from './contents.ts';
export { decodeModelfile } from './encoding.ts';
export { formatCommand, formatModelfile } from './formatter.ts';
export { convertParameter, parameterTypes } from './parameters.ts';
export { parseModelfile } from './parser.ts';
export type { MessageRole, Modelfile, ModelfileCommand } from './types.ts';
