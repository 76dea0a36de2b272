/** `cria show`: what a model is, or one of its parts word for word. */
import type { Command } from 'commander';
import type { ShowResponse } from '../../api/types.ts';
import type { CliContext } from '../context.ts';
import { modelSections } from '../model-sections.ts';
import { writeText } from '../terminal/write-text.ts';

const parts = ['license', 'modelfile', 'parameters', 'system', 'template'] as const;

type ShowFlags = { readonly [part in (typeof parts)[number]]?: true } & { readonly verbose?: true };

export function registerShow(program: Command, context: CliContext): void {
  program
    .command('show')
    .description('Show information for a model')
    .argument('<model>')
    .option('--license', 'show the license')
    .option('--modelfile', 'show the Modelfile')
    .option('--parameters', 'show the parameters')
    .option('--system', 'show the system message')
    .option('--template', 'show the template')
    .option('-v, --verbose', 'show detailed information')
    .action(async (model: string, flags: ShowFlags) => {
      const chosen = parts.filter((part) => flags[part]);
      if (chosen.length > 1) {
        throw new Error(
          "only one of '--license', '--modelfile', '--parameters', '--system', or '--template' can be specified",
        );
      }
      const isVerbose = flags.verbose === true;
      const shown = await (await context.connect()).show({ model, verbose: isVerbose });
      const [part] = chosen;
      const text = part === undefined ? modelSections(shown, isVerbose) : `${partOf(shown, part)}\n`;
      writeText(context.stdout, text);
    });
}

function partOf(shown: ShowResponse, part: (typeof parts)[number]): string {
  return shown[part] ?? '';
}
