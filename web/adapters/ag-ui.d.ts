import type { Event, Session } from "../sparewheel.js";

/** An event of AG-UI 1.0. See `@ag-ui/core`, whose schemas all of them match. */
export type AGUIEvent = { type: string; [key: string]: any };

export interface AGUIOptions {
  threadId: string;
  /** Default: the turn. */
  runId?: string;
  /**
   * The messages of the thread. With them, `MESSAGES_SNAPSHOT` takes back what a failed attempt has streamed; without, only
   * the event `sparewheel.discard` tells which messages are void.
   */
  messages?: readonly any[];
  /**
   * "interrupt" (the default): where the turn goes on only after an approval, the run ends with interrupts, one for each
   * call; what follows is another run. "custom": the run goes on, and `sparewheel.tool_confirmation` tells of the question.
   */
  approvals?: "interrupt" | "custom";
  /** The URL of a file of the answer, which AG-UI has no message for: see `sparewheel.media`. Default: `blob:` or `data:`. */
  fileUrl?: (event: Extract<Event, { type: "media" }>) => string;
}

/** Maps the events of one turn, one by one. What AG-UI has no event for is `CUSTOM`, named `sparewheel.` and our type. */
export interface AGUIMapper {
  /** Events after the terminal one, and those outside of turns, give none. */
  push(event: Event): AGUIEvent[];
  /** Ends the run of a log that has no terminal event, as cancelled. */
  end(): AGUIEvent[];
  /** Begins the run that follows an interrupted one. */
  next(run: { runId: string; messages?: readonly any[] }): AGUIEvent[];
  /** Whether the run has ended with interrupts, and the turn has not. */
  readonly interrupted: boolean;
  readonly ended: boolean;
}

export function createAGUIMapper(options: AGUIOptions): AGUIMapper;

/** The events of a turn's events: one run, or several if calls were asked about. The last event ends the last run. */
export function toAGUIEvents(events: Iterable<Event>, options: AGUIOptions): AGUIEvent[];

export interface ResumeEntry {
  /** The `id` of the interrupt: the one of the question. */
  interruptId: string;
  status: "resolved" | "cancelled";
  /** `{approved, reason?}`; anything but `approved: true` rejects the call. */
  payload?: any;
}

/** What is read of AG-UI's `RunAgentInput`. */
export interface RunInput {
  threadId: string;
  runId: string;
  /** The last one is the user's, unless `resume` answers interrupts. */
  messages: readonly any[];
  resume?: readonly ResumeEntry[];
}

/** A session as an agent: each run is a turn, or the rest of one that was interrupted. */
export class SparewheelAgent {
  constructor(options: { session: Session });
  /** Leaving the loop early aborts the turn, and so does `signal`. */
  run(input: RunInput, options?: { signal?: AbortSignal }): AsyncGenerator<AGUIEvent, void, undefined>;
}
