/** A text as it fits into so many columns: the last of them is `…` when it does not. A character counts as one column. */
export function cutText(text: string, columns: number): string {
  const characters = [...text];
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(0, columns - 1)).join("")}…`;
}
