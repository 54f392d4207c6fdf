/** How long ago something was, on one line; the exact time when pointed at. */
import { ago, moment } from '../lib/format';

export function Ago({ at }: { at: string | null | undefined }) {
  return (
    <time dateTime={at ?? undefined} title={at ? moment(at) : undefined} style={{ whiteSpace: 'nowrap' }}>
      {ago(at)}
    </time>
  );
}
