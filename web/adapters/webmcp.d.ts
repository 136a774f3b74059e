import type { HostTool, Session } from "../sparewheel.js";

/** A tool that a page has registered, as `getTools` gives it. In some drafts `inputSchema` is JSON text, and inputs are too. */
export interface RegisteredTool {
  name: string;
  description?: string;
  inputSchema?: unknown;
  annotations?: { readOnlyHint?: boolean } | null;
  origin?: string;
}

/** What is used of WebMCP's `ModelContext`. */
export interface ModelContext {
  registerTool?(tool: any, options?: { signal?: AbortSignal }): unknown;
  unregisterTool?(name: string): unknown;
  getTools?(): Promise<RegisteredTool[]>;
  executeTool?(tool: RegisteredTool, input: any, options?: { signal?: AbortSignal }): Promise<unknown>;
}

export interface PageToolsOptions {
  /** Default: that of the browser. */
  context?: ModelContext | null;
  /** The origins whose tools are taken: frames may have some. Default: the page's own. */
  origins?: readonly (string | undefined)[];
  /** Calls of tools that are said to change nothing need no approval. Default: false, so that each call is asked about. */
  readOnlyHints?: boolean;
}

export interface OfferOptions {
  name: string;
  description: string;
  /** Asks the user whether the agent is to be given this prompt. Only `true` allows it. */
  allow: (prompt: string) => unknown;
  context?: ModelContext | null;
}

/** The browser's `modelContext`; null if it has none. */
export function modelContext(): ModelContext | null;

/**
 * The tools that are registered now, for `createSession({tools})`; none where the browser has no WebMCP. Descriptions and
 * results come from the page: what it can be made to say reaches the model. Tools whose names are the same to a session
 * (letters, digits, `_`, `-`, at most 64) are left out but for the first.
 */
export function pageTools(options?: PageToolsOptions): Promise<Record<string, HostTool>>;

/**
 * Registers the session as a tool of this page, which takes a prompt and returns the text of the answer. Resolves with null
 * where the browser has no WebMCP. What the agent's own tools may do is still asked by the session's events.
 */
export function offerSession(session: Session, options: OfferOptions): Promise<{ unregister(): void } | null>;
