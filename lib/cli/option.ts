/** What is there to say about one option? */

/** One option. */
export interface Option<Name extends string = string> {
  /** Its name without hyphens; one of one letter is typed with one hyphen. */
  readonly name: Name;
  /** A letter that means the same. */
  readonly short?: string;
  /** What stands for its value in the help; an option that has none is a flag. */
  readonly value?: string;
  /** All values that there are, where that can be said. */
  readonly values?: readonly string[];
  /** Whether its value is the path of a file. */
  readonly file?: true;
  /** Whether every value counts. Of other options the last one does. */
  readonly addsUp?: true;
  /** A short line on it, at most 57 characters: all that `-h` and the completions show. */
  readonly help: string;
  /** What follows that line in the help and in the manual page. */
  readonly more?: string;
  /** Whether it is one of those that `-h` shows. */
  readonly common?: true;
  /** The option without which it makes no sense. */
  readonly needs?: { readonly option: Name; readonly why?: string };
  /** Options with which it makes no sense. */
  readonly notWith?: readonly { readonly option: Name; readonly why: string }[];
  /** Why it makes no sense where files are searched. */
  readonly notWithFiles?: string;
}

/** An option as it is typed. */
export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

/** All the ways in which an option is typed, the short one first. */
export function spellings({ name, short }: Option): string[] {
  return [...(short === undefined ? [] : [dashed(short)]), dashed(name)];
}
