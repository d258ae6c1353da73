/** Cuts a text to at most `bytes` of UTF-8, ending it with "…" where something is missing. */
export function clipEnd(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const kept = wholeCharacters(
    Buffer.from(text)
      .subarray(0, Math.max(bytes - ellipsisBytes, 0))
      .toString(),
  );
  return `${kept}…`;
}

/** Cuts a text from the front, because what a process wrote last says why it failed. */
export function clipStart(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  if (encoded.length <= bytes) return text;
  const kept = wholeCharacters(encoded.subarray(encoded.length - Math.max(bytes - ellipsisBytes, 0)).toString());
  return `…${kept}`;
}

const ellipsisBytes = Buffer.byteLength("…");

/** Removes the replacement characters that a cut through a character leaves at either end. */
function wholeCharacters(text: string): string {
  return text.replace(/^\uFFFD+|\uFFFD+$/g, "");
}
