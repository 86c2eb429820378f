/** What can go wrong, which exit status says so, and in which words is a person told? */

import { describe } from "./text.ts";

/** Exit statuses. Promised in the README and never renumbered. */
export const EXIT = {
  done: 0,
  bug: 1,
  usage: 2,
  refused: 3,
  unusable: 4,
  unreachable: 5,
  output: 6,
  position: 7,
} as const;

/** Why a run can fail, apart from a bug in this program. */
export type FailureKind = Exclude<keyof typeof EXIT, "done" | "bug">;

/** A failure that a person can do something about. The message is one sentence, written for them. */
export class Failure extends Error {
  override readonly name: string = "Failure";

  constructor(readonly kind: FailureKind, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** A mistake in what was asked for. */
export function usageFailure(message: string): Failure {
  return new Failure("usage", message);
}

/** One call to the service that failed, with what a retry needs to know of it. */
export class CallFailure extends Failure {
  override readonly name = "CallFailure";
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** HTTP status; absent where no answer came. */
  readonly status: number | undefined;
  /** The answer's `Retry-After` header, as it came. */
  readonly retryAfter: string | undefined;
  /** Until when the service asked not to be called, in milliseconds since 1970. */
  readonly retryAt: number | undefined;

  constructor(
    kind: FailureKind,
    message: string,
    details: {
      retryable: boolean;
      status?: number | undefined;
      retryAfter?: string | undefined;
      retryAt?: number | undefined;
      cause?: unknown;
    },
  ) {
    super(kind, message, { cause: details.cause });
    this.retryable = details.retryable;
    this.status = details.status;
    this.retryAfter = details.retryAfter;
    this.retryAt = details.retryAt;
  }
}

/** A signal ended the run, after what had to be finished was finished. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor(readonly signal: string, readonly number: number) {
    super(`Ended by ${signal}`);
  }
}

/** The exit status for whatever was thrown. */
export function exitStatus(error: unknown): number {
  if (error instanceof Failure) return EXIT[error.kind];
  if (error instanceof Interrupted) return 128 + error.number;
  return EXIT.bug;
}

/** What went wrong, in one sentence. */
export function explain(error: unknown): string {
  if (error instanceof Failure || error instanceof Interrupted) return error.message;
  return `This is a bug in siem-client, please report it: ${describe(error)}`;
}

const MAX_CAUSES = 8;

/** Where in the program it went wrong, and from which causes, in lines; none for a signal. */
export function traceOf(error: unknown): string[] {
  const traces: string[] = [];
  for (let e = error; e instanceof Error && traces.length < MAX_CAUSES; e = e.cause) {
    if (!(e instanceof Interrupted)) traces.push(e.stack ?? e.message);
  }
  return traces.length === 0 ? [] : traces.join("\ncaused by ").split("\n");
}
