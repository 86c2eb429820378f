/**
 * How is SHA-256 made of four messages side by side? A WebAssembly program, put together here instruction by
 * instruction, that works on four 32-bit numbers at once. (FIPS 180-4, 6.2, names what is done.)
 */

/** Where things lie in the program's memory, in bytes. Each word of four messages takes 16 bytes. */
const CONSTANTS = 0, SCHEDULE = 256;
/** The eight words of the state of each message: a word of all four, then the next. */
export const STATE = 512;
/** What is read begins here. */
export const INPUT = 1024;
export const BLOCK_BYTES = 64;

/** The program: memory, and `run`, which takes so many blocks of each message on from where each lies. */
export interface Program {
  readonly memory: WebAssembly.Memory;
  run(at0: number, at1: number, at2: number, at3: number, blocks: number): void;
}

const I32 = 0x7f, V128 = 0x7b, FUNCTION = 0x60, NO_RESULT = 0x40;
/** Instructions, within each other: they are put in a row once, which takes a tenth of the time. */
type Code = readonly (number | Code)[];

/** An unsigned number as WebAssembly writes it (LEB128). */
function leb(number: number): number[] {
  return number < 0x80 ? [number] : [number & 0x7f | 0x80, ...leb(number >>> 7)];
}

/** The same of a signed one. */
function signed(number: number): number[] {
  if (number >= -64 && number < 64) return [number & 0x7f];
  return [number & 0x7f | 0x80, ...signed(number >> 7)];
}

const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const tee = (local: number): Code => [0x22, local];
const number = (value: number): Code => [0x41, signed(value)];
const vector = (code: number, ...more: Code): Code => [0xfd, leb(code), more];
const load = (offset: number): Code => [number(offset), vector(0, 4, 0)];
const store = (offset: number, value: Code): Code => [
  number(offset),
  value,
  vector(11, 4, 0),
];
const XOR = 0x51, OR = 0x50, SELECT = 0x52, LEFT = 0xab, RIGHT = 0xad, ADD = 0xae;
/** Two values or more to one. */
const joined = (code: number, first: Code, ...rest: Code[]): Code => [
  first,
  rest.map((value) => [value, vector(code)]),
];
const shifted = (code: number, value: Code, bits: number): Code => [
  value,
  number(bits),
  vector(code),
];
const rotated = (value: Code, bits: number): Code =>
  joined(OR, shifted(RIGHT, value, bits), shifted(LEFT, value, 32 - bits));
/** Bits of `one` where `choice` has a bit, else of `other`. */
const select = (choice: Code, one: Code, other: Code): Code => [
  one,
  other,
  choice,
  vector(SELECT),
];

/** What the locals hold: where to read, how many blocks, how many bytes of constants are used, then vectors. */
const BLOCKS = 4, USED = 5, LETTERS = 6, SUM = 14, WORD = 15;

/** Reads a word of each message, which has its highest byte first. */
function readWord(index: number): Code {
  const at = 4 * index;
  const swap = Array.from({ length: 16 }, (_, byte) => byte ^ 3);
  return store(SCHEDULE + 16 * index, [
    [3, 2, 1, 0].map(get),
    vector(0x5c, 2, at),
    [1, 2, 3].map((lane) => vector(0x56, 2, at, lane)),
    tee(WORD),
    get(WORD),
    vector(0x0d, ...swap),
  ]);
}

/** Makes the word that takes the place of one in the schedule, sixteen rounds later. */
function nextWord(index: number): Code {
  const place = (ahead: number) => SCHEDULE + 16 * ((index + ahead) % 16);
  const mixed = (ahead: number, one: number, two: number, shift: number): Code => [
    load(place(ahead)),
    set(WORD),
    joined(
      XOR,
      rotated(get(WORD), one),
      rotated(get(WORD), two),
      shifted(RIGHT, get(WORD), shift),
    ),
  ];
  const sum = joined(
    ADD,
    load(place(0)),
    mixed(1, 7, 18, 3),
    load(place(9)),
    mixed(14, 17, 19, 10),
  );
  return store(place(0), sum);
}

/** One of 64 rounds, the constants being those from `USED` on. The letters a to h move by one each round. */
function round(index: number): Code {
  const [a, b, c, d, e, f, g, h] = Array.from(
    { length: 8 },
    (_, letter) => LETTERS + (letter - index + 16) % 8,
  ) as [number, number, number, number, number, number, number, number];
  const sums = (letter: number, ...bits: [number, number, number]) =>
    joined(
      XOR,
      rotated(get(letter), bits[0]),
      rotated(get(letter), bits[1]),
      rotated(get(letter), bits[2]),
    );
  const constant = [get(USED), vector(9, 2, leb(CONSTANTS + 4 * index))];
  return [
    joined(
      ADD,
      get(h),
      sums(e, 6, 11, 25),
      select(get(e), get(f), get(g)),
      constant,
      load(SCHEDULE + 16 * index),
    ),
    set(SUM),
    joined(ADD, get(d), get(SUM)),
    set(d),
    joined(
      ADD,
      get(SUM),
      sums(a, 2, 13, 22),
      select(joined(XOR, get(a), get(b)), get(c), get(b)),
    ),
    set(h),
  ];
}

function block(): Code {
  const sixteen = <Made>(make: (index: number) => Made) =>
    Array.from({ length: 16 }, (_, i) => make(i));
  const eight = (make: (letter: number, place: number) => Code) =>
    Array.from({ length: 8 }, (_, i) => make(LETTERS + i, STATE + 16 * i));
  const moveOn = [get(USED), number(64), 0x6a, tee(USED)];
  return [
    sixteen(readWord),
    eight((letter, place) => [load(place), set(letter)]),
    number(0),
    set(USED),
    // Three times sixteen rounds, and the last sixteen, which need no later words.
    [0x03, NO_RESULT],
    sixteen((index) => [round(index), nextWord(index)]),
    [moveOn, number(192), 0x48, 0x0d, 0, 0x0b],
    sixteen(round),
    eight((letter, place) => store(place, joined(ADD, load(place), get(letter)))),
  ];
}

function body(): Code {
  const moved = [0, 1, 2, 3].map((local) => [get(local), number(BLOCK_BYTES), 0x6a, set(local)]);
  const again = [get(BLOCKS), number(1), 0x6b, tee(BLOCKS), 0x0d, 0];
  const locals = [2, 1, I32, WORD - USED, V128];
  return [locals, 0x03, NO_RESULT, block(), moved, again, 0x0b, 0x0b];
}

/** Makes the program, with so many pages (64 KiB) of memory. */
export function createProgram(constants: Uint32Array, pages: number): Program {
  const flat = (code: Code) => code.flat(Infinity as 1) as number[];
  const counted = (code: Code) => {
    const row = flat(code);
    return [leb(row.length), row];
  };
  const section = (id: number, ...content: Code) => [id, counted(content)];
  const name = (text: string) => counted([...new TextEncoder().encode(text)]);
  const bytes = Uint8Array.from(flat([
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    section(1, 1, FUNCTION, 5, I32, I32, I32, I32, I32, 0),
    section(3, 1, 0),
    section(5, 1, 1, leb(pages), leb(pages)),
    section(7, 2, name("memory"), 2, 0, name("run"), 0, 0),
    section(10, 1, counted(body())),
  ]));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const program = exports as unknown as Program;
  new Uint32Array(program.memory.buffer, CONSTANTS, constants.length).set(constants);
  return program;
}
