import type { AgentSummary, Message, ParsedConfig, Runtime } from "../sparewheel.js";
import type { Decision, ElicitationAnswer, SessionOptions } from "../sparewheel.js";

/** docker-agent's options; ours (`tools`, `hooks`, ...) may be given beside them. */
export interface DockerAgentOptions extends Omit<SessionOptions, "env"> {
  /** What is no text is turned into text; null and undefined are left out. */
  env?: Record<string, unknown>;
}

export interface DockerAgentResult {
  message: { role: "assistant"; content: string };
  usage?: { input_tokens: number; output_tokens: number };
}

export interface DockerAgentSession {
  send(prompt: string): Promise<DockerAgentResult>;
  confirm(decision: Decision, reason?: string): Promise<void>;
  respondToElicitation(answer: ElicitationAnswer): Promise<void>;
  restart(): Promise<void>;
  abort(): void;
  close(): Promise<void>;
}

/** Events have the fields of docker-agent's, and more; types that docker-agent does not send come as well. */
export type DockerAgentHandler = (event: any) => unknown;

export interface DockerAgent {
  /** A promise here, where docker-agent returns the value: add `await`. */
  parseConfig(yaml: string): Promise<ParsedConfig>;
  /** A promise here, where docker-agent returns the value: add `await`. */
  listAgents(yaml: string): Promise<AgentSummary[]>;
  createSession(options: DockerAgentOptions, onEvent?: DockerAgentHandler): Promise<DockerAgentSession>;
  chat(options: DockerAgentOptions & { messages: Message[] }, onEvent?: DockerAgentHandler): Promise<DockerAgentResult>;
  abort(): void;
}

/** The object that `globalThis.dockerAgent` is, on a runtime of your own. */
export function dockerAgent(starting: Promise<Runtime>): DockerAgent;

declare global {
  var dockerAgent: DockerAgent;
}
