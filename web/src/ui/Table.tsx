/** Plain tables: text to the left, numbers to the right, a row may lead somewhere. */
import clsx from 'clsx';
import type { ReactNode } from 'react';
import styles from './Table.module.css';

export interface Column<T> {
  key: string;
  title: ReactNode;
  cell: (row: T) => ReactNode;
  number?: boolean;
  grow?: boolean;
  quiet?: boolean;
}

interface TableProps<T> {
  columns: Column<T>[];
  rows: T[];
  rowKey: (row: T) => string;
  caption: string;
  selected?: (row: T) => boolean;
}

export function Table<T>({ columns, rows, rowKey, caption, selected }: TableProps<T>) {
  return (
    <div className={styles.frame}>
      <table className={styles.table}>
        <caption className={styles.caption}>{caption}</caption>
        <thead>
          <tr>
            {columns.map((c) => (
              <th key={c.key} scope="col" className={clsx(c.number && styles.number, c.grow && styles.grow)}>
                {c.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} className={clsx(selected?.(row) && styles.selected)}>
              {columns.map((c) => (
                <td key={c.key} className={clsx(c.number && styles.number, c.quiet && styles.quiet)}>
                  {c.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
