/** Puts values in the places `@NAME@` of a text. @throws Error for a place without a value */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the template has a place @${name}@ and nothing for it`);
    return value;
  });
}
