/** How does memory grow? Without waiting for V8 to give back what was there before. */

/**
 * The same numbers in longer memory; the shorter one is no more. (Not by `transfer` alone, which writes to all
 * of the new memory: what is not written to takes none.)
 */
export function enlarged<Numbers extends Uint8Array | Uint32Array | Int32Array>(
  numbers: Numbers,
  length: number,
): Numbers {
  const larger = new (numbers.constructor as new (length: number) => Numbers)(length);
  larger.set(numbers);
  (numbers.buffer as ArrayBuffer).transfer(0);
  return larger;
}
