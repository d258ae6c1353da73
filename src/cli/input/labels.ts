import { UsageError } from "../failures/usage-error.ts";

/** Reads `key=value` texts. The host checks keys and values. @throws UsageError */
export function parseLabels(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      if (at < 1) throw new UsageError(`"${text}" is not a label: use KEY=VALUE`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
