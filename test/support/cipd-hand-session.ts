import type { PluginSession } from "../../src/cipd/plugin-server.ts";
import type {
  ListMetadataResponse,
  LogRequest,
  ResolveAdmissionRequest,
} from "../../src/cipd/wire.ts";

/** A session that writes down what it hears; `first` is done with each call, and may throw. */
export class HandSession implements PluginSession {
  readonly heard: string[] = [];
  readonly #first: () => void;

  constructor(first: () => void = () => {}) {
    this.#first = first;
  }

  listAdmissions(): void {
    this.#hear("list");
  }

  disconnected(): void {
    this.heard.push("disconnected");
  }

  resolveAdmission({ admissionId }: ResolveAdmissionRequest): void {
    this.#hear(`resolve ${admissionId}`);
  }

  log({ message }: LogRequest): void {
    this.#hear(`log ${message}`);
  }

  listMetadata(): Promise<ListMetadataResponse> {
    this.#hear("metadata");
    return Promise.resolve({ metadata: [], nextPageToken: "" });
  }

  #hear(what: string): void {
    this.#first();
    this.heard.push(what);
  }
}
