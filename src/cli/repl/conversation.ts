/** The loop of a conversation: reads what is typed, steps the machine, does what comes out of it. */
import { ApiError } from '../../api/errors.ts';
import { raceAbort } from '../../util/race-abort.ts';
import { listTable } from '../commands/list.ts';
import type { CliContext } from '../context.ts';
import { messageOf } from '../failure.ts';
import { InterruptedError } from '../interrupt.ts';
import { AnswerDisplay } from '../run/answer-display.ts';
import { takeAttachments } from '../run/attachments.ts';
import { noInputError } from '../run/embed-once.ts';
import { traitsOf } from '../run/model-traits.ts';
import { fromChat, showAnswer } from '../run/show-answer.ts';
import { summaryText, truncationNotice } from '../run/summary.ts';
import { Progress } from '../terminal/progress.ts';
import { writeText } from '../terminal/write-text.ts';
import type { LineEditor } from './line-editor.ts';
import { isCollecting, type ReplState, step } from './machine.ts';
import { chatRequest, type Session, saveRequest, withMessage } from './session.ts';
import { showText } from './show.ts';
import type { Effect, ShowTopic } from './slash.ts';

const continuation = { text: '... ', placeholder: '', continuation: '... ' };
const prompt = { ...continuation, text: '>>> ', placeholder: 'Send a message (/? for help)' };

export class Conversation {
  readonly #editor: LineEditor;
  readonly #context: CliContext;
  #state: ReplState;

  constructor(editor: LineEditor, session: Session, context: CliContext) {
    this.#editor = editor;
    this.#context = context;
    this.#state = { session, draft: undefined };
  }

  /** Loads the model and converses until the user leaves. Throws when the model cannot be loaded, or shall not be after all. */
  async run(): Promise<void> {
    if (!(await this.#open(this.#state.session))) throw new InterruptedError();
    for (;;) {
      const input = await this.#editor.read(isCollecting(this.#state) ? continuation : prompt);
      const { state, effects } = step(this.#state, input);
      this.#state = state;
      for (const effect of effects) {
        if (effect.type === 'exit') return;
        await this.#perform(effect);
      }
    }
  }

  /** A request that fails is told and forgotten: the conversation goes on. */
  async #perform(effect: Exclude<Effect, { type: 'exit' }>): Promise<void> {
    const { stdout, stderr } = this.#context;
    try {
      if (effect.type === 'print') writeText(stdout, effect.text);
      else if (effect.type === 'history') this.#editor.setHistory(effect.isEnabled);
      else if (await this.#isConnected()) await this.#ask(effect);
    } catch (error) {
      stderr.write(`error: ${messageOf(error)}\n`);
    }
  }

  /** The server may have ended since the last turn; false when the user does not want to wait for a new one. */
  async #isConnected(): Promise<boolean> {
    const isThere = await this.#busy(async (signal) => {
      await raceAbort(this.#context.connect(), signal);
      return true;
    });
    return isThere === true;
  }

  async #ask(effect: Exclude<Effect, { type: 'exit' | 'print' | 'history' }>): Promise<void> {
    switch (effect.type) {
      case 'send':
        return this.#send(effect.text);
      case 'show':
        return this.#show(effect.topic);
      case 'list':
        return this.#list(effect.prefix);
      case 'load':
        return this.#load(effect.model);
      case 'save':
        return this.#save(effect.model);
    }
  }

