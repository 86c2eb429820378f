/**
 * Which functions of the standard library does the project use? deno-std has all of it as one npm package,
 * without type declarations.
 */

declare module "@std/async/delay" {
  /** Resolves after so many milliseconds, however many; rejects with the signal's reason. */
  export function delay(ms: number, options?: { signal?: AbortSignal }): Promise<void>;
}

declare module "@std/cli/parse-args" {
  /** Parses a command line; every option named in `string` and `collect` becomes a `string[]`. */
  export function parseArgs<Name extends string>(
    args: readonly string[],
    options: {
      string: readonly Name[];
      collect: readonly Name[];
      alias: Readonly<Record<string, Name>>;
      /** Called for each thing that is not declared; `false` leaves it out of the result. */
      unknown: (argument: string, key?: string, value?: unknown) => boolean;
    },
  ): Record<Name, string[]> & { _: (string | number)[] };
}

declare module "@std/text/closest-string" {
  /** The one of `possibleWords` with the smallest edit distance from `givenWord`. */
  export function closestString(givenWord: string, possibleWords: readonly string[]): string;
}

declare module "@std/async/deadline" {
  /**
   * What a promise comes to, where that is within `ms` milliseconds. Throws DOMException (TimeoutError)
   * where it is not, or the signal's reason.
   */
  export function deadline<T>(
    promise: Promise<T>,
    ms: number,
    options?: { signal?: AbortSignal },
  ): Promise<T>;
}

declare module "@std/bytes/concat" {
  /** The bytes of all, one after the other. */
  export function concat(parts: readonly Uint8Array[]): Uint8Array;
}

declare module "@std/bytes/equals" {
  /** Whether both hold the same bytes. */
  export function equals(one: Uint8Array, other: Uint8Array): boolean;
}

declare module "@std/text/levenshtein-distance" {
  /** How many characters have to be put in, taken out or changed to turn one text into the other. */
  export function levenshteinDistance(one: string, other: string): number;
}

declare module "@std/assert" {
  export function assert(condition: unknown, message?: string): asserts condition;
  export function assertEquals<T>(actual: T, expected: T, message?: string): void;
  export function assertMatch(actual: string, expected: RegExp, message?: string): void;
  export function assertStringIncludes(actual: string, expected: string, message?: string): void;
  export function assertThrows(fn: () => unknown, type?: unknown, includes?: string): Error;
  export function assertRejects(
    fn: () => Promise<unknown>,
    type?: unknown,
    includes?: string,
  ): Promise<Error>;
}

declare module "@std/csv/parse" {
  /** The cells of each row of a CSV text. Throws SyntaxError. */
  export function parse(text: string): string[][];
}

declare module "@std/csv/stringify" {
  /** Rows as CSV (RFC 4180), each ended by CR LF; a cell with CR alone is not put in quotes. */
  export function stringify(rows: readonly (readonly string[])[]): string;
}

declare module "@std/data-structures/binary-heap" {
  /** A heap of which the first by `compare` is at hand. */
  export class BinaryHeap<T> {
    constructor(compare: (one: T, other: T) => number);
    readonly length: number;
    peek(): T | undefined;
    pop(): T | undefined;
    push(...values: T[]): number;
  }
}

declare module "@std/encoding/base64" {
  /** Base64 with padding; text is encoded as UTF-8 first. */
  export function encodeBase64(data: string | Uint8Array): string;
  /** What some base64 stands for. Throws TypeError where it is none. */
  export function decodeBase64(text: string): Uint8Array;
}

declare module "@std/encoding/hex" {
  /** Two small hexadecimal digits a byte. */
  export function encodeHex(data: Uint8Array): string;
}

declare module "@std/path/posix/basename" {
  /** The last part of a path. */
  export function basename(path: string): string;
}

declare module "@std/path/windows/basename" {
  /** The last part of a path. */
  export function basename(path: string): string;
}

declare module "@std/path/posix/dirname" {
  /** The directory part of a path, in the notation of this system. */
  export function dirname(path: string): string;
}

declare module "@std/path/windows/dirname" {
  /** The directory part of a path, in the notation of this system. */
  export function dirname(path: string): string;
}

declare module "@std/path/join" {
  /** Puts parts together into a path, in the notation of this system. */
  export function join(...parts: string[]): string;
}

declare module "@std/path/from-file-url" {
  /** The path that a `file:` address names. */
  export function fromFileUrl(url: URL): string;
}

declare module "@std/yaml/parse-all" {
  /** The documents of a YAML text. Throws YamlSyntaxError. */
  export function parseAll(text: string): unknown;
}

declare module "@std/fs/walk" {
  /** What `walk` came across. */
  export interface WalkEntry {
    readonly path: string;
    readonly name: string;
    readonly isFile: boolean;
    readonly isDirectory: boolean;
    readonly isSymlink: boolean;
  }
  /** A folder and all below it, in no particular order. */
  export function walk(
    root: string | URL,
    options?: { maxDepth?: number; includeDirs?: boolean; exts?: string[]; match?: RegExp[] },
  ): AsyncIterableIterator<WalkEntry>;
}
