/** How many files an explanation tells of at most, for each of its lists. */
export const mostToldFiles = 1000;

/** And how many bytes their paths may have together: a game may choose long names, and an answer must stay below 4 MiB. */
const mostPathBytes = 512 * 1024;

/** The first files, as many as an answer can hold. */
export function toldFiles<File extends { readonly path: string }>(files: readonly File[]): readonly File[] {
  let bytes = 0;
  const end = files.slice(0, mostToldFiles).findIndex(({ path }) => {
    bytes += Buffer.byteLength(path);
    return bytes > mostPathBytes;
  });
  return files.slice(0, end === -1 ? mostToldFiles : end);
}