  async #show(topic: ShowTopic): Promise<void> {
    const { client, stdout, stderr } = this.#context;
    const { session } = this.#state;
    const { model, system, options } = session;
    // The Modelfile tells what the session would be saved as; its parameters are told apart from the model's own.
    const request = topic === 'parameters' ? { model } : { model, system, options };
    const shown = await this.#busy((signal) => client.show(request, { signal }));
    if (shown !== undefined) writeText(topic === 'info' ? stderr : stdout, showText(topic, shown, session));
  }

  async #list(prefix: string): Promise<void> {
    const { client, stdout } = this.#context;
    const answer = await this.#busy((signal) => client.list({ signal }));
    if (answer !== undefined) writeText(stdout, listTable(answer.models, prefix, Date.now()));
  }

  async #send(text: string): Promise<void> {
    const { stdout, stderr, style, errorStyle, cwd, config } = this.#context;
    const { session } = this.#state;
    const { acceptsMedia } = session.traits;
    const attachments = await takeAttachments(text, { cwd, homeDir: config.homeDir, acceptsMedia });
    const { prompt: content, images, notes } = attachments;
    for (const note of notes) writeText(stderr, `${note}\n`);
    const asked = withMessage(session, {
      role: 'user',
      content,
      ...(images.length > 0 ? { images: [...images] } : {}),
    });
    const progress = new Progress(stderr);
    const answer = await this.#editor.busy((signal) => {
      if (progress.isLive) progress.spinner('');
      return showAnswer(this.#pieces(asked, signal), {
        display: new AnswerDisplay({ output: stdout, style, ...session }),
        signal,
        onStart: () => progress.clear(),
      });
    });
    // What was interrupted counts as said: the user can refer to it, or ask to go on.
    const message = {
      role: 'assistant',
      content: answer.content,
      ...(answer.thinking === '' ? {} : { thinking: answer.thinking }),
    };
    this.#state = { ...this.#state, session: answer.content === '' ? asked : withMessage(asked, message) };
    const notice = truncationNotice(answer.end);
    if (notice !== '') stderr.write(`${errorStyle.dim(notice)}\n\n`);
    if (session.isVerbose && answer.end !== undefined) stderr.write(`${summaryText(answer.end)}\n`);
  }

  async *#pieces(session: Session, signal: AbortSignal): AsyncGenerator<ReturnType<typeof fromChat>, void> {
    for await (const chunk of this.#context.client.chat(chatRequest(session), { signal }))
      yield fromChat(chunk);
  }

  async #load(model: string): Promise<void> {
    const { stdout } = this.#context;
    writeText(stdout, `Loading model '${model}'\n`);
    try {
      await this.#open({ ...this.#state.session, model, messages: [], system: '' });
    } catch (error) {
      if (!(error instanceof ApiError && error.isNotFound)) throw error;
      writeText(stdout, `Couldn't find model '${model}'\n`);
    }
  }

  /** Makes `session` the present one once its model is in memory; false when the user does not want to wait. */
  async #open(session: Session): Promise<boolean> {
    const { model, keepAlive } = session;
    const { stdout, stderr, style } = this.#context;
    const progress = new Progress(stderr);
    const traits = await this.#busy(async (signal) => {
      if (progress.isLive) progress.spinner(`loading ${model}`);
      try {
        const found = traitsOf(await this.#context.client.show({ model }, { signal }));
        if (found.embedsOnly) throw noInputError(model);
        await this.#context.client.load(model, { signal, ...(keepAlive === undefined ? {} : { keepAlive }) });
        return found;
      } finally {
        progress.clear();
      }
    });
    if (traits === undefined) return false;
    this.#state = { session: { ...session, traits }, draft: undefined };
    for (const { role, content } of traits.messages) {
      if (role === 'user') writeText(stdout, `${prompt.text}${content}\n`);
      if (role !== 'assistant') continue;
      const display = new AnswerDisplay({ output: stdout, style, ...session });
      display.content(content);
      display.end();
    }
    return true;
  }

  async #save(name: string): Promise<void> {
    const { stdout } = this.#context;
    const request = saveRequest(this.#state.session, name);
    try {
      const isSaved = await this.#busy(async (signal) => {
        for await (const _ of this.#context.client.create(request, { signal })); // done when it ends without an error
        return true;
      });
      if (isSaved === true) writeText(stdout, `Created new model '${name}'\n`);
    } catch (error) {
      if (!(error instanceof ApiError && error.message.includes('invalid model name'))) throw error;
      writeText(stdout, `error: The model name '${name}' is invalid\n`);
    }
  }

  /** undefined when Ctrl-C was pressed. */
  async #busy<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    return this.#editor.busy(async (signal) => {
      try {
        return await work(signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        throw error;
      }
    });
  }
}
