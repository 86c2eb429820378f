/** How is a text broken into lines? */

/** A text in lines of at most `width` characters, as far as its words let that be. */
export function wrapped(text: string, width: number, lineBreak = "\n"): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (longer.length > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines.join(lineBreak);
}
