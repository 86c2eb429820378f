/** What can go wrong, what a run's exit status says of it, and how a person is told. */

import { describe } from "./text.ts";

/** Exit statuses. Promised in the README and never renumbered. */
export const EXIT = {
  done: 0,
  fault: 1,
  usage: 2,
  refused: 3,
  unusable: 4,
  unreachable: 5,
  output: 6,
  position: 7,
} as const;

/** Why a run can fail, apart from a fault of our own. */
export type FailureKind = Exclude<keyof typeof EXIT, "done" | "fault">;

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

  constructor(
    kind: FailureKind,
    message: string,
    details: {
      retryable: boolean;
      status?: number;
      retryAfter?: string | undefined;
      cause?: unknown;
    },
  ) {
    super(kind, message, { cause: details.cause });
    this.retryable = details.retryable;
    this.status = details.status;
    this.retryAfter = details.retryAfter;
  }
}

/** The run was ended by a signal, after what had to be finished was finished. */
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
  return EXIT.fault;
}

/** Says in one line what went wrong; with `stack`, also where and from which cause. */
export function explain(error: unknown, stack: boolean): string {
  const known = error instanceof Failure || error instanceof Interrupted;
  const line = known
    ? error.message
    : `Fault in siem-client itself, please report it: ${describe(error)}`;
  return stack && !(error instanceof Interrupted) ? `${line}\n${trace(error)}` : line;
}

function trace(error: unknown): string {
  const lines: string[] = [];
  for (let e = error; e instanceof Error && lines.length < 8; e = e.cause) {
    lines.push(e.stack ?? e.message);
  }
  return lines.join("\ncaused by ");
}
