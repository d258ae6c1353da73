/** Takes a secret out of texts, wherever it stands in them. An undefined secret changes nothing. */
export type Redact = (text: string) => string;

/** Makes a {@link Redact}; also what JSON and URLs would make of the secret is taken out. */
export function redactor(secret: string | undefined): Redact {
  if (secret === undefined || secret === "") return (text) => text;
  const forms = [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])].sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((rest, form) => rest.replaceAll(form, "[password]"), text);
}
