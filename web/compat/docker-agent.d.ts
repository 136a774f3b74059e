import type { AgentSummary, Confirmation, Message, ParsedConfig, Runtime } from "../sparewheel.js";
import type { DecisionName, ElicitationAnswer, SessionOptions } from "../sparewheel.js";

/** docker-agent's options; those of `createSession` (`tools`, `hooks`, ...) may be given as well. */
export interface DockerAgentOptions extends Omit<SessionOptions, "env"> {
  /** Values that are not text are converted to text; null and undefined are left out. */
  env?: Record<string, unknown>;
}

export interface DockerAgentResult {
  message: { role: "assistant"; content: string };
  usage?: { input_tokens: number; output_tokens: number };
}

/** The names of docker-agent for `approve_read_only` and `approve_all`, beside those of `session.confirm`. */
export type DockerAgentDecisionName = DecisionName | "approve_balanced" | "approve_autonomous";

/** true approves; false and every other value rejects. */
export type DockerAgentDecision =
  | DockerAgentDecisionName
  | boolean
  | null
  | undefined
  | (Omit<Confirmation, "decision"> & { decision?: DockerAgentDecisionName | boolean | null });

export interface DockerAgentSession {
  send(prompt: string): Promise<DockerAgentResult>;
  confirm(decision: DockerAgentDecision, reason?: string): Promise<void>;
  respondToElicitation(answer: ElicitationAnswer): Promise<void>;
  restart(): Promise<void>;
  abort(): void;
  close(): Promise<void>;
}

/** Events have the fields of docker-agent's, and more; there are more types of events, too. */
export type DockerAgentHandler = (event: any) => unknown;

export interface DockerAgent {
  /** The outline of a file; `createSession` checks the whole file. Throws if it is not YAML or has no agents. */
  parseConfig(yaml: string): Omit<ParsedConfig, "reach" | "key_line">;
  /** The facts for a menu of agents. Throws like `parseConfig`. */
  listAgents(yaml: string): AgentSummary[];
  createSession(options: DockerAgentOptions, onEvent?: DockerAgentHandler): Promise<DockerAgentSession>;
  chat(options: DockerAgentOptions & { messages: Message[] }, onEvent?: DockerAgentHandler): Promise<DockerAgentResult>;
  abort(): void;
}

/** The object that `globalThis.dockerAgent` is, on a runtime of your own. */
export function dockerAgent(starting: Promise<Runtime>): DockerAgent;

declare global {
  var dockerAgent: DockerAgent;
}
