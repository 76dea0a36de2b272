/** What a conversation consists of besides the lines on the screen. Values; every change makes a new one. */
import type { ChatRequest, CreateRequest, WireMessage } from '../../api/types.ts';
import type { JsonObject, JsonValue } from '../../types/json.ts';
import type { Think } from '../run/flags.ts';
import { effectiveThink, type ModelTraits } from '../run/model-traits.ts';

export interface Session {
  readonly model: string;
  readonly traits: ModelTraits;
  /** Turns since the beginning or the last `/clear`; the model's own stored turns are not among them. */
  readonly messages: readonly WireMessage[];
  /** As set by `/set system`; '' = the model's own. */
  readonly system: string;
  readonly options: JsonObject;
  readonly format: JsonValue | undefined;
  /** What the user asked for; undefined = think if the model can. */
  readonly think: Think | undefined;
  readonly keepAlive: string | number | undefined;
  readonly hidesThinking: boolean;
  readonly isWordWrap: boolean;
  readonly isVerbose: boolean;
}

/** A system message takes effect from here on; two in a row are one. */
export function withSystem(session: Session, system: string): Session {
  const isLast = session.messages.at(-1)?.role === 'system';
  const before = isLast ? session.messages.slice(0, -1) : session.messages;
  return { ...session, system, messages: [...before, { role: 'system', content: system }] };
}

export function withMessage(session: Session, message: WireMessage): Session {
  return { ...session, messages: [...session.messages, message] };
}

/** Forgets the turns, but not the system message. */
export function cleared(session: Session): Session {
  const messages = session.system === '' ? [] : [{ role: 'system', content: session.system }];
  return { ...session, messages };
}

export function chatRequest(session: Session): ChatRequest {
  const think = effectiveThink(session.think, session.traits);
  return {
    model: session.model,
    messages: [...session.messages],
    options: session.options,
    ...(session.format === undefined ? {} : { format: session.format }),
    ...(session.keepAlive === undefined ? {} : { keep_alive: session.keepAlive }),
    ...(think === undefined ? {} : { think }),
  };
}

/** The conversation as a model: the present one with the session's system message, parameters and turns on top. */
export function saveRequest(session: Session, name: string): CreateRequest {
  // A create request has a place of its own for the system message.
  const turns = session.messages.filter(
    ({ role, content }) => role !== 'system' || content !== session.system,
  );
  const messages = [...session.traits.messages, ...turns];
  return {
    model: name,
    from: session.model,
    ...(session.system === '' ? {} : { system: session.system }),
    ...(Object.keys(session.options).length === 0 ? {} : { parameters: session.options }),
    ...(turns.length === 0 ? {} : { messages }),
  };
}
