/** Texts of `/show`. */
import type { ShowResponse } from '../../api/types.ts';
import { modelSections } from '../model-sections.ts';
import type { Session } from './session.ts';
import type { ShowTopic } from './slash.ts';

const nameColumns = 30;

/** `shown` was asked for with the session's system message and options. */
export function showText(topic: ShowTopic, shown: ShowResponse, session: Session): string {
  switch (topic) {
    case 'info':
      return modelSections(shown, false);
    case 'license':
      return `${shown.license || 'No license was specified for this model.'}\n`;
    case 'modelfile':
      return `${shown.modelfile ?? ''}\n`;
    case 'parameters':
      return parametersText(shown, session);
    case 'system': {
      const system = session.system || shown.system;
      return system ? `${system}\n\n` : 'No system message was specified for this model.\n';
    }
    case 'template':
      return `${shown.template || 'No prompt template was specified for this model.'}\n`;
  }
}

function parametersText(shown: ShowResponse, session: Session): string {
  const ofModel = shown.parameters
    ? shown.parameters.split('\n')
    : ['No additional parameters were specified for this model.'];
  const ofUser = Object.entries(session.options).map(
    ([name, value]) =>
      `${name.padEnd(nameColumns)} ${Array.isArray(value) ? JSON.stringify(value) : String(value)}`,
  );
  const model = `Model defined parameters:\n${indented(ofModel)}\n`;
  return ofUser.length === 0 ? model : `${model}User defined parameters:\n${indented(ofUser)}\n`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}\n`).join('');
}
