/** Building filter texts (docs/guide/query.md): quoting, joining, adding a condition. Pure. */

export function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** The filter language's name of an attribute; names it cannot say give null. */
export function attributeName(name: string): string | null {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : null;
}

export type AttributeKind = 'text' | 'number' | 'truth';

export function condition(name: string, kind: AttributeKind, value: string): string {
  return `${name} = ${kind === 'text' ? quoted(value) : value}`;
}

export function isEverything(where: string | undefined): boolean {
  const text = (where ?? '').trim().toLowerCase();
  return text === '' || text === 'true';
}

/** All conditions together; everything-filters vanish. */
export function both(...filters: (string | undefined)[]): string {
  const parts = filters.filter((f): f is string => !isEverything(f));
  if (parts.length === 0) return '';
  if (parts.length === 1) return parts[0] ?? '';
  return parts.map((p) => (/\bOR\b/i.test(p) ? `(${p})` : p)).join(' AND ');
}
