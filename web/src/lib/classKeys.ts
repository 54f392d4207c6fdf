/** Which key stands for which class. Pure. */

const kDigits = '1234567890';

/** A key a class: its own name where all are digits, else 1 to 9 and 0; classes beyond have none. */
export function classKeys(classes: readonly string[]): (string | undefined)[] {
  const named = classes.every((name) => name.length === 1 && kDigits.includes(name));
  return classes.map((name, i) => (named ? name : kDigits[i]));
}
